"""What a start need not look back on: hours at whose sites nothing was stored for so long that nothing follows from it.

newest reading of a site before the present ──── what looks back on it ────► left out: there is nothing to read
                                                 4 days; 9 weeks where people are counted
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from cloud.derived.level_correction import DISTANCE
from cloud.derived.recompute_queue import PEOPLE, SOURCES, Hours, Key
from cloud.derived.site_sensors import SiteSensors
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from rules.usual import WEEKS
from wire import QuantityTable
from wire.durations import DAY_MS, HOUR_MS

REACHES_MS = 4 * DAY_MS
"""An index of a site reaches over two nights, what rain makes of a day over one; the rest is for zones and stamps."""
PEOPLE_REACH_MS = (WEEKS + 1) * 7 * DAY_MS
"""What is usual of an hour is what was so in the weeks before."""
NEVER_MS = -(2**62)


def measured(table: QuantityTable) -> frozenset[str]:
    """The quantities of which anything at all may follow."""
    return SOURCES | {DISTANCE} | table.own.keys()


def not_silent(
    hours: Hours, sites: Collection[Site], sensors: SiteSensors, newest: Iterable[StoredReading]
) -> Mapping[Key, set[int]]:
    """Those of `hours` on which it is worth to look back, where `newest` are the newest readings before the present."""
    said_ms: defaultdict[str, int] = defaultdict(lambda: NEVER_MS)
    for reading in newest:
        said_ms[reading.sensor] = max(said_ms[reading.sensor], reading.time_ms)
    by_site, kept = sensors.by_site(hours), defaultdict[Key, set[int]](set)
    for site in sites:
        there = sensors.at(site)
        until_ms = max((said_ms[sensor.id] for sensor in there), default=NEVER_MS) + _reach_ms(there)
        for key in by_site.get(site.id, ()):
            kept[key].update(hour for hour in hours[key] if hour * HOUR_MS <= until_ms)
    return kept


def _reach_ms(sensors: Sequence[Sensor]) -> int:
    counts_people = any(PEOPLE.intersection(sensor.quantities) for sensor in sensors)
    longest_s = max((sensor.interval_s or 0.0 for sensor in sensors), default=0.0)
    return (PEOPLE_REACH_MS if counts_people else REACHES_MS) + int(3_000 * longest_s)
