"""What the tables show of gateways and of refused readings, worked out from a snapshot.

GatewayView(id="gw-daruba", state="online", waiting="1,204", oldest="3 min ago", received="88,020", missing="0", …)
"""

from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.snapshot import Snapshot
from cloud.core.reasons import Reason
from cloud.gateways.accounting import Account
from cloud.ingest.dead_letter_records import DeadLetter
from cloud.ingest.fleet_clock import WrongClock
from cloud.registry.records import Gateway
from cloud.rulebook.rule_words import about
from i18n import figures
from i18n.catalog import N_, Catalog
from wire import Clock, SourceState, SourceStatus, Status

CLOCKS = {
    Clock.SYNCED: ("ok", N_("exact")),
    Clock.ESTIMATED: ("warn", N_("estimated")),
    Clock.UNKNOWN: ("warn", N_("unconfirmed")),
}
SOURCES = {
    SourceStatus.OK: ("ok", N_("working")),
    SourceStatus.STARTING: ("idle", N_("starting")),
    SourceStatus.SILENT: ("warn", N_("silent")),
    SourceStatus.FAILED: ("bad", N_("not reachable")),
}
"""States as a level for the colour, and the word for people."""
REASONS = {
    Reason.NOT_A_BATCH: N_("unreadable message"),
    Reason.OVERSIZED: N_("message too large"),
    Reason.UNKNOWN_GATEWAY: N_("unknown gateway"),
    Reason.UNKNOWN_SENSOR: N_("unknown sensor"),
    Reason.FOREIGN_SENSOR: N_("sensor of another gateway"),
    Reason.UNKNOWN_QUANTITY: N_("unknown quantity"),
    Reason.UNDECLARED_QUANTITY: N_("quantity not registered"),
    Reason.OUT_OF_BOUNDS: N_("impossible value"),
    Reason.TIME_TOO_EARLY: N_("time before 2020"),
    Reason.TIME_IN_FUTURE: N_("time in the future"),
    Reason.STORE_REJECTED: N_("refused by the database"),
    Reason.FAULT: N_("fault in Siaga"),
}
"""Why something was refused, in words for people."""
COUNTS = (N_("Heard"), N_("Frames"), N_("Readings"), N_("Refused"))
"""What is counted of a source, each made of the one before."""
MOST_SOURCES = 40
"""Sources of a gateway that a row opens to; a gateway may report a thousand."""
_WORST_FIRST = (SourceStatus.FAILED, SourceStatus.SILENT, SourceStatus.STARTING, SourceStatus.OK)
_REASON_TEXTS = {reason.value: text for reason, text in REASONS.items()}


class SourceView(msgspec.Struct, frozen=True):
    """One source of readings on a gateway; `counts` in the order of `COUNTS`."""

    name: str
    level: str
    state: str
    detail: str
    counts: tuple[str, ...]
    refused_level: str
    last: str


class GatewayView(msgspec.Struct, frozen=True):
    """One row of the gateways table, what needs attention, and its sources, of which some may not be shown."""

    id: str
    name: str
    level: str
    state: str
    clock_level: str
    clock: str
    waiting: str
    oldest: str
    received: str
    duplicates: str
    missing: str
    missing_level: str
    lost: str
    lost_level: str
    heard: str
    version: str
    notes: tuple[str, ...]
    sources: tuple[SourceView, ...]
    more_sources: str


class DeadLetterView(msgspec.Struct, frozen=True):
    """One row of the refused readings; `outcome` is empty until it was tried again."""

    id: int
    time: str
    gateway: str
    reason: str
    sentence: str
    count: str
    outcome: str


def gateways_of(_: Catalog, snapshot: Snapshot) -> tuple[GatewayView, ...]:
    """The rows of the gateways table, in the order of the city file."""
    return tuple(
        _gateway(_, snapshot, gateway, snapshot.statuses[gateway.id], snapshot.accounts[gateway.id])
        for gateway in snapshot.gateways
    )


def _gateway(_: Catalog, snapshot: Snapshot, gateway: Gateway, status: Status | None, account: Account) -> GatewayView:
    level, state = _state(_, status)
    sources = () if status is None else status.sources
    clock_level, clock = _clock(_, status, snapshot.clocks.get(gateway.id))
    return GatewayView(
        id=gateway.id,
        name=gateway.name,
        level=level,
        state=state,
        clock_level=clock_level,
        clock=clock,
        waiting="–" if status is None else _.number(status.spool.depth, 0),
        oldest=_oldest(_, snapshot, status),
        received=_.number(account.received, 0),
        duplicates=_.number(account.duplicates, 0),
        missing=_.number(account.missing, 0),
        missing_level="warn" if account.missing else "ok",
        lost=_.number(account.declared_lost, 0),
        lost_level="bad" if account.declared_lost else "ok",
        heard=_("never") if status is None else figures.age(_, (snapshot.now_ms - status.time_ms) / 1_000),
        version="" if status is None else status.version,
        notes=_notes(_, snapshot, gateway, status),
        sources=tuple(_source(_, snapshot, source) for source in _to_show(sources)),
        more_sources=_more(_, len(sources) - MOST_SOURCES),
    )


