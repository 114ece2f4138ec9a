"""The rows of an export, a page at a time: readings, or the steps that are made of them.

ExportSeries, [Point, Point, …] ─►      ExportSeries, [TimeBucket, …] ─►      series after series, each oldest first
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from cloud.exports.order import MOST_ROWS, ExportOrder, ExportSeries
from cloud.readings.bucket_history import TooManyReadings, buckets_of
from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import Point, ReadingsStore
from cloud.readings.history_pages import history_pages
from wire.durations import DAY_MS

STRETCH_MS = DAY_MS
"""Of steps so much is worked out at once: whole steps of any length, of readings several times a second."""


class RowPage(msgspec.Struct, frozen=True):
    """Some rows of one series: `points`, or `buckets` where the order has steps."""

    series: ExportSeries
    points: Sequence[Point] = ()
    buckets: Sequence[TimeBucket] = ()

    @property
    def count(self) -> int:
        """How many rows they are."""
        return len(self.points) or len(self.buckets)


async def row_pages(store: ReadingsStore, order: ExportOrder, *, most: int | None = None) -> AsyncIterator[RowPage]:
    """All rows, at most `most` readings in a page (None: as many as the store should be asked for at once).

    StoreUnavailable; TooManyReadings where a day of them is more than can be read for its steps.
    """
    for series in order.series:
        if order.step_ms is None:
            pages = history_pages(
                store, series.sensor, series.quantity, start_ms=order.start_ms, end_ms=order.end_ms, most=most
            )
            async for points in pages:
                yield RowPage(series, points)
        else:
            async for buckets in _bucket_pages(store, series, order, order.step_ms):
                yield RowPage(series, buckets=buckets)


async def counted(pages: AsyncIterator[RowPage], *, most: int = MOST_ROWS) -> AsyncIterator[RowPage]:
    """The pages, of at most so many rows: TooManyReadings where there are more than was to be expected."""
    left = most
    async for page in pages:
        left -= page.count
        if left < 0:
            raise TooManyReadings(f"more than {most} rows, the most that one file has")
        yield page


async def _bucket_pages(
    store: ReadingsStore, series: ExportSeries, order: ExportOrder, step_ms: int
) -> AsyncIterator[list[TimeBucket]]:
    start_ms = order.start_ms
    while start_ms < order.end_ms:
        until_ms = min(order.end_ms, start_ms - start_ms % STRETCH_MS + STRETCH_MS)
        found = await buckets_of(
            store, series.sensor, series.quantity, start_ms=start_ms, end_ms=until_ms, step_ms=step_ms
        )
        if found:
            yield found
        start_ms = until_ms
