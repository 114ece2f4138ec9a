"""How fast the water rises or falls, minute by minute: a series beside that of each gauge.

hour under way: its last minutes each pass          hour that has ended: all its minutes, and those that look back on it
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from cloud.derived.hours import StoredHours, timing_of
from cloud.derived.series_writer import DerivedSeriesWriter
from cloud.registry.records import Sensor
from rules.local_time import hour_end_ms
from rules.marks import NOT_BELIEVED
from rules.rise_rate import rate_per_hour, window_ms
from wire import Domain
from wire.durations import HOUR_MS, MINUTE_MS

RECENT_MS = 10 * MINUTE_MS
"""What a pass computes of the hour under way where each pass reads; the others are computed when it has ended."""
Rated = Callable[[int], bool]
"""Whether the rate at the end (UTC) of a minute is stored, and nothing has come since that would change it."""


def nobody(_minute_ms: int) -> bool:
    """Of no minute is that known."""
    return False


async def rise_rates(
    store: StoredHours,
    sensor: Sensor,
    starts_ms: Collection[int],
    *,
    zone: ZoneInfo,
    now_ms: int,
    rated: Rated = nobody,
) -> DerivedSeriesWriter:
    """The rate at the end of each minute in which the gauge was read, of the hours that begin at `starts_ms` (UTC).

    Minutes whose rate is stored, as `rated` knows, are left out.
    """
    writer = DerivedSeriesWriter(site=sensor.site, sensor=sensor.id, domain=Domain.FLOOD)
    over_ms = window_ms(timing_of(sensor).interval_ms)
    for minutes in _by_hour(_minutes(starts_ms, over_ms, zone, now_ms, rated)).values():
        times_ms: list[int] = []
        values: list[float] = []
        read = set[int]()
        first_ms = min(minutes) - MINUTE_MS - over_ms
        for point in await store.belonging(sensor, "water_level", first_ms, max(minutes)):
            read.add(_minute_of(point.time_ms))
            if not point.marks & NOT_BELIEVED:
                times_ms.append(point.time_ms)
                values.append(point.value)
        for end_ms in sorted(read & minutes):
            last = bisect_left(times_ms, end_ms) - 1
            is_known = last >= 0 and _minute_of(times_ms[last]) == end_ms
            rate = rate_per_hour(times_ms, values, end_ms=end_ms - 1, over_ms=over_ms) if is_known else None
            writer.put(end_ms, {"rise_rate": rate})
    return writer


def minutes_in_a_row(
    starts_ms: Collection[int], sensor: Sensor, *, zone: ZoneInfo, now_ms: int, rated: Rated
) -> tuple[int, int] | None:
    """The ends (UTC) of the first and the last minute of the newest ones in a row that are computed; None without."""
    minutes = _minutes(starts_ms, window_ms(timing_of(sensor).interval_ms), zone, now_ms, rated)
    if not minutes:
        return None
    first_ms = last_ms = max(minutes)
    while first_ms - MINUTE_MS in minutes:
        first_ms -= MINUTE_MS
    return first_ms, last_ms


def _minutes(starts_ms: Iterable[int], over_ms: int, zone: ZoneInfo, now_ms: int, rated: Rated) -> set[int]:
    """The ends (UTC) of the minutes to compute; none that goes on."""
    newest_ms, minutes = now_ms // MINUTE_MS * MINUTE_MS, set[int]()
    for start_ms in starts_ms:
        end_ms = hour_end_ms(start_ms, zone)
        is_whole = end_ms <= now_ms or rated is not nobody
        first_ms = start_ms if is_whole else max(start_ms, newest_ms - RECENT_MS)
        minutes.update(range(_minute_of(first_ms), min(end_ms + over_ms, newest_ms) + 1, MINUTE_MS))
    return {minute_ms for minute_ms in minutes if not rated(minute_ms)}


def _by_hour(minutes: Iterable[int]) -> Mapping[int, set[int]]:
    """Minutes by the hour (since 1970) in which they lie: what is asked of the store at once."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for end_ms in minutes:
        found[(end_ms - 1) // HOUR_MS].add(end_ms)
    return found


def _minute_of(time_ms: int) -> int:
    """The end (UTC) of the minute to which a time belongs."""
    return (time_ms // MINUTE_MS + 1) * MINUTE_MS