def _notes(_: Catalog, snapshot: Snapshot, gateway: Gateway, status: Status | None) -> tuple[str, ...]:
    """What needs attention: as the server sees it, then in the gateway's own words."""
    shared = _("Two agents connect under this id and throw each other out: stop one, or enrol it under its own id")
    found = [shared] if gateway.id in snapshot.shared_ids else []
    if status is not None:
        found += [status.spool.problem, *status.notes]
    return tuple(note for note in found if note)  # the wire lets a gateway have 20


def _to_show(sources: tuple[SourceState, ...]) -> list[SourceState]:
    """All of them as they come; of too many the worst."""
    if len(sources) <= MOST_SOURCES:
        return list(sources)
    return sorted(sources, key=lambda source: _WORST_FIRST.index(source.state))[:MOST_SOURCES]


def _more(_: Catalog, left: int) -> str:
    if left <= 0:
        return ""
    return _.plural(
        "{n} more source is not shown; those in trouble stand first",
        "{n} more sources are not shown; those in trouble stand first",
        left,
    )


def _state(_: Catalog, status: Status | None) -> tuple[str, str]:
    if status is None:
        return "idle", _("not heard yet")
    return ("ok", _("online")) if status.online else ("bad", _("offline"))


def _oldest(_: Catalog, snapshot: Snapshot, status: Status | None) -> str:
    if status is None or status.spool.oldest_ms is None or not status.spool.depth:
        return ""
    return _("oldest {age}", age=figures.age(_, (snapshot.now_ms - status.spool.oldest_ms) / 1_000))


def _source(_: Catalog, snapshot: Snapshot, source: SourceState) -> SourceView:
    level, state = _worded(_, SOURCES[source.state])
    return SourceView(
        name=source.name,
        level=level,
        state=state,
        detail=source.detail,
        counts=_counts(_, source),
        refused_level="warn" if source.refused else "ok",
        last="" if source.last_ms is None else figures.age(_, (snapshot.now_ms - source.last_ms) / 1_000),
    )


def _counts(_: Catalog, source: SourceState) -> tuple[str, ...]:
    """The four numbers; a dash for what an older agent does not count."""
    readings = _.number(source.readings, 0)
    if not source.is_counted:
        return "–", "–", readings, "–"
    return figures.size(_, source.heard_bytes), _.number(source.frames, 0), readings, _.number(source.refused, 0)


def _clock(_: Catalog, status: Status | None, wrong: WrongClock | None) -> tuple[str, str]:
    """How good a gateway's time is: what it reports itself, and what follows from the arrival of its readings."""
    if wrong is not None and wrong.moved_ms:
        return "bad", _("{time} wrong, corrected", time=about(_, abs(wrong.moved_ms) / 1_000))
    if wrong is not None:
        return "bad", _("not known: rules may pass over its readings")
    return ("idle", "–") if status is None else _worded(_, CLOCKS[status.clock])


def _worded(_: Catalog, row: tuple[str, str]) -> tuple[str, str]:
    level, word = row
    return level, _(word)


def dead_letters_of(_: Catalog, snapshot: Snapshot, zone: ZoneInfo) -> tuple[DeadLetterView, ...]:
    """The rows of the refused readings, newest first."""
    return tuple(_dead_letter_view(_, dead_letter, zone) for dead_letter in snapshot.dead_letters)


def _dead_letter_view(_: Catalog, dead_letter: DeadLetter, zone: ZoneInfo) -> DeadLetterView:
    return DeadLetterView(
        id=dead_letter.id,
        time=figures.moment(_, dead_letter.time_ms, zone),
        gateway=dead_letter.gateway,
        reason=_(_REASON_TEXTS.get(dead_letter.reason, dead_letter.reason)),
        sentence=dead_letter.sentence,
        count=_.number(dead_letter.count, 0),
        outcome=""
        if dead_letter.replayed_ms is None
        else _("stored {time}", time=figures.moment(_, dead_letter.replayed_ms, zone)),
    )
