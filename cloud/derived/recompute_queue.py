"""Which hours have to be computed again: those of which readings were stored, live or late.

add("air-market", "pm2_5", first, last) ─► {("air-market", "pm2_5"): {hour 498_761}} ─► pop, compute, done

Hours are counted since 1970, in UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from zoneinfo import ZoneInfo

from cloud.readings.blocks import Block
from rules.local_time import hour_starts
from wire import AIR_PARAMETERS, QuantityTable
from wire.durations import HOUR_MS

SOURCES = frozenset({*AIR_PARAMETERS, "people_in", "people_out", "rainfall", "water_level"})
"""The quantities that something is computed from in every city."""
PEOPLE = frozenset({"people_in", "people_out"})
MINUTELY = frozenset({*PEOPLE, "water_level"})
"""Those of which something is computed minute by minute; of the others when an hour has ended."""


def sources_in(quantities: Iterable[str], table: QuantityTable) -> list[str]:
    """Those of some quantities that something is computed from: of all that the city added, its hours."""
    return [name for name in quantities if name in SOURCES or name in table.own]


Key = tuple[str, str]
"""(sensor, quantity)."""
Hours = Mapping[Key, Set[int]]
TimeRange = tuple[int, int]
"""(first, last): from when to when (UTC, ms) readings were stored."""


def time_range_of(blocks: Sequence[Block]) -> TimeRange | None:
    """From when to when the readings of `blocks` are; None where there are none."""
    if not blocks:
        return None
    spans = [block.span for block in blocks]
    return min(spans)[0], max(last_ms for _, last_ms in spans)


def hours_of(first_ms: int, last_ms: int) -> range:
    """The hours that a range of time touches."""
    return range(first_ms // HOUR_MS, last_ms // HOUR_MS + 1)


class RecomputeQueue:
    """Hours of series that wait to be computed."""

    def __init__(self) -> None:
        self._hours: defaultdict[Key, set[int]] = defaultdict(set)

    def add(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        """Readings were stored from `first_ms` to `last_ms` (UTC, both included)."""
        self.add_hours(sensor, quantity, hours_of(first_ms, last_ms))

    def add_hours(self, sensor: str, quantity: str, hours: Iterable[int]) -> None:
        """Readings were stored in `hours`."""
        self._hours[sensor, quantity].update(hours)

    def pop(self, keys: Iterable[Key]) -> Hours:
        """Take the hours that wait of some series off the queue."""
        return {key: self._hours.pop(key) for key in keys if key in self._hours}

    def pending(self, keys: Iterable[Key]) -> Hours:
        """The hours that wait of some series."""
        return {key: frozenset(self._hours[key]) for key in keys if key in self._hours}

    def put_back(self, hours: Hours) -> None:
        """Queue again what could not be computed, or not yet."""
        for key, pending in hours.items():
            if pending:
                self._hours[key] |= pending

    def keys(self) -> list[Key]:
        """The series of which anything waits."""
        return list(self._hours)

    def __len__(self) -> int:
        return sum(map(len, self._hours.values()))


def local_hours(hours: Iterable[int], zone: ZoneInfo, *, shift_ms: int = 0) -> set[int]:
    """The starts (UTC, ms) of the hours of `zone` that hours of UTC touch: two where the offset is no whole hour.

    `shift_ms` lies between the stamps of a sensor's readings and the moments to which they belong.
    """
    firsts_ms = [hour * HOUR_MS + shift_ms for hour in hours]
    return {start for first_ms in firsts_ms for start in hour_starts(first_ms, first_ms + HOUR_MS - 1, zone)}
