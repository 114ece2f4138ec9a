"""The roller: keeps a store's rollups, from what is stored, beside all other work.

every PASS_S   hours that ended ten minutes ago ─► sealed, folded, swept
               hours that were asked for anew   ─► folded again
               the past, a stretch at a time, the newest first

One process of a store does it: the one with shard 0. The others look how far it is, so that what they write heeds it.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping

import msgspec

from cloud.core.health import Component, Condition
from cloud.core.times import message_time
from cloud.readings.contract import LATEST_MS, ReadingsStore
from cloud.readings.repeated_work import RepeatedWork
from cloud.readings.rolling import RestingPace, Rolling, Sleep
from cloud.readings.rollups import GRACE_MS, SeriesHour, Sweep, hour_of
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

PASS_S = 60.0
SETTLE_S = 2.0
"""Between asking for an hour and reading it: a write becomes visible reading by reading."""
LONGEST_MS = 366 * DAY_MS
FEW_READINGS = 500_000
"""After a stretch of fewer the next one is longer, else shorter: all of a stretch are counted in one question."""
_EARLIEST_MS = -(2**62)


class Roller:
    """Rolls what `store` holds, where `is_own`; else it only looks how far another process is."""

    def __init__(
        self, store: ReadingsStore, *, is_own: bool = True, clock: Callable[[], int] = wall_ms,
        sleep: Sleep = asyncio.sleep, timer: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store, self._is_own, self._clock, self._sleep, self._timer = store, is_own, clock, sleep, timer
        self._rolling = Rolling(store, pace=RestingPace(sleep, timer))
        self._sweep: Sweep | None = None
        self._oldest_ms: int | None = None
        self._stretch_ms = HOUR_MS
        self._work = RepeatedWork(waits=_waits, fails=_fails)

    def component(self) -> Component:
        """Say how far the rollups are."""
        if self._work.problem:
            said = LocalizedMessage(
                "{problem}; charts of a long time read every reading meanwhile", problem=self._work.problem
            )
            return Component(Condition.DEGRADED, said)
        return Component(Condition.OK, self._in_words())

    def _in_words(self) -> LocalizedMessage:
        """How far the rollups are."""
        if not self._is_own:
            return LocalizedMessage("another process keeps the rollups of hours and minutes")
        if self._sweep is None:
            return LocalizedMessage("rollups of hours and minutes are about to begin")
        until = message_time(self._sweep.swept_until_ms)
        if self._is_filled(self._sweep):
            return LocalizedMessage("rollups of hours and minutes hold until {until}", until=until)
        return LocalizedMessage(
            "rollups of hours and minutes hold from {back} until {until}; the past is being filled",
            back=message_time(self._sweep.swept_from_ms), until=until,
        )  # fmt: skip

    async def run(self) -> None:
        """Work until cancelled, on a store that is open."""
        while True:
            began = self._timer()
            await self._work.attempt(self.once if self._is_own else self._poll)
            while self._is_own and not self._work.problem and self._timer() - began < PASS_S and self.has_past:
                await self._work.attempt(self.fill)
            await self._sleep(max(1.0, PASS_S - (self._timer() - began)))

    @property
    def sweep(self) -> Sweep | None:
        """How far the rollups are, where this process keeps them and has begun to."""
        return self._sweep

    async def close(self, until_ms: int) -> None:
        """Make no hour before `until_ms` again: readings of them are about to be removed. StoreUnavailable."""
        if self._sweep is not None and until_ms > self._sweep.raw_from_ms:
            await self._note(raw_from_ms=until_ms)

    async def once(self) -> None:
        """Roll the hours that have ended, and those that were asked for anew."""
        await self._begin()
        made: set[str] = set()
        while True:
            await self._roll_ended()
            due = await self._store.rollups.due()
            ended = {place: token for place, token in due.items() if place.hour_ms < self._sealable_ms()}
            if made.issuperset(ended.values()):
                return  # all is made, or it does not help to make it: another pass will see
            await self._sleep(SETTLE_S)
            for stretch in _stretches(ended):
                await self._rolling.roll_again(stretch)
            made.update(ended.values())
            if len(ended) == len(due):
                await self._store.rollups.forget_due()

    async def fill(self) -> None:
        """Roll the stretch before what is rolled."""
        if self._sweep is None:
            return
        end_ms = self._sweep.swept_from_ms
        if self._oldest_ms is None:
            oldest_ms = await self._store.rollups.oldest_ms()
            self._oldest_ms = LATEST_MS if oldest_ms is None else max(hour_of(oldest_ms), self._sweep.raw_from_ms)
        start_ms = max(end_ms - self._stretch_ms, self._oldest_ms)
        if start_ms < end_ms:
            await self._roll(start_ms, end_ms)
        await self._note(swept_from_ms=start_ms if start_ms > self._oldest_ms else _EARLIEST_MS)

    async def _roll(self, start_ms: int, end_ms: int) -> None:
        """Roll, and take the next stretch shorter where this one was much, or too much to be answered in time."""
        stretch_ms, self._stretch_ms = self._stretch_ms, HOUR_MS
        raw_from_ms = start_ms if self._sweep is None else max(start_ms, self._sweep.raw_from_ms)
        found = await self._rolling.roll(raw_from_ms, end_ms) if raw_from_ms < end_ms else 0
        longer_ms = min(2 * stretch_ms, LONGEST_MS)
        self._stretch_ms = longer_ms if found < FEW_READINGS else max(HOUR_MS, hour_of(stretch_ms // 2))

    async def _begin(self) -> None:
        """Take up where the store is; what is written nowhere yet is written, and seen by other processes."""
        sweep = await self._store.rollups.sweep()
        until_ms = self._sealable_ms()
        self._sweep = sweep or Sweep(until_ms, until_ms, until_ms, (await self._store.retention.kept()).readings_ms)
        if sweep is None:
            await self._note()
            await self._sleep(2 * PASS_S)

    async def _roll_ended(self) -> None:
        if self._sweep is None:
            return
        until_ms = self._sealable_ms()
        if until_ms < self._sweep.sealed_until_ms:  # the clock was ahead: those hours go on
            from_ms = min(self._sweep.swept_from_ms, until_ms)
            swept_ms = min(self._sweep.swept_until_ms, until_ms)
            await self._note(swept_from_ms=from_ms, swept_until_ms=swept_ms, sealed_until_ms=until_ms)
        elif until_ms > self._sweep.sealed_until_ms:
            await self._note(sealed_until_ms=until_ms)
        while self._sweep.swept_until_ms < self._sweep.sealed_until_ms:
            start_ms = self._sweep.swept_until_ms
            end_ms = min(start_ms + self._stretch_ms, self._sweep.sealed_until_ms)
            await self._roll(start_ms, end_ms)
            await self._note(swept_until_ms=end_ms)

    def _sealable_ms(self) -> int:
        return hour_of(self._clock() - GRACE_MS)

    @property
    def has_past(self) -> bool:
        """Whether there is a past that is not rolled yet."""
        return self._sweep is not None and not self._is_filled(self._sweep)

    def _is_filled(self, sweep: Sweep) -> bool:
        return sweep.swept_from_ms <= _EARLIEST_MS

    async def _note(self, **changed: int) -> None:
        if self._sweep is not None:
            self._sweep = msgspec.structs.replace(self._sweep, **changed)
            await self._store.rollups.note_sweep(self._sweep)

    async def _poll(self) -> None:
        await self._store.rollups.sweep()


def _waits(problem: str) -> LocalizedMessage:
    return LocalizedMessage("rollups wait: {problem}", problem=problem)


def _fails(error: str) -> LocalizedMessage:
    return LocalizedMessage("making rollups failed with {error}; its log has the details", error=error)


def _stretches(due: Mapping[SeriesHour, str]) -> Iterator[dict[SeriesHour, str]]:
    """The hours of one series that follow each other, a day at most, with their tokens."""
    stretch: dict[SeriesHour, str] = {}
    last: SeriesHour | None = None
    for place in sorted(due, key=lambda each: (each.sensor, each.quantity, each.hour_ms)):
        follows = last is not None and place == msgspec.structs.replace(last, hour_ms=last.hour_ms + HOUR_MS)
        if stretch and (not follows or len(stretch) >= 24):
            yield stretch
            stretch = {}
        stretch[place] = due[place]
        last = place
    if stretch:
        yield stretch
