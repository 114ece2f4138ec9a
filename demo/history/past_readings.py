"""The newest reading of every series at any time of the past, out of what is stored: window by window.

read(Monday) ─► at(14:05) [StoredReading 14:00, …] ─► read(Tuesday) …        of what came before a window, the newest
"""

from bisect import bisect_right

from cloud.readings.contract import Point, ReadingsStore, SeriesRange, StoredReading


class _Series:
    """A series by its newest reading of all, and the points of the window, the oldest first."""

    def __init__(self, newest: StoredReading) -> None:
        self.newest = newest
        self.points: list[Point] = []
        self.times_ms: list[int] = []

    def go_on(self, points: list[Point]) -> None:
        """Take the points of the next window; the last one before it stays."""
        self.points = self.points[-1:] + points
        self.times_ms = [point.time_ms for point in self.points]

    def at(self, time_ms: int) -> StoredReading | None:
        """The newest reading up to a time (UTC, included); None where there was none."""
        place = bisect_right(self.times_ms, time_ms)
        if not place:
            return None
        one, point = self.newest, self.points[place - 1]
        return StoredReading(one.site, one.sensor, one.gateway, one.quantity, point.time_ms, point.value, point.marks)


class PastReadings:
    """What a store that is written no more has."""

    def __init__(self, store: ReadingsStore) -> None:
        self._store = store
        self._series: list[_Series] | None = None

    async def read(self, start_ms: int, end_ms: int) -> None:
        """Read the next window, from where the one before ended, or the past begins, to `end_ms` (UTC, left out)."""
        if self._series is None:
            self._series = [_Series(newest) for newest in await self._store.newest()]
        ranges = [SeriesRange(each.newest.sensor, each.newest.quantity, start_ms, end_ms) for each in self._series]
        for series, points in zip(self._series, await self._store.histories(ranges), strict=True):
            series.go_on(points)

    def at(self, time_ms: int) -> list[StoredReading]:
        """The newest reading of each series up to a time in the window (UTC, included)."""
        found = (series.at(time_ms) for series in self._series or ())
        return [reading for reading in found if reading is not None]
