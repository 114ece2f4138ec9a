"""The history of a series a page at a time: whatever its length, a page is all that is in memory.

async for points in history_pages(store, "river", "water_level", start_ms=…, end_ms=…): …
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence

from cloud.readings.buckets import one_of_each_time
from cloud.readings.contract import Point, ReadingsStore
from wire.durations import DAY_MS

PAGE_READINGS = 10_000
"""Readings that are asked for at once: more of them would keep the event loop from its other work."""


async def history_pages(
    store: ReadingsStore, sensor: str, quantity: str, *, start_ms: int, end_ms: int, most: int | None = None
) -> AsyncIterator[Sequence[Point]]:
    """The readings with start <= time < end (UTC ms), oldest first, one of each time.

    A page has at most `most` (None: PAGE_READINGS). InfluxDB opens all that lies in the time asked for, whatever the
    limit: so that is about as long as a page. StoreUnavailable.
    """
    most, stretch_ms = most or PAGE_READINGS, DAY_MS
    while start_ms < end_ms:
        until_ms = min(end_ms, start_ms + stretch_ms)
        page: Sequence[Point] = await store.history(sensor, quantity, start_ms=start_ms, end_ms=until_ms, limit=most)
        is_full = len(page) == most
        if is_full:
            page = _but_the_last_time(page)
            stretch_ms = max(DAY_MS, 2 * (page[-1].time_ms - page[0].time_ms))
        elif len(page) < most // 2:
            stretch_ms *= 2
        if page:
            yield one_of_each_time(page)
            await asyncio.sleep(0)
        start_ms = page[-1].time_ms + 1 if is_full else until_ms


def _but_the_last_time(page: Sequence[Point]) -> Sequence[Point]:
    """A full page without its last time, of which there may be another reading in the next page."""
    place = bisect_left(page, page[-1].time_ms, key=lambda point: point.time_ms)
    return page[:place] or page
