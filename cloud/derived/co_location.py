"""A co-location: the hours of a sensor and of the reference beside it, as both were sent, and the line between them.

air 42.1, bam 24.8   air 39.0, bam 23.1   … ─► pairs of the hours that both have whole ─► rules/co_location.py
"""

from zoneinfo import ZoneInfo

from cloud.derived.grouped_reads import GroupedReads
from cloud.derived.grouping import together
from cloud.derived.hours import StoredHours, ended
from cloud.readings.contract import ReadingsStore
from cloud.registry.records import Sensor
from rules.co_location import Pair
from rules.derived import LEAST_PERCENT
from rules.local_time import hour_starts
from wire.durations import DAY_MS

MOST_DAYS = 366
"""Hours that are read for one fit, in days."""
_AT_ONCE_MS = 2 * DAY_MS


async def pairs_of(
    store: ReadingsStore, sensor: Sensor, reference: Sensor, quantity: str, first_ms: int, until_ms: int, *,
    zone: ZoneInfo, now_ms: int,
) -> list[Pair]:  # fmt: skip
    """The means of the hours that lie in first <= time < until (UTC) and are complete of both."""
    reads = GroupedReads(store)
    hours, found = StoredHours(reads, reads), list[Pair]()
    for begin_ms in range(first_ms, until_ms, _AT_ONCE_MS):
        end_ms = min(begin_ms + _AT_ONCE_MS, until_ms)
        starts = [start for start in hour_starts(begin_ms, end_ms - 1, zone) if start >= begin_ms]
        whole = [(start, end) for start, end in ended(starts, zone=zone, now_ms=now_ms) if end <= until_ms]
        means = await together(
            _mean(hours, each, quantity, start, end) for start, end in whole for each in (sensor, reference)
        )
        both = zip(means[::2], means[1::2], strict=True)
        found += [(one, other) for one, other in both if one is not None and other is not None]
    return found


async def _mean(hours: StoredHours, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> float | None:
    hour = await hours.hour(sensor, quantity, start_ms, end_ms)
    return hour.mean if hour.completeness >= LEAST_PERCENT else None
