"""The usual number of visitors of each hour at a site, known when the hour begins: it stands at its beginning.

Saturday 10:00 ─► visitors_usual 41, _low 40, _high 44, _weeks 5: of the same hour of the Saturdays before

An hour is computed once, and again when late readings have changed one of the weeks behind it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from cloud.derived.series_writer import DerivedSeriesWriter, values_of
from cloud.readings.contract import ReadingsStore
from cloud.registry.records import Site
from rules import footfall
from rules.derived import LEAST_PERCENT, USUAL_VISITORS
from rules.local_time import hour_end_ms, hour_starts
from rules.usual import Usual, usual_of, weeks_after, weeks_before
from wire import Domain
from wire.durations import DAY_MS

REMEMBERED_MS = 3 * DAY_MS
"""A start looks back on two days; what is older than this is computed whenever something of it comes."""


class UsualVisitors:
    """Computes what is usual of each site's hours; of the hours of the last days it knows which are done."""

    def __init__(self, store: ReadingsStore) -> None:
        self._store = store
        self._done: defaultdict[str, set[int]] = defaultdict(set)

    def due(self, site: Site, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int) -> set[int]:
        """The starts (UTC) of the hours to compute, where counts of the hours at `starts_ms` have come."""
        begun = {start_ms for start_ms in starts_ms if start_ms <= now_ms}
        looking_back = {
            later_ms
            for changed_ms in _until_closing(begun, site, zone)
            for later_ms in weeks_after(changed_ms, zone)
            if later_ms <= now_ms
        }
        return begun - self._done[site.id] | looking_back

    async def compute(self, site: Site, starts_ms: Iterable[int], *, zone: ZoneInfo) -> DerivedSeriesWriter:
        """What is usual of the hours at `starts_ms` (UTC)."""
        writer = DerivedSeriesWriter(site=site.id, sensor=site.id, domain=Domain.FOOTFALL)
        for start_ms in sorted(starts_ms):
            means = [await self._mean(site, week_ms, zone) for week_ms in weeks_before(start_ms, zone)]
            usual = usual_of([mean for mean in means if mean is not None])
            writer.put(start_ms, _values(usual))
        return writer

    def record_done(self, site: Site, starts_ms: Iterable[int], now_ms: int) -> None:
        """Record that the hours at `starts_ms` (UTC) are computed and stored."""
        known = self._done[site.id] | set(starts_ms)
        self._done[site.id] = {start_ms for start_ms in known if start_ms > now_ms - REMEMBERED_MS}

    async def _mean(self, site: Site, start_ms: int, zone: ZoneInfo) -> float | None:
        """The mean of those present in an hour; None where the counters were not heard for most of that day."""
        hour = {"first_ms": start_ms + 1, "last_ms": hour_end_ms(start_ms, zone)}
        present = await values_of(self._store, site.id, "visitors_present", **hour)
        if not present:
            return None
        shares = await values_of(self._store, site.id, "visitors_completeness", **hour)
        if shares.get(max(present), 0.0) < LEAST_PERCENT:
            return None
        return sum(present.values()) / len(present)


def _until_closing(starts_ms: Iterable[int], site: Site, zone: ZoneInfo) -> set[int]:
    """The hours in which other people are inside, where other ones came at `starts_ms`: up to the end of the day."""
    found = set[int]()
    for start_ms in sorted(starts_ms):
        if start_ms not in found:
            closes_ms = footfall.next_closing_ms(start_ms + 1, closes=site.closes, zone=zone)
            found.update(hour_starts(start_ms, closes_ms - 1, zone))
    return found


def _values(usual: Usual | None) -> dict[str, float | None]:
    if usual is None:
        return dict.fromkeys(USUAL_VISITORS)
    return dict(zip(USUAL_VISITORS, (usual.median, usual.low, usual.high, usual.weeks), strict=True))
