"""Who is at each site now, beside what is usual for this hour and weekday.

dodola   42 people, usually 30 (25 to 36, of 4 weeks): busier        difference=12 state=1
pier     17 people; what is usual is not known yet                   present=17 state=-2
market   not known: no count in the last 15 minutes                  state=-2, and no figure
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cloud.readings.contract import StoredReading
from cloud.registry.records import Site
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint, Value
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import Bilingual, LocalizedMessage, in_context
from i18n.units import shown
from rules.derived import USUAL_VISITORS
from rules.marks import Mark
from rules.usual import SLOT_MS, Usual
from wire.durations import MINUTE_MS
from wire.measurements import USUAL_UNKNOWN

COUNTED_MS = 15 * MINUTE_MS
"""A count of longer ago says nothing of now."""
USUAL_MS = SLOT_MS + 5 * MINUTE_MS
"""What is usual of ten minutes, and some more for who computes that of the next."""
_COUNTING = frozenset({"people_in", "people_out"})
Readings = Mapping[tuple[str, str], StoredReading]
"""The newest readings by sensor and quantity."""


class _Presence(msgspec.Struct, frozen=True):
    """Who is there now, and what is usual; None: not known."""

    present: float | None
    usual: Usual | None

    @property
    def state(self) -> int:
        """-1 quieter than usual, 0 as usual, 1 busier."""
        if self.present is None or self.usual is None:
            return USUAL_UNKNOWN
        return int(self.present > self.usual.high) - int(self.present < self.usual.low)


def presence_points(snapshot: PlatformSnapshot) -> Iterator[ReportPoint]:
    """Yield a point for each site that counts visitors."""
    readings = {(reading.sensor, reading.quantity): reading for reading in snapshot.readings}
    counters = defaultdict[str, list[str]](list)
    for sensor in snapshot.sensors():
        if _COUNTING.intersection(sensor.quantities):
            counters[sensor.site].append(sensor.id)
    for site in snapshot.registry.sites():
        if site.id in counters:
            present = _present(snapshot, site, readings, counters[site.id])
            yield _point(snapshot, site, _Presence(present, _usual(snapshot, site, readings)))


def _present(snapshot: PlatformSnapshot, site: Site, readings: Readings, counters: Iterable[str]) -> float | None:
    if any((counter, quantity) in snapshot.refused for counter in counters for quantity in _COUNTING):
        return None  # what is refused is in no count
    return _held(readings.get((site.id, "visitors_present")), snapshot.now_ms, COUNTED_MS)


def _usual(snapshot: PlatformSnapshot, site: Site, readings: Readings) -> Usual | None:
    parts = (readings.get((site.id, part)) for part in USUAL_VISITORS)
    median, low, high, weeks = (_held(part, snapshot.now_ms, USUAL_MS) for part in parts)
    if median is None or low is None or high is None or weeks is None:
        return None
    return Usual(median, low, high, round(weeks))


def _held(reading: StoredReading | None, now_ms: int, longest_ms: int) -> float | None:
    """The value of a reading that still says something of now."""
    if reading is None or reading.marks & (Mark.WITHDRAWN | Mark.CLOCK_UNKNOWN):
        return None
    return reading.value if 0 <= now_ms - reading.time_ms < longest_ms else None


def _point(snapshot: PlatformSnapshot, site: Site, found: _Presence) -> ReportPoint:
    present, usual, text = found.present, found.usual, _sentence(found)
    fields: dict[str, Value | None] = {
        "state": found.state,
        "present": present,
        "usual": None if usual is None else usual.median,
        "low": None if usual is None else usual.low,
        "high": None if usual is None else usual.high,
        "weeks": None if usual is None else usual.weeks,
        "difference": None if usual is None or present is None else present - usual.median,
        "text": catalog_of(LanguageCode.ENGLISH).said(text),
        "text_id": catalog_of(LanguageCode.INDONESIAN).said(text),
        "name": site.name,
    }
    return ReportPoint("presence", snapshot.now_ms, {"instance": snapshot.instance, "site": site.id}, fields)


_WORDS = {
    -1: in_context("dashboards", "quieter"),
    0: in_context("dashboards", "as usual"),
    1: in_context("dashboards", "busier"),
}


def _sentence(found: _Presence) -> LocalizedMessage:
    if found.present is None:
        return in_context("dashboards", "not known: no count in the last 15 minutes")
    present, usual = _people(found.present), found.usual
    if usual is None:
        return in_context("dashboards", "{present}; what is usual is not known yet", present=present)
    return in_context(
        "dashboards",
        "{present}, usually {usual} ({low} to {high}, of {weeks} weeks): {word}",
        present=present,
        usual=round(usual.median),
        low=round(usual.low),
        high=round(usual.high),
        weeks=usual.weeks,
        word=_WORDS[found.state],
    )


def _people(count: float) -> Bilingual:
    return Bilingual(*(f"{catalog_of(code).number(count, 0)} {shown('{person}', code)}" for code in ("en", "id")))
