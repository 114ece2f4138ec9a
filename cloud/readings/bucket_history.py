"""The buckets of a series over any time: of what is kept of whole hours and minutes, and of readings where nothing is.

start      │ hours that are held …  │ asked for │ … held …  │ not swept │ end
readings   │ rollups                │ readings  │ rollups   │ readings

Where readings were removed the hours at both ends are whole, and a step shorter than a minute is one of minutes; where
minutes were removed too, an hour is one point at its beginning. `kept_of` says since when that is not so.
"""

import asyncio
import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from cloud.readings.buckets import TimeBucket, fold, merged, unit_of
from cloud.readings.contract import Point, ReadingsStore
from cloud.readings.history_pages import history_pages
from cloud.readings.retention import KeptFrom
from cloud.readings.rollups import HeldRollups, hour_of
from wire.durations import HOUR_MS, MINUTE_MS

MOST_READINGS = 600_000
"""Readings that are read for one answer: a year of one in a minute, or a week of one in a second."""
_PARTS_AT_ONCE = 4_000
"""Hours (or minutes) that are put together at once: others have their turn between them."""

Span = tuple[int, int]
"""start <= time < end, in UTC ms."""


class TooManyReadings(Exception):
    """The rollups that would spare reading so many are not there (yet)."""


async def buckets_of(
    store: ReadingsStore, sensor: str, quantity: str, *, start_ms: int, end_ms: int, step_ms: int, offset_ms: int = 0
) -> list[TimeBucket]:
    """The buckets of `step_ms`, at whole multiples since 1970, of the readings with start <= time < end, oldest first.

    The multiples are by a clock that is `offset_ms` ahead of UTC: that of a zone, so that a day is one there. Steps
    without readings are left out. TooManyReadings, StoreUnavailable.
    """
    unit_ms = unit_of(math.gcd(step_ms, offset_ms))
    while True:
        kept = await kept_of(store)
        readings = _Series(store, sensor, quantity, unit_ms)
        removed = _Series(store, sensor, quantity, max(unit_ms, MINUTE_MS))
        found: list[TimeBucket] = []
        for stretch in _stretches(start_ms, end_ms, unit_ms=unit_ms, step_ms=step_ms, offset_ms=offset_ms):
            found += merged(await _parts(kept, readings, removed, stretch), step_ms, offset_ms=offset_ms)
            await asyncio.sleep(0)
        if (await kept_of(store)).readings_ms == kept.readings_ms:
            return found


