"""What the page of alarms is asked for, from its address.

?site=daruba&severity=severe&state=waiting&text=bridge&page=2      ?which=over&before=5120      ?alarm=17
"""

from collections.abc import Iterable

import msgspec

from cloud.alarms.alarm_search import MOST_NAMED
from cloud.alarms.records import AlarmFilter
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.typed_number import InvalidInput, whole_number
from cloud.registry.snapshot import Registry
from i18n.catalog import N_
from rules.rule import Severity

PAGE_SIZE = 20
MOST_PAGES = 1_000
SHORTEST_TEXT = 2
SEEN_STATES = {
    "waiting": N_("nobody has acknowledged"),
    "alarming": N_("goes on"),
    "silent": N_("the sensor says nothing"),
    "recovering": N_("is going back"),
    "shelved": N_("put aside"),
}
"""States to choose from among open alarms."""
NARROWING = ("site", "domain", "severity", "state", "text", "from", "until")
"""Names of an address that leave alarms out."""
NO_READING = "none"
"""In place of a domain: what is about no reading."""


class AlarmsQuestion(msgspec.Struct, frozen=True):
    """Which alarms: those that are over or those that are open, the page of them, and the one that a link led to."""

    wanted: AlarmFilter
    is_over: bool
    page: int
    alarm: int | None
    mistake: str


def question_of(visit: PageVisit, registry: Registry) -> AlarmsQuestion:
    """Read the address of a visit; what means nothing in it is left out, a time that is none is a mistake."""
    asked, is_over, mistake = visit.query, visit.query.get("which") == "over", ""
    times: dict[str, int | None] = {"from": None, "until": None}
    for name in times:
        try:
            times[name] = parse_moment(visit.words, asked[name], visit.zone) if asked.get(name) else None
        except InvalidInput as error:
            mistake = str(error)
    state, text = asked.get("state", ""), asked.get("text", "").strip()
    wanted = AlarmFilter(
        open=not is_over,
        state=state if state in ("alarming", "silent", "recovering") else None,
        acknowledged=False if state == "waiting" else None,
        shelved={"waiting": False, "shelved": True}.get(state),
        severity=_severity(asked.get("severity", "")),
        site=asked.get("site") or None,
        sites=visit.principal.sites,
        quantities=_quantities(registry, asked.get("domain", "")),
        from_ms=times["from"],
        until_ms=times["until"],
        text=text if len(text) >= SHORTEST_TEXT else "",
        named=_named(registry, text) if len(text) >= SHORTEST_TEXT else frozenset(),
        before_id=whole_number(asked.get("before", "")) if is_over else None,
        limit=PAGE_SIZE,
    )
    page = max(1, min(whole_number(asked.get("page", "")) or 1, MOST_PAGES))
    return AlarmsQuestion(wanted, is_over, page, whole_number(asked.get("alarm", "")), mistake)


def _severity(text: str) -> Severity | None:
    return Severity(text) if text in list(Severity) else None


def _quantities(registry: Registry, domain: str) -> frozenset[str] | None:
    if domain == NO_READING:
        return frozenset({""})
    if domain not in registry.quantities.domains:
        return None
    return frozenset(name for name in registry.quantities if registry.quantities.row(name).domain == domain)


def _named(registry: Registry, text: str) -> frozenset[str]:
    """Return the sites and sensors whose names hold `text`, at most as many as a search takes."""
    wanted = text.casefold()
    places: Iterable[tuple[str, str]] = (
        *((site.id, f"{site.name}\n{site.place}") for site in registry.sites()),
        *((sensor.id, sensor.name) for sensor in registry.sensors()),
    )
    found = (one for one, name in places if wanted in name.casefold())
    return frozenset(one for one, _rank in zip(found, range(MOST_NAMED), strict=False))
