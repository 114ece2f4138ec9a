"""The removal: has a store forget what is older than it is to keep, once coarser values stand for it.

every PASS_S   the limit  readings before it are refused, noted a pass before anything goes
               a stretch  each hour's readings folded again ─► what its rollup says? ─► noted as removed ─► removed
                          one that is not: made anew, nothing goes until it is, and health says so

One process of a store does it, the one that rolls. The others look where the limit is.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from cloud.core.health import Component, Condition
from cloud.core.times import message_time
from cloud.readings.bucket_history import hours_of_readings
from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import LATEST_MS, ReadingsStore
from cloud.readings.repeated_work import RepeatedWork
from cloud.readings.retention import KEPT_ALL, NEVER_MS, Keep, KeptFrom, admitted, aim_of, clock_of
from cloud.readings.roller import Roller
from cloud.readings.rolling import RestingPace, Rolling, Sleep
from cloud.readings.rollups import Series, SeriesHour, hour_of
from i18n.catalog import N_
from i18n.message import LocalizedMessage, joined, listed
from runtime.clock import wall_ms
from wire.durations import HOUR_MS

PASS_S = 3_600.0
LOOK_S = 60.0
"""How often a process that removes nothing looks where the limit is."""
MOST_DUE = 10_000
"""So many hours are told of that wait to be made again; where there are so many there may be more."""
MOST_MADE = 1_000
"""Hours that a pass makes again."""

Span = tuple[int, int]
"""start <= time < end, in UTC ms."""


class Removed(msgspec.Struct, frozen=True):
    """What a pass removed, and from when on what is kept now."""

    readings: int
    kept: KeptFrom

    def __str__(self) -> str:
        return f"{self.readings} readings removed; {kept_in_words(self.kept)}"


class _Checked(msgspec.Struct, frozen=True):
    """Of a series and a stretch: how many readings its hours have, which of these may go, and which are `wrong`."""

    sizes: Mapping[int, int]
    may_go: frozenset[int]
    wrong: Mapping[SeriesHour, str | None]


_NOT_YET = LocalizedMessage("nothing is removed before the past is rolled up")


class Removal:
    """Removes from `store` what `keep` does not want, after `roller`.

    `on_removed` is told of each pass that did, and again with the next where it could not take that in.
    """

    def __init__(
        self, store: ReadingsStore, keep: Keep, roller: Roller, *, is_own: bool = True,
        clock: Callable[[], int] = wall_ms, sleep: Sleep = asyncio.sleep, timer: Callable[[], float] = time.monotonic,
        on_removed: Callable[[Removed], Awaitable[bool]] | None = None,
    ) -> None:  # fmt: skip
        self._store, self._keep, self._roller = store, keep, roller
        self._removes = is_own and keep.readings_ms is not None
        self._clock, self._sleep, self._timer, self._on_removed = clock, sleep, timer, on_removed
        self._pace = RestingPace(sleep, timer)
        self._rolling = Rolling(store, pace=self._pace)
        self._kept = KEPT_ALL
        self._last_s: float | None = None
        self._told: int | None = None
        self._spared: Mapping[Series, int] = {}
        self._is_whole, self._resumes = False, True
        self._held_back: str = ""
        self._work = RepeatedWork(waits=_waits if self._removes else None, fails=_fails)

    def component(self) -> Component:
        """Say from when on what is kept, and what refuses to go."""
        problem = self._work.problem or self._held_back
        kept: str = kept_in_words(self._kept)
        if self._removes and not self._may_begin:
            kept = joined((kept, _NOT_YET))
        return Component(Condition.DEGRADED, joined((problem, kept))) if problem else Component(Condition.OK, kept)

    async def run(self) -> None:
        """Work until cancelled, on a store that is open."""
        while True:
            await self._work.attempt(self.once)
            await self._sleep(PASS_S if self._may_begin else LOOK_S)

    @property
    def _may_begin(self) -> bool:
        return self._removes and self._roller.sweep is not None and not self._roller.has_past

    async def once(self) -> None:
        """Move the limit, and remove what was well before it at the last pass. StoreUnavailable."""
        before = self._kept = await self._store.retention.kept()
        if self._told is None:
            self._told = before.removed
        if not self._may_begin:
            return
        newest = await self._store.newest()
        clock_ms = clock_of(
            before, wall_ms=self._clock(), newest_ms=[each.time_ms for each in newest], passed_ms=self._passed_ms()
        )
        if clock_ms is None:
            return
        aim = aim_of(before, self._keep, standing_ms=await self._standing_ms())
        await self._note(admitted(before, self._keep, clock_ms))
        self._spared = {(each.sensor, each.quantity): hour_of(each.time_ms) for each in newest}
        self._held_back = ""
        await self._remove_until(aim)
        await self._tell()

    async def _tell(self) -> None:
        removed = self._kept.removed - (self._told or 0)
        if removed and (self._on_removed is None or await self._on_removed(Removed(removed, self._kept))):
            self._told = self._kept.removed

    async def _remove_until(self, aim: KeptFrom) -> None:
        oldest_ms = await self._store.rollups.oldest_ms()
        first_ms = LATEST_MS if oldest_ms is None else hour_of(oldest_ms)
        self._resumes, self._is_whole = not self._is_whole, False
        for span in self._stretches(self._kept.minutes_ms, aim.minutes_ms, first_ms):
            if not await self._remove((max(span[0], first_ms), span[1]), sparse_too=True):
                return
            await self._store.retention.remove_minutes(*span)
        for span in self._stretches(max(self._kept.readings_ms, self._kept.minutes_ms), aim.readings_ms, first_ms):
            if not await self._remove((max(span[0], first_ms), span[1]), sparse_too=False):
                return
        for span in self._stretches(self._kept.hours_ms, aim.hours_ms, LATEST_MS):
            await self._note(msgspec.structs.replace(self._kept, hours_ms=span[1]))
            await self._store.retention.remove_hours(*span)
        self._is_whole = True

    def _stretches(self, had_ms: int, aim_ms: int, first_ms: int) -> list[Span]:
        """Where to remove up to `aim_ms`, if there is nothing before `first_ms`.

        Where the last pass, or another process, may not have removed all that it noted, it begins a stretch before.
        """
        retention = self._store.retention
        end_ms = retention.whole_ms(aim_ms)
        start_ms = had_ms - retention.stretch_ms if self._resumes and had_ms != NEVER_MS else had_ms
        if start_ms >= end_ms:
            return []
        cut_ms = min(retention.whole_ms(max(start_ms, first_ms)) + retention.stretch_ms, end_ms)
        return list(pairwise([start_ms, *range(cut_ms, end_ms, retention.stretch_ms), end_ms]))

    async def _remove(self, span: Span, *, sparse_too: bool) -> bool:
        """Remove what may go of a stretch; False, and nothing is removed, where rollups are wrong."""
        going, size, wrong = await self._going(span, sparse_too=sparse_too) if span[0] < span[1] else ({}, 0, [])
        if wrong:
            await self._make_again(wrong)
            return False
        kept = msgspec.structs.replace(
            self._kept,
            readings_ms=max(self._kept.readings_ms, span[1]),
            minutes_ms=max(self._kept.minutes_ms, span[1]) if sparse_too else self._kept.minutes_ms,
            removed=self._kept.removed + size,
        )
        await self._roller.close(kept.readings_ms)
        await self._note(kept)
        for run, series in going.items():
            await self._store.retention.remove_readings(series, *run)
        return True

    async def _going(
        self, span: Span, *, sparse_too: bool
    ) -> tuple[dict[Span, list[Series]], int, list[tuple[SeriesHour, str | None]]]:
        """The series of which the hours in each run of a stretch may go, how many readings that is, and wrong hours."""
        active = await self._pace.keep(self._store.rollups.active(*span))
        together: defaultdict[tuple[str, str], list[Series]] = defaultdict(list)
        for series in sorted(active):
            together[self._store.retention.removed_with(series)].append(series)
        going: defaultdict[Span, list[Series]] = defaultdict(list)
        size, wrong = 0, list[tuple[SeriesHour, str | None]]()
        for group in together.values():
            checked = [await self._pace.keep(self._check(series, span, sparse_too=sparse_too)) for series in group]
            wrong += [each for one in checked for each in one.wrong.items()]
            for run in _runs(checked, span):
                going[run] += group
                size += sum(
                    count for one in checked for hour_ms, count in one.sizes.items() if run[0] <= hour_ms < run[1]
                )
        return going, size, wrong

    async def _check(self, series: Series, span: Span, *, sparse_too: bool) -> _Checked:
        hours = await hours_of_readings(self._store, *series, *span)
        held = await self._store.rollups.held(*series, *span)
        wrong = {
            SeriesHour(*series, hour.time_ms): held.asked.get(hour.time_ms)
            for hour in hours
            if not _stands(held.hours.get(hour.time_ms), hour)
        }
        may_go = frozenset(
            hour.time_ms
            for hour in hours
            if (sparse_too or hour.time_ms in held.with_minutes) and hour.time_ms != self._spared.get(series)
        )
        return _Checked({hour.time_ms: _size(hour) for hour in hours}, may_go, wrong)

    async def _make_again(self, wrong: Sequence[tuple[SeriesHour, str | None]]) -> None:
        first = min((place for place, _ in wrong), key=lambda place: place.hour_ms)
        self._held_back = LocalizedMessage(
            "{count} hours have readings that their rollups do not say, the first of {sensor} {quantity} at {time}: "
            "they are rolled up again, and nothing since then is removed until a pass finds them right",
            count=len(wrong), sensor=first.sensor, quantity=first.quantity, time=message_time(first.hour_ms),
        )  # fmt: skip
        for place, token in wrong[:MOST_MADE]:
            # one by one: what is between them may be of readings that are gone
            await self._rolling.roll_again({place: token})

    async def _standing_ms(self) -> int:
        """Until when all rollups stand."""
        sweep = await self._store.rollups.sweep()
        due = await self._store.rollups.due()
        if sweep is None or len(due) >= MOST_DUE:
            return NEVER_MS
        return min(sweep.swept_until_ms, *(place.hour_ms for place in due), LATEST_MS)

    async def _note(self, kept: KeptFrom) -> None:
        if kept != self._kept:
            await self._store.retention.note(kept)
            self._kept = kept

    def _passed_ms(self) -> int:
        """How long ago the last pass of this process was; none at its first."""
        now_s = self._timer()
        last_s, self._last_s = self._last_s, now_s
        return 0 if last_s is None else round((now_s - last_s) * 1_000)


def _waits(problem: str) -> LocalizedMessage:
    return LocalizedMessage("removal waits: {problem}", problem=problem)


def _fails(error: str) -> LocalizedMessage:
    return LocalizedMessage("removing readings failed with {error}; its log has the details", error=error)


_KEPT = {
    "hours_ms": N_("before {time} nothing is kept"),
    "minutes_ms": N_("before {time} hours alone are kept"),
    "readings_ms": N_("before {time} minutes and hours stand for readings"),
}
"""What is said of each limit of `KeptFrom`: of two at one time the coarser."""


def kept_in_words(kept: KeptFrom) -> str:
    """From when on what is kept."""
    if kept.admits_ms == NEVER_MS:
        return LocalizedMessage("all readings are kept")
    said = [LocalizedMessage("readings before {time} are refused", time=message_time(kept.admits_ms))]
    said_ms = NEVER_MS
    for limit, form in _KEPT.items():
        time_ms = getattr(kept, limit)
        if time_ms not in (NEVER_MS, said_ms):
            said.append(LocalizedMessage(form, time=message_time(time_ms)))
            said_ms = time_ms
    if not kept.removed:
        return listed(said)
    return joined((listed(said), LocalizedMessage("removed so far: {count} readings", count=kept.removed)))


def _stands(rollup: TimeBucket | None, hour: TimeBucket) -> bool:
    """Whether a rollup says what the readings say, or more: then some of them were removed already."""
    return rollup is not None and (rollup == hour or _size(rollup) > _size(hour))


def _size(bucket: TimeBucket) -> int:
    return bucket.count + bucket.doubted


def _runs(checked: Sequence[_Checked], span: Span) -> Iterator[Span]:
    """The pieces of `span` in which there are readings and all of them may go."""
    going = sorted({hour_ms for one in checked for hour_ms in one.sizes})
    stay = {hour_ms for one in checked for hour_ms in one.sizes if hour_ms not in one.may_go}
    ends = [span[0], *(end_ms for hour_ms in sorted(stay) for end_ms in (hour_ms, hour_ms + HOUR_MS)), span[1]]
    for start_ms, end_ms in zip(ends[::2], ends[1::2], strict=True):
        if any(start_ms <= hour_ms < end_ms for hour_ms in going):
            yield start_ms, end_ms