def _stretches(start_ms: int, end_ms: int, *, unit_ms: int, step_ms: int, offset_ms: int) -> Iterator[Span]:
    """The time in stretches of so many units that they are put together quickly, cut where a step and an hour begin."""
    if offset_ms % HOUR_MS:  # no whole step begins with a whole hour
        yield start_ms, end_ms
        return
    whole_ms = math.lcm(step_ms, HOUR_MS)
    length_ms = max(1, _PARTS_AT_ONCE * unit_ms // whole_ms) * whole_ms
    while start_ms < end_ms:
        until_ms = min(end_ms, start_ms - (start_ms + offset_ms) % whole_ms + length_ms)
        yield start_ms, until_ms
        start_ms = until_ms


async def _parts(kept: KeptFrom, readings: "_Series", removed: "_Series", stretch: Span) -> list[TimeBucket]:
    """The parts of a stretch: those of whole hours where readings were `removed`, then those of readings."""
    start_ms, end_ms = stretch
    cut_ms = min(max(kept.readings_ms, start_ms), end_ms)
    removed_ms = min(-hour_of(-cut_ms), end_ms) if cut_ms > start_ms else start_ms
    parts: list[TimeBucket] = []
    if removed_ms > start_ms:
        found = await removed.parts(hour_of(start_ms), -hour_of(-removed_ms))
        parts = [part for part in found if part.last_ms >= start_ms and part.first_ms < end_ms]
    if removed_ms < end_ms:
        parts += await readings.parts(removed_ms, end_ms)
    return parts


async def kept_of(store: ReadingsStore) -> KeptFrom:
    """From when on a store has readings and minutes, and hours. StoreUnavailable."""
    return await store.retention.kept()


async def hours_of_readings(
    store: ReadingsStore, sensor: str, quantity: str, start_ms: int, end_ms: int
) -> list[TimeBucket]:
    """The hours as they follow from the readings that there are, however many, oldest first. StoreUnavailable."""
    return await _Series(store, sensor, quantity, HOUR_MS, bounded=False).read(start_ms, end_ms)


class _Series:
    """Reads parts of `unit_ms` of one series, of at most MOST_READINGS where it is `bounded`."""

    def __init__(self, store: ReadingsStore, sensor: str, quantity: str, unit_ms: int, *, bounded: bool = True) -> None:
        self._store, self._sensor, self._quantity, self._unit_ms = store, sensor, quantity, unit_ms
        self._left = MOST_READINGS if bounded else None

    async def parts(self, start_ms: int, end_ms: int) -> list[TimeBucket]:
        """All parts, oldest first."""
        whole = -hour_of(-start_ms), hour_of(end_ms)  # the first one is rounded up
        if self._unit_ms < MINUTE_MS or whole[0] >= whole[1]:
            return await self.read(start_ms, end_ms)
        held = await self._store.rollups.held(self._sensor, self._quantity, *whole)
        usable = _usable(held, minutes=self._unit_ms < HOUR_MS)
        parts = await self._held(held, usable, whole)
        for span in _spans_to_read(held, usable, (start_ms, end_ms), whole):
            parts += await self.read(*span)
        return sorted(parts, key=lambda part: part.time_ms)

    async def _held(self, held: HeldRollups, usable: Collection[int], whole: Span) -> list[TimeBucket]:
        if self._unit_ms == HOUR_MS or not usable:
            return [held.hours[hour_ms] for hour_ms in usable]
        alone = [held.hours[hour_ms] for hour_ms in usable if hour_ms < held.kept.minutes_ms]
        start_ms = max(whole[0], held.kept.minutes_ms)
        if start_ms >= whole[1]:
            return alone
        minutes = await self._store.rollups.minutes(self._sensor, self._quantity, start_ms, whole[1])
        return alone + [minute for minute in minutes if hour_of(minute.time_ms) in usable]

    async def read(self, start_ms: int, end_ms: int) -> list[TimeBucket]:
        """The parts as they follow from the readings, which are asked for a page at a time."""
        parts: list[TimeBucket] = []
        torn: list[Point] = []
        async for page in history_pages(self._store, self._sensor, self._quantity, start_ms=start_ms, end_ms=end_ms):
            self._count(len(page))
            points = [*torn, *page]
            # the last part may go on in the next page
            last_ms = points[-1].time_ms
            whole = bisect_left(points, last_ms - last_ms % self._unit_ms, key=lambda point: point.time_ms)
            parts += fold(points[:whole], self._unit_ms)
            torn = points[whole:]
        return [*parts, *fold(torn, self._unit_ms)]

    def _count(self, readings: int) -> None:
        if self._left is None:
            return
        self._left -= readings
        if self._left < 0:
            raise TooManyReadings(f"more than {MOST_READINGS} readings")


def _usable(held: HeldRollups, *, minutes: bool) -> dict[int, None]:
    """The hours that stand, oldest first; only those with `minutes` if these are wanted and were not removed."""
    if held.sweep is None:
        return {}
    swept = held.sweep.swept_from_ms, held.sweep.swept_until_ms
    hours = sorted(hour_ms for hour_ms in held.hours if swept[0] <= hour_ms < swept[1] and hour_ms not in held.asked)
    removed_ms = held.kept.minutes_ms
    return dict.fromkeys(
        hour_ms for hour_ms in hours if not minutes or hour_ms < removed_ms or hour_ms in held.with_minutes
    )


def _spans_to_read(held: HeldRollups, usable: Collection[int], asked: Span, whole: Span) -> list[Span]:
    """The times of `asked` of which the readings must be read, in few pieces."""
    if held.sweep is None:
        return [asked]
    swept = max(whole[0], held.sweep.swept_from_ms), min(whole[1], held.sweep.swept_until_ms)
    if swept[0] >= swept[1]:
        return [asked]
    hours = sorted(
        hour_ms
        for hour_ms in {*held.hours, *held.asked}
        if swept[0] <= hour_ms < swept[1] and (hour_ms in held.asked or hour_ms not in usable)
    )
    spans = [(asked[0], swept[0]), *((hour_ms, hour_ms + HOUR_MS) for hour_ms in hours), (swept[1], asked[1])]
    return _joined([span for span in spans if span[0] < span[1]], list(usable))


def _joined(spans: Sequence[Span], usable: Sequence[int]) -> list[Span]:
    """The spans in order, those in one between which no hour is `usable`: there are no readings between them."""
    found: list[Span] = []
    for span in spans:
        if found and bisect_left(usable, found[-1][1]) == bisect_left(usable, span[0]):
            found[-1] = found[-1][0], span[1]
        else:
            found.append(span)
    return found
