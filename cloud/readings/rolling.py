"""Rolling: the rollups of a stretch of whole hours, from the readings in it.

count of each series ─► groups of ten thousand readings ─► folded by the hour, and by the minute where it pays ─► kept
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from cloud.readings.buckets import fold, one_of_each_time
from cloud.readings.contract import Point, ReadingsStore, SeriesRange
from cloud.readings.rollups import MINUTE_PAYS, HourRollup, Series, SeriesHour
from wire.durations import HOUR_MS, MINUTE_MS

GROUP_READINGS = 10_000
"""Readings that are asked for at once: more would keep the event loop from its other work."""
HOUR_READINGS = 10_000_000
"""More than any series has in an hour."""


SHARE = 0.25
"""The share of time that rolling takes while there is anything to roll."""

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")


class RestingPace:
    """Does one piece of work, and leaves the others three times as long."""

    def __init__(self, sleep: Sleep, timer: Callable[[], float]) -> None:
        self._sleep, self._timer = sleep, timer

    async def keep(self, work: Awaitable[T]) -> T:
        """Wait for `work`, and then for the others."""
        began_s = self._timer()
        done = await work
        await self._sleep((self._timer() - began_s) * (1 / SHARE - 1))
        return done


class Rolling:
    """Rolls what `store` holds, at `pace`."""

    def __init__(self, store: ReadingsStore, *, pace: RestingPace) -> None:
        self._store, self._pace = store, pace

    async def roll(self, start_ms: int, end_ms: int) -> int:
        """Make the rollups of all series in whole hours for the first time; returns how many readings they are of."""
        active = await self._pace.keep(self._store.rollups.active(start_ms, end_ms))
        for ranges in _groups(active, start_ms, end_ms):
            await self._pace.keep(self._roll(ranges))
        return sum(active.values())

    async def roll_again(self, asked: Mapping[SeriesHour, str | None]) -> None:
        """Make the rollups of hours of one series that follow each other anew, each for its token."""
        await self._pace.keep(self._roll_again(asked))

    async def _roll_again(self, asked: Mapping[SeriesHour, str | None]) -> None:
        places = sorted(asked, key=lambda place: place.hour_ms)
        end_ms = places[-1].hour_ms + HOUR_MS
        points = await self._readings(places[0], end_ms, GROUP_READINGS)
        if len(points) == GROUP_READINGS:
            for place in places:
                points = await self._readings(place, place.hour_ms + HOUR_MS, HOUR_READINGS)
                await self._make({place: asked[place]}, points)
        else:
            await self._make(asked, points)

    async def _make(self, asked: Mapping[SeriesHour, str | None], points: Sequence[Point]) -> None:
        tokens = {place.hour_ms: token for place, token in asked.items()}
        (series,) = {(place.sensor, place.quantity) for place in asked}
        made = {rollup.place: rollup for rollup in rollups_of(series, points, tokens)}
        empty = (HourRollup(place, None, token=token) for place, token in asked.items() if place not in made)
        await self._store.rollups.write([*made.values(), *empty])

    async def _readings(self, place: SeriesHour, end_ms: int, most: int) -> list[Point]:
        return await self._store.history(
            place.sensor, place.quantity, start_ms=place.hour_ms, end_ms=end_ms, limit=most
        )

    async def _roll(self, ranges: Sequence[SeriesRange]) -> None:
        histories = await self._store.histories(ranges)
        made: list[HourRollup] = []
        for asked, points in zip(ranges, histories, strict=True):
            made += rollups_of((asked.sensor, asked.quantity), points, {})
            await asyncio.sleep(0)
        await self._store.rollups.write(made)


def rollups_of(series: Series, points: Sequence[Point], tokens: Mapping[int, str | None]) -> Iterator[HourRollup]:
    """The rollups of the readings of whole hours, with the minutes of those hours in which they pay."""
    first, points = 0, one_of_each_time(points)
    for hour in fold(points, HOUR_MS):
        size = hour.count + hour.doubted
        minutes = fold(points[first : first + size], MINUTE_MS) if size >= MINUTE_PAYS * 60 else ()
        yield HourRollup(SeriesHour(*series, hour.time_ms), hour, tuple(minutes), tokens.get(hour.time_ms))
        first += size


def _groups(active: Mapping[Series, int], start_ms: int, end_ms: int) -> Iterator[list[SeriesRange]]:
    """Ranges whose readings together are not many; a series with more than that is cut at whole hours."""
    group: list[SeriesRange] = []
    size = 0
    for series, count in sorted(active.items()):
        if count > GROUP_READINGS:
            yield from ([piece] for piece in _pieces(series, count, start_ms, end_ms))
            continue
        if size + count > GROUP_READINGS:
            yield group
            group, size = [], 0
        group.append(SeriesRange(*series, start_ms, end_ms))
        size += count
    if group:
        yield group


def _pieces(series: Series, count: int, start_ms: int, end_ms: int) -> Iterator[SeriesRange]:
    hours = (end_ms - start_ms) // HOUR_MS
    step_ms = max(1, hours * GROUP_READINGS // count) * HOUR_MS
    for piece_ms in range(start_ms, end_ms, step_ms):
        yield SeriesRange(*series, piece_ms, min(piece_ms + step_ms, end_ms))
