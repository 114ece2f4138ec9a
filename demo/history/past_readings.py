"""The newest reading of every series at any time of the past, out of what is stored: read once, then found by halves.

store ─► {("air-market", "pm2_5"): times, points} ─► at(14:05) [StoredReading 14:00, …]
"""

from bisect import bisect_right
from typing import NamedTuple, Self

from cloud.readings.contract import Point, ReadingsStore, StoredReading

NO_LIMIT = 10**9


class _Series(NamedTuple):
    """A series by its newest reading, and all that it has, the oldest first."""

    newest: StoredReading
    times_ms: list[int]
    points: list[Point]


class PastReadings:
    """What a store that is written no more has."""

    def __init__(self, series: list[_Series]) -> None:
        self._series = series

    @classmethod
    async def of(cls, store: ReadingsStore) -> Self:
        """Read all."""
        found: list[_Series] = []
        for newest in await store.newest():
            end_ms = newest.time_ms + 1
            points = await store.history(newest.sensor, newest.quantity, start_ms=0, end_ms=end_ms, limit=NO_LIMIT)
            found.append(_Series(newest, [point.time_ms for point in points], points))
        return cls(found)

    def at(self, time_ms: int) -> list[StoredReading]:
        """The newest reading of each series up to a time (UTC, included)."""
        found: list[StoredReading] = []
        for series in self._series:
            place = bisect_right(series.times_ms, time_ms)
            if place:
                one, at = series.newest, series.points[place - 1]
                found.append(
                    StoredReading(one.site, one.sensor, one.gateway, one.quantity, at.time_ms, at.value, at.marks)
                )
        return found
