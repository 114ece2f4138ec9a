"""Hours of readings, asked of the store and summed up."""

from collections.abc import Iterable
from itertools import groupby
from zoneinfo import ZoneInfo

from cloud.derived.grouped_reads import SeriesReader
from cloud.readings.contract import Point
from cloud.registry.records import Sensor
from rules.derived import Hour
from rules.local_time import hour_end_ms, hour_ends_from
from rules.timing import Timing
from wire import Stamped


def timing_of(sensor: Sensor, stamped: Stamped | None = None) -> Timing:
    """What stretches of time the readings of a sensor speak for; `stamped` is its quantity's word where it has none."""
    return Timing(sensor.interval_s, sensor.stamped or stamped)


def ended(starts_ms: Iterable[int], *, zone: ZoneInfo, now_ms: int) -> list[tuple[int, int]]:
    """Those of the hours that are over: from when to when (UTC) they were, in order."""
    hours = [(start, hour_end_ms(start, zone)) for start in sorted(starts_ms)]
    return [(start, end) for start, end in hours if end <= now_ms]


async def belonging(store: SeriesReader, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> list[Point]:
    """The readings that belong to the time from `start_ms` to `end_ms` (UTC), each at the moment of its stamp."""
    shift_ms = timing_of(sensor).shift_ms
    return await store.history(sensor.id, quantity, start_ms=start_ms - shift_ms, end_ms=end_ms - shift_ms)


async def hour_of(store: SeriesReader, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> Hour:
    """What the readings come to that belong to an hour (UTC); every one, since marks are read one by one."""
    hour, shift_ms = Hour(start_ms, end_ms), timing_of(sensor).shift_ms
    for point in await belonging(store, sensor, quantity, start_ms, end_ms):
        hour.add(point.time_ms + shift_ms, point.value, point.marks)
    return hour


def and_after(ends_ms: Iterable[int], hours: int, *, zone: ZoneInfo, now_ms: int) -> list[int]:
    """Hours by their ends (UTC), each with the `hours` after it, in order and up to now: all that look back on them."""
    reached = {after for end in ends_ms for after in hour_ends_from(end, hours + 1, zone)}
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
