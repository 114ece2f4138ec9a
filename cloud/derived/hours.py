"""Hours of readings, asked of the store and summed up."""

from collections.abc import Iterable
from itertools import groupby

from cloud.stores.contract import ReadingsStore
from rules.derived import HOUR_MS, Hour


async def hour_of(store: ReadingsStore, sensor: str, quantity: str, start_ms: int) -> Hour:
    """The readings of the hour that began at `start_ms` (UTC); every one, since marks are read one by one."""
    hour = Hour(start_ms)
    for point in await store.history(sensor, quantity, start_ms=start_ms, end_ms=start_ms + HOUR_MS):
        hour.add(point.time_ms, point.value, point.marks)
    return hour


def and_after(ends_ms: Iterable[int], hours: int, *, now_ms: int) -> list[int]:
    """Hours by their ends (UTC), each with the `hours` after it, in order and up to now: all that look back on them."""
    reached = {end + later * HOUR_MS for end in ends_ms for later in range(hours + 1)}
    return sorted(end for end in reached if end <= now_ms)


def spans(times_ms: Iterable[int], *, gap_ms: int) -> list[list[int]]:
    """Times in order, cut where nothing is for longer than `gap_ms`: so that nobody reads the year between two days."""
    cuts, before = 0, None
    numbered: list[tuple[int, int]] = []
    for time_ms in sorted(times_ms):
        cuts += before is not None and time_ms - before > gap_ms
        numbered.append((cuts, time_ms))
        before = time_ms
    return [[time_ms for _, time_ms in group] for _, group in groupby(numbered, key=lambda pair: pair[0])]
