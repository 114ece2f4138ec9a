"""Rollups: what a store keeps of whole hours, and of the minutes of hours with many readings, beside the readings.

hours …  │ held      held      asked for   (none)  │ not swept yet …
         swept_from                                swept_until        sealed_until
a chart  │ rollup    rollup    readings    empty   │ readings

A rollup that stands is right. Who writes readings into an hour that may have been rolled (one before `sealed_until`)
asks for it anew in the same write, which makes its rollup count for nothing until it is made again; each asking has a
token of its own, and a rollup that was made for an older one stays void. So no order of writing and rolling, no crash
and no second process can leave a rollup that says something else than the readings.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from cloud.readings.buckets import TimeBucket
from cloud.readings.retention import KEPT_ALL, KeptFrom
from wire.durations import HOUR_MS, MINUTE_MS

MINUTE_PAYS = 6
"""Minutes are kept of an hour with so many readings a minute in the mean; else its readings are as quick to read."""
GRACE_MS = 10 * MINUTE_MS
"""An hour is rolled so long after its end: by then most of what is late is there."""
SKEW_MS = GRACE_MS // 2
"""So far the clocks of processes that share a store may be apart, or a write be under way."""

Series = tuple[str, str]
"""(sensor, quantity)."""


class Sweep(msgspec.Struct, frozen=True):
    """How far a store is rolled, in UTC ms of whole hours.

    The store itself says in `noted_ms` when it was noted, later each time whatever the clock does.

    In swept_from <= hour < swept_until an hour without a rollup has no readings. Readings before `raw_from` may have
    been deleted: hours before it are never made again.
    """

    swept_from_ms: int
    swept_until_ms: int
    sealed_until_ms: int
    raw_from_ms: int = -(2**62)
    noted_ms: int = 0


class SeriesHour(msgspec.Struct, frozen=True, gc=False):
    """An hour of a series, by its beginning (UTC)."""

    sensor: str
    quantity: str
    hour_ms: int


class HourRollup(msgspec.Struct, frozen=True, gc=False):
    """An hour of a series and, where they pay, its minutes; made for the asking with `token`, None for the first.

    `hour` is None where there are no readings in it any more.
    """

    place: SeriesHour
    hour: TimeBucket | None
    minutes: Sequence[TimeBucket] = ()
    token: str | None = None


class HeldRollups(msgspec.Struct, frozen=True):
    """What is held of a series: its hours, those of them with minutes, and the tokens of those that are void.

    `kept` says of which of them readings and minutes are gone.
    """

    hours: Mapping[int, TimeBucket]
    with_minutes: Collection[int]
    asked: Mapping[int, str]
    sweep: Sweep | None
    kept: KeptFrom = KEPT_ALL


class RollupStore(Protocol):
    """The rollups of a readings store; StoreUnavailable from each call where it does not answer."""

    async def sweep(self) -> Sweep | None:
        """Ask how far the store is rolled; None where it never was."""

    async def note_sweep(self, sweep: Sweep) -> None:
        """Note how far it is, durable when this returns. What is written from now on heeds `sealed_until`."""

    async def active(self, start_ms: int, end_ms: int) -> dict[Series, int]:
        """Count the readings of each series that has any in start <= time < end."""

    async def oldest_ms(self) -> int | None:
        """The time of the oldest reading; None where there is none."""

    async def due(self) -> dict[SeriesHour, str]:
        """Hours that were asked for and are not made yet, each with its token: ten thousand at most."""

    async def forget_due(self) -> None:
        """All that `due` gave the last time is made: look no further back than that."""

    async def held(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> HeldRollups:
        """What is held of the whole hours in start <= hour < end."""

    async def minutes(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[TimeBucket]:
        """The minutes in start <= time < end that are held, oldest first."""

    async def write(self, rollups: Sequence[HourRollup]) -> None:
        """Keep rollups, durable when this returns; one that was asked for anew meanwhile stays void."""


def hour_of(time_ms: int) -> int:
    """The beginning of the hour of a time."""
    return time_ms - time_ms % HOUR_MS


def hours_of(times_ms: Sequence[int], span_ms: tuple[int, int]) -> Collection[int]:
    """The beginnings of the hours in which `times_ms` lie; `span_ms` is the first and the last of them."""
    first_ms = hour_of(span_ms[0])
    return (first_ms,) if span_ms[1] < first_ms + HOUR_MS else {hour_of(time_ms) for time_ms in times_ms}
