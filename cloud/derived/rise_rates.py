"""How fast the water rises or falls, minute by minute: a series beside that of each gauge.

hour under way: its last minutes each pass          hour that has ended: all its minutes, and those that look back on it
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from cloud.derived.grouped_reads import SeriesReader
from cloud.derived.hours import belonging, timing_of
from cloud.derived.series_writer import DerivedSeriesWriter
from cloud.registry.records import Sensor
from rules.local_time import hour_end_ms
from rules.marks import NOT_BELIEVED
from rules.rise_rate import rate_per_hour, window_ms
from wire import Domain
from wire.durations import HOUR_MS, MINUTE_MS

RECENT_MS = 10 * MINUTE_MS
"""What a pass computes of the hour under way; what comes later than that is computed when the hour has ended."""


async def rise_rates(
    store: SeriesReader, sensor: Sensor, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> DerivedSeriesWriter:
    """The rate at the end of each minute in which the gauge was read, of the hours that begin at `starts_ms` (UTC)."""
    writer = DerivedSeriesWriter(site=sensor.site, sensor=sensor.id, domain=Domain.FLOOD)
    over_ms, shift_ms = window_ms(timing_of(sensor).interval_ms), timing_of(sensor).shift_ms
    for minutes in _by_hour(_minutes(starts_ms, over_ms, zone, now_ms)).values():
        times_ms: list[int] = []
        values: list[float] = []
        read = set[int]()
        for point in await belonging(store, sensor, "water_level", min(minutes) - MINUTE_MS - over_ms, max(minutes)):
            read.add(_minute_of(point.time_ms + shift_ms))
            if not point.marks & NOT_BELIEVED:
                times_ms.append(point.time_ms + shift_ms)
                values.append(point.value)
        for end_ms in sorted(read & minutes):
            last = bisect_left(times_ms, end_ms) - 1
            is_known = last >= 0 and _minute_of(times_ms[last]) == end_ms
            rate = rate_per_hour(times_ms, values, end_ms=end_ms - 1, over_ms=over_ms) if is_known else None
            writer.put(end_ms, {"rise_rate": rate})
    return writer


def _minutes(starts_ms: Iterable[int], over_ms: int, zone: ZoneInfo, now_ms: int) -> set[int]:
    """The ends (UTC) of the minutes to compute; none that goes on."""
    newest_ms, minutes = now_ms // MINUTE_MS * MINUTE_MS, set[int]()
    for start_ms in starts_ms:
        end_ms = hour_end_ms(start_ms, zone)
        first_ms = start_ms if end_ms <= now_ms else max(start_ms, newest_ms - RECENT_MS)
        minutes.update(range(_minute_of(first_ms), min(end_ms + over_ms, newest_ms) + 1, MINUTE_MS))
    return minutes


def _by_hour(minutes: Iterable[int]) -> Mapping[int, set[int]]:
    """Minutes by the hour (since 1970) in which they lie: what is asked of the store at once."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for end_ms in minutes:
        found[(end_ms - 1) // HOUR_MS].add(end_ms)
    return found


def _minute_of(time_ms: int) -> int:
    """The end (UTC) of the minute to which a time belongs."""
    return (time_ms // MINUTE_MS + 1) * MINUTE_MS
