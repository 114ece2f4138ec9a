"""The sources of a gateway and the sentences that want somebody to look, as its page shows them.

GatewaySource("river", "ok", "working", "", ("1.2 MB", "88,102", "88,020", "0"), "ok", last_ms=…, last="4 s ago")
"""

from zoneinfo import ZoneInfo

import msgspec

from cloud.gateways import last_words
from i18n import figures
from i18n.catalog import N_, Catalog
from wire import Clock, SourceState, SourceStatus, Status

CLOCKS = {
    Clock.SYNCED: ("ok", N_("exact")),
    Clock.ESTIMATED: ("warn", N_("estimated")),
    Clock.UNKNOWN: ("warn", N_("unconfirmed")),
}
SOURCES = {
    SourceStatus.FAILED: ("bad", N_("not reachable")),
    SourceStatus.SILENT: ("warn", N_("silent")),
    SourceStatus.OTHER: ("warn", N_("in a state that only a newer server knows")),
    SourceStatus.STARTING: ("idle", N_("starting")),
    SourceStatus.OK: ("ok", N_("working")),
}
"""States as a level for the colour, and the word for people; from what needs somebody most."""
COUNTS = (N_("Heard"), N_("Frames"), N_("Readings"), N_("Refused"))
"""What is counted of a source, each made of the one before."""
MOST_SOURCES = 40
"""Sources that a page shows; a gateway may report a thousand."""


class GatewaySource(msgspec.Struct, frozen=True):
    """One source of readings on a gateway; `counts` in the order of `COUNTS`, `last_ms` its last reading (UTC)."""

    name: str
    level: str
    state: str
    detail: str
    counts: tuple[str, ...]
    refused_level: str
    last_ms: int | None
    last: str


def source_views(_: Catalog, status: Status | None, now_ms: int) -> tuple[tuple[GatewaySource, ...], str]:
    """The sources of a gateway at `now_ms`, and how many are not shown; of too many the worst are."""
    sources = list(() if status is None else status.sources)
    if len(sources) > MOST_SOURCES:
        order = list(SOURCES)
        sources.sort(key=lambda source: order.index(source.state))
    return tuple(_source(_, source, now_ms) for source in sources[:MOST_SOURCES]), _more(_, len(sources))


def notes_of(_: Catalog, status: Status | None, *, shares_id: bool, zone: ZoneInfo) -> tuple[str, ...]:
    """What needs attention: as the server sees it, then in the gateway's own words; times are those of `zone`."""
    shared = _("Two agents connect under this id and throw each other out: stop one, or enrol it under its own id")
    found = [shared] if shares_id else []
    if status is not None and status.last_word is not None and not status.online:
        said = last_words.sentence(_, status.last_word, zone)
        found.append(said[:1].upper() + said[1:])
    if status is not None:
        found += [status.spool.problem, *status.notes]
    return tuple(note for note in found if note)  # the wire lets a gateway have 20


def _more(_: Catalog, all_of_them: int) -> str:
    left = all_of_them - MOST_SOURCES
    if left <= 0:
        return ""
    return _.plural(
        "{n} more source is not shown; those in trouble stand first",
        "{n} more sources are not shown; those in trouble stand first",
        left,
    )


def _source(_: Catalog, source: SourceState, now_ms: int) -> GatewaySource:
    level, word = SOURCES[source.state]
    return GatewaySource(
        name=source.name,
        level=level,
        state=_(word),
        detail=source.detail,
        counts=_counts(_, source),
        refused_level="warn" if source.refused else "ok",
        last_ms=source.last_ms,
        last="" if source.last_ms is None else figures.age(_, (now_ms - source.last_ms) / 1_000),
    )


def _counts(_: Catalog, source: SourceState) -> tuple[str, ...]:
    """The four numbers; a dash for what an older agent does not count."""
    readings = _.number(source.readings, 0)
    if not source.is_counted:
        return "–", "–", readings, "–"
    return figures.size(_, source.heard_bytes), _.number(source.frames, 0), readings, _.number(source.refused, 0)
