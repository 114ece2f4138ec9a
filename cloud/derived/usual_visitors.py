"""The usual visitors of a site, for each ten minutes of an hour: known when they begin, and so at their beginning.

Saturday 10:00 ─► visitors_usual 41, _low 40, _high 44, _weeks 5: of the same ten minutes of the Saturdays before
         10:10 ─► visitors_usual 46, …            a place that fills in the course of an hour is not quiet at five past

The weeks behind an hour are read once, and again when late readings have changed one of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from cloud.derived.grouped_reads import SeriesReader
from cloud.derived.grouping import together
from cloud.derived.series_writer import DerivedSeriesWriter, values_of
from cloud.registry.records import Site
from rules import footfall
from rules.derived import LEAST_PERCENT, USUAL_VISITORS
from rules.local_time import hour_end_ms, hour_starts
from rules.usual import SLOT_MS, Usual, usual_of, weeks_after, weeks_before
from wire import Domain
from wire.durations import DAY_MS

REMEMBERED_MS = 3 * DAY_MS
"""A start looks back on two days; what is older than this is computed whenever something of it comes."""
Week = tuple[int, Mapping[int, float]]
"""When (UTC) the same hour of another week began, and who was there at the end of each of its minutes."""


class UsualVisitors:
    """Computes what is usual; it knows what is done of the last days, and of each site the weeks behind one hour."""

    def __init__(self, store: SeriesReader) -> None:
        self._store = store
        self._done: defaultdict[str, set[int]] = defaultdict(set)
        self._weeks: dict[str, tuple[int, Sequence[Week]]] = {}

    def due(self, site: Site, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int) -> set[int]:
        """The starts (UTC) of the hours to compute, where counts of the hours at `starts_ms` have come."""
        begun = {start_ms for start_ms in starts_ms if start_ms <= now_ms}
        looking_back = {
            later_ms
            for changed_ms in _until_closing(begun, site, zone)
            for later_ms in weeks_after(changed_ms, zone)
            if later_ms <= now_ms
        }
        undone = {start_ms for start_ms in begun if set(_slots(start_ms, zone, now_ms)) - self._done[site.id]}
        return undone | looking_back

    async def compute(
        self, site: Site, starts_ms: Iterable[int], *, zone: ZoneInfo, now_ms: int
    ) -> DerivedSeriesWriter:
        """What is usual of the hours at `starts_ms` (UTC), as far as they have begun."""
        writer = DerivedSeriesWriter(site=site.id, sensor=site.id, domain=Domain.FOOTFALL)
        for start_ms in sorted(starts_ms):
            weeks = await self._weeks_behind(site, start_ms, zone)
            for slot_ms in _slots(start_ms, zone, now_ms):
                writer.put(slot_ms, _values(usual_of(list(_means(weeks, slot_ms - start_ms)))))
        return writer

    def record_done(self, site: Site, starts_ms: Iterable[int], *, zone: ZoneInfo, now_ms: int) -> None:
        """Record that the hours at `starts_ms` (UTC) are computed and stored, as far as they have begun."""
        known = self._done[site.id].union(*(_slots(start_ms, zone, now_ms) for start_ms in starts_ms))
        self._done[site.id] = {slot_ms for slot_ms in known if slot_ms > now_ms - REMEMBERED_MS}

    async def _weeks_behind(self, site: Site, start_ms: int, zone: ZoneInfo) -> Sequence[Week]:
        # a late hour is computed itself, before those that look back on it, and so takes the place of what is held
        held = self._weeks.get(site.id)
        if held is None or held[0] != start_ms:
            before = weeks_before(start_ms, zone)
            found = await together(self._hour(site, week_ms, zone) for week_ms in before)
            self._weeks[site.id] = held = start_ms, list(zip(before, found, strict=True))
        return held[1]

    async def _hour(self, site: Site, start_ms: int, zone: ZoneInfo) -> Mapping[int, float]:
        """Those present in an hour; nothing where the counters were not heard for most of that day."""
        hour = {"first_ms": start_ms + 1, "last_ms": hour_end_ms(start_ms, zone)}
        present, shares = await together(
            values_of(self._store, site.id, quantity, **hour)
            for quantity in ("visitors_present", "visitors_completeness")
        )
        return present if present and shares.get(max(present), 0.0) >= LEAST_PERCENT else {}


def _slots(start_ms: int, zone: ZoneInfo, now_ms: int) -> range:
    """When (UTC) the parts of an hour begin, of those that have begun."""
    return range(start_ms, min(hour_end_ms(start_ms, zone), now_ms + 1), SLOT_MS)


def _means(weeks: Iterable[Week], since_ms: int) -> Iterable[float]:
    """The mean of those present in the part of each week's hour that began `since_ms` after it."""
    for week_ms, present in weeks:
        first_ms = week_ms + since_ms
        found = [people for time_ms, people in present.items() if first_ms < time_ms <= first_ms + SLOT_MS]
        if found:
            yield sum(found) / len(found)


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
