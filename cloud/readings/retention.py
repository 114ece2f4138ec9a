"""Retention by resolution: how long a store keeps readings, minutes and hours, and from when on it still has them.

          hours_ms          minutes_ms          readings_ms               admits_ms
──────────┼─────────────────┼───────────────────┼──── LOOKBACK_MS ────────┼──────────────► now
 nothing  │ hours           │ hours, minutes    │ readings too            │ and more are admitted

Readings of hours too sparse for minutes (`rollups.MINUTE_PAYS`) stand for their minutes, and are kept as long as these.
What is removed can never be added to, so readings are refused a while before that: of all that is still admitted, what
is computed with it is there as well.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from cloud.core.times import rfc_3339
from cloud.readings.contract import RejectedPoint
from wire.durations import DAY_MS

if TYPE_CHECKING:
    from cloud.readings.rollups import Series

NEVER_MS = -(2**62)
"""Before everything: nothing was removed yet."""
LEAST_MS = 40 * DAY_MS
"""The least that readings are kept: rules are tried on 30 days of them, gateways come back after weeks."""
LOOKBACK_MS = 70 * DAY_MS
"""So much is kept beyond what is admitted: the usual number of visitors is computed from nine weeks."""


class Keep(msgspec.Struct, frozen=True):
    """How long each resolution is kept, in ms; None for ever. Each is at least as long as the one before."""

    readings_ms: int | None = None
    minutes_ms: int | None = None
    hours_ms: int | None = None


class KeptFrom(msgspec.Struct, frozen=True):
    """From when on (UTC ms) a store has what; readings before `admits_ms` are refused.

    `clock_ms` is the time that the last pass believed it to be, `removed` how many readings were removed in all.
    """

    admits_ms: int = NEVER_MS
    readings_ms: int = NEVER_MS
    minutes_ms: int = NEVER_MS
    hours_ms: int = NEVER_MS
    clock_ms: int = NEVER_MS
    removed: int = 0


KEPT_ALL = KeptFrom()


def removed_in(kept: KeptFrom, start_ms: int) -> dict[str, int]:
    """By resolution since when it is kept, where that is later than `start_ms`: what an answer has to say of itself."""
    found = {"readings": kept.readings_ms, "minutes": kept.minutes_ms, "hours": kept.hours_ms}
    return {name: time_ms for name, time_ms in found.items() if time_ms > start_ms}


class RetentionStore(Protocol):
    """What a readings store removes; StoreUnavailable from each call where it does not answer."""

    @property
    def stretch_ms(self) -> int:
        """How much it pays to remove at a time."""

    async def kept(self) -> KeptFrom:
        """Ask from when on the store has what."""

    async def note(self, kept: KeptFrom) -> None:
        """Note it, durable when this returns; what is written from now on heeds `admits_ms`."""

    async def rolled(self) -> "dict[Series, int]":
        """The first hour (UTC ms) of each series that has any, for a backup."""

    def whole_ms(self, time_ms: int) -> int:
        """The beginning of the stretch in which a time lies."""

    def removed_with(self, series: "Series") -> tuple[str, str]:
        """What a series can be removed with alone: those of the same answer go together."""

    async def remove_readings(self, series: "Collection[Series]", start_ms: int, end_ms: int) -> None:
        """Remove readings, and the verdicts on them, with start <= time < end; to do it again is harmless."""

    async def remove_minutes(self, start_ms: int, end_ms: int) -> None:
        """Remove the minutes of all series with start <= time < end."""

    async def remove_hours(self, start_ms: int, end_ms: int) -> None:
        """Remove the hours of all series with start <= time < end."""


def clock_of(kept: KeptFrom, *, wall_ms: int, newest_ms: Sequence[int], passed_ms: int) -> int | None:
    """The time that retention goes by; None where there are no readings.

    It is the older of this server's clock and of what a tenth of the series have reached, so that neither a server nor
    a few gateways in 2036 make the past old. And it goes at most twice as fast as time passes: where all of them were
    wrong for a day, a day more than is wanted is removed.
    """
    if not newest_ms:
        return None
    fleet_ms = sorted(newest_ms, reverse=True)[len(newest_ms) // 10]
    now_ms = min(wall_ms, fleet_ms)
    return now_ms if kept.clock_ms == NEVER_MS else min(now_ms, kept.clock_ms + 2 * passed_ms)


def admitted(kept: KeptFrom, keep: Keep, clock_ms: int) -> KeptFrom:
    """The same with the limit of what is admitted where it is to be: never further back than it was."""
    if keep.readings_ms is None:
        return kept
    admits_ms = max(kept.admits_ms, _day(clock_ms - keep.readings_ms))
    return msgspec.structs.replace(kept, admits_ms=admits_ms, clock_ms=clock_ms)


def aim_of(kept: KeptFrom, keep: Keep, *, standing_ms: int) -> KeptFrom:
    """From when on each resolution is to be kept, by what `kept` says was noted before; rollups stand until then."""
    if kept.admits_ms == NEVER_MS or keep.readings_ms is None:
        return kept
    readings_ms = max(kept.readings_ms, min(kept.admits_ms - LOOKBACK_MS, standing_ms))
    minutes_ms = _aim(kept.minutes_ms, keep.minutes_ms, kept.clock_ms, readings_ms)
    hours_ms = _aim(kept.hours_ms, keep.hours_ms, kept.clock_ms, minutes_ms)
    return msgspec.structs.replace(kept, readings_ms=readings_ms, minutes_ms=minutes_ms, hours_ms=hours_ms)


def too_old(kept: KeptFrom) -> str:
    """Why a reading is refused, in words after the name of the store."""
    return (
        f"a time before {rfc_3339(kept.admits_ms)}: readings are kept since then (store.keep_readings), and what was"
        " before is only in hours and minutes, to which nothing can be added"
    )


def refused_points(kept: KeptFrom, write: int, times_ms: Sequence[int]) -> Iterator[RejectedPoint]:
    """Those of the points of number `write` that are too old, by their places."""
    for point, time_ms in enumerate(times_ms):
        if time_ms < kept.admits_ms:
            yield RejectedPoint(write, point, too_old(kept))


def _aim(had_ms: int, keep_ms: int | None, clock_ms: int, finer_ms: int) -> int:
    if keep_ms is None:
        return had_ms
    return max(had_ms, min(_day(clock_ms - keep_ms) - LOOKBACK_MS, finer_ms))


def _day(time_ms: int) -> int:
    return time_ms - time_ms % DAY_MS
