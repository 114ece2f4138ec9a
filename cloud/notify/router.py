"""From events to notices: which step is notified of what, decided once for each event and step.

raised, worsened ─► the steps without delay that fit, and those notified of the alarm before
all other kinds  ─► the steps notified of it before          not acknowledged after `after_s` ─► the next step
Nothing here is remembered: what is due follows from the tables, so a restart changes nothing. What is waited for runs
on steady time (`cloud/database/steady_clock.py`); shelves and maintenance windows are people's plans, and end by the
wall clock.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Integer, Row, and_, bindparam, func, or_, select, update

from cloud.alarms.tables import AlarmEventRow, AlarmRow, MaintenanceRow
from cloud.database.steady_clock import Moment
from cloud.database.upsert import insert_ignore
from cloud.notify.notifications import URGENT_KINDS, urgency
from cloud.notify.settings import NotifySettings
from cloud.notify.steps import StepSettings
from cloud.notify.tables import NoticeRow
from rules.rule import Level, Rule, RuleKind, Severity

EVENTS_AT_ONCE = 500
"""Events that one transaction routes: ingest waits for the same database."""
TEST_STEP = 1
TEST_URGENCY = -1
"""Tests differ from all else by it, and are batched with nothing."""
NOT_NEEDED = "-"
"""The message of a notice that nobody needs any more."""
_UNREADABLE = Rule(
    family="unreadable",
    quantity="",
    kind=RuleKind.ABOVE,
    levels=(Level("alarm", Severity.EXTREME, 0.0),),
    title="alarm",
)
_log = logging.getLogger(__name__)


class Places(msgspec.Struct, frozen=True):
    """Where somebody works now, by the maintenance windows."""

    sites: frozenset[str]
    sensors: frozenset[str]

    def covers(self, alarm: Row[Any]) -> bool:
        """Whether an alarm comes from there."""
        return alarm.site in self.sites or alarm.sensor in self.sensors


@lru_cache(maxsize=4_096)
def rule_of(text: str) -> Rule:
    """Return the rule of an alarm's row.

    For one that cannot be read a stand-in of the worst severity: a damaged row must not keep an alarm from people.
    """
    try:
        return msgspec.json.decode(text, type=Rule)
    except (msgspec.MsgspecError, ValueError) as error:
        _log.error("the rule of an alarm cannot be read: %s; it is told without its words", error)
        return _UNREADABLE


def severity_of(rule: Rule, level: int) -> Severity:
    """Return how bad a level of the rule is."""
    return rule.levels[max(0, min(level, len(rule.levels) - 1))].severity


def fits(step: StepSettings, severity: Severity, site: str) -> bool:
    """Whether a step is for alarms of this severity at this site."""
    return severity.rank >= step.least.rank and (not step.sites or site in step.sites)


class Router:
    """Routes events to the steps of `settings`, on the tables."""

    def __init__(self, settings: NotifySettings) -> None:
        self._steps = dict(enumerate(settings.steps, start=1))
        self._send = settings.send

    def route(self, connection: Connection, now: Moment) -> int:
        """Turn events that nobody has routed yet into notices; return how many events that were."""
        events = _claim_events(connection, now.steady_ms)
        if not events:
            return 0
        alarms = _alarms(connection, {event.alarm for event in events})
        notified = _notified_steps(connection, alarms)
        places = places_in_maintenance(connection, now.wall_ms)
        notices = []
        for event in events:
            alarm = alarms.get(event.alarm)
            if alarm is None:
                continue
            for step in self.steps_for(event, alarm, notified[alarm.id], places, now.wall_ms):
                notified[alarm.id].add(step)
                notices.append(_notice(event, alarm, step, now.steady_ms))
        insert_ignore(connection, NoticeRow, notices)
        return len(events)

    def escalate(self, connection: Connection, now: Moment) -> None:
        """Add the notices of steps whose time has come: open alarms that nobody has acknowledged."""
        if not self._steps:  # every open alarm would be read for nobody
            return
        places = places_in_maintenance(connection, now.wall_ms)
        notified = _notified_of_open(connection, now.wall_ms)
        notices = [
            _notice(alarm, alarm, number, now.steady_ms)
            for alarm in connection.execute(_open_alarms(now.wall_ms, self._urgent))
            if not places.covers(alarm)
            for number, step in self._steps.items()
            if (alarm.id, number) not in notified and alarm.routed_ms + step.after_s * 1_000 <= now.steady_ms
            if fits(step, severity_of(rule_of(alarm.rule), alarm.level), alarm.site)
        ]
        insert_ignore(connection, NoticeRow, notices)

    def steps_for(
        self, event: Row[Any], alarm: Row[Any], notified: Iterable[int], places: Places, now_ms: int
    ) -> Sequence[int]:
        """Return the steps to notify of `event` at once; `notified` are those notified of its alarm before."""
        if alarm.test:
            return [TEST_STEP] if event.kind == "raised" and self._steps else []
        if event.kind == "withdrawn" or alarm.withdrawn:
            return sorted(notified) if event.kind == "withdrawn" and alarm.withdrawn else []
        if not self._is_sent(event) or places.covers(alarm) or _is_shelved(event, alarm, now_ms):
            return []
        if event.kind not in URGENT_KINDS:
            return sorted(notified)
        severity = severity_of(rule_of(alarm.rule), event.level)
        first = {n for n, step in self._steps.items() if not step.after_s and fits(step, severity, alarm.site)}
        return sorted(first | set(notified))

    @property
    def _urgent(self) -> list[str]:
        return [kind for kind in URGENT_KINDS if kind in self._send]

    def _is_sent(self, event: Row[Any]) -> bool:
        """Whether the settings want events of this kind sent; what was detected late is a kind of its own."""
        if event.kind == "retired":  # the end of an alarm, for who hears of ends
            return "closed" in self._send
        kind = "late" if event.late and event.kind in (*URGENT_KINDS, "silent", "heard") else event.kind
        return kind in self._send


def places_in_maintenance(connection: Connection, now_ms: int) -> Places:
    """Return where somebody works at `now_ms`."""
    query = select(MaintenanceRow.site, MaintenanceRow.sensor).where(
        MaintenanceRow.from_ms <= now_ms, MaintenanceRow.until_ms > now_ms
    )
    rows = connection.execute(query).all()
    return Places(
        frozenset(site for site, _ in rows if site is not None),
        frozenset(sensor for _, sensor in rows if sensor is not None),
    )


def _is_shelved(event: Row[Any], alarm: Row[Any], now_ms: int) -> bool:
    """Whether a shelf keeps the event from people: one is for what was known then, so what gets worse comes down."""
    return event.kind != "worsened" and alarm.shelved_until_ms is not None and alarm.shelved_until_ms > now_ms


def _claim_events(connection: Connection, now_ms: int) -> list[Row[Any]]:
    """Claim events that this transaction alone routes: a second instance finds `routed_ms` set."""
    ids = list(connection.execute(_UNROUTED, {"b_most": EVENTS_AT_ONCE}).scalars())
    if not ids:
        return []
    statement = (
        update(AlarmEventRow)
        .where(_IS_UNROUTED, AlarmEventRow.id.in_(ids))
        .values(routed_ms=now_ms)
        .returning(*AlarmEventRow.__table__.columns)
    )
    return sorted(connection.execute(statement).all(), key=lambda event: event.id)


_IS_UNROUTED = AlarmEventRow.routed_ms.is_(None)
_UNROUTED = (  # made once, as each poll asks it: to make a statement costs ten times as much as to run it
    select(AlarmEventRow.id).where(_IS_UNROUTED).order_by(AlarmEventRow.id).limit(bindparam("b_most", type_=Integer))
)


def _alarms(connection: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    query = select(*AlarmRow.__table__.columns).where(AlarmRow.id.in_(ids))
    return {alarm.id: alarm for alarm in connection.execute(query)}


def _notified_steps(connection: Connection, alarms: Iterable[int]) -> dict[int, set[int]]:
    """Return by alarm the steps that were notified of it or are about to be."""
    notified: dict[int, set[int]] = defaultdict(set)
    needed = or_(NoticeRow.message.is_(None), NoticeRow.message != NOT_NEEDED)
    for alarm, step in connection.execute(
        select(NoticeRow.alarm, NoticeRow.step).where(NoticeRow.alarm.in_(alarms), needed)
    ):
        notified[alarm].add(step)
    return notified


def _is_open(now_ms: int) -> ColumnElement[bool]:
    """Select alarms that are open, and that nobody has acknowledged or shelved."""
    return and_(
        AlarmRow.closed_ms.is_(None),
        AlarmRow.withdrawn.is_(False),
        AlarmRow.test.is_(False),
        AlarmRow.acknowledged_ms.is_(None),
        or_(AlarmRow.shelved_until_ms.is_(None), AlarmRow.shelved_until_ms <= now_ms),
    )


def _open_alarms(now_ms: int, kinds: Sequence[str]) -> Any:
    """Select open alarms with the newest event that called for help; `after_s` counts from when it was routed."""
    newest = (
        select(func.max(AlarmEventRow.id))
        .where(
            AlarmEventRow.alarm == AlarmRow.id,
            AlarmEventRow.kind.in_(kinds),
            AlarmEventRow.late.is_(False),
            AlarmEventRow.routed_ms.is_not(None),
        )
        .correlate(AlarmRow)
        .scalar_subquery()
    )
    columns = (AlarmEventRow.id, AlarmEventRow.alarm, AlarmEventRow.kind, AlarmEventRow.level, AlarmEventRow.late)
    return (
        select(*columns, AlarmEventRow.routed_ms, AlarmRow.site, AlarmRow.sensor, AlarmRow.rule, AlarmRow.test)
        .join(AlarmRow, AlarmRow.id == AlarmEventRow.alarm)
        .where(_is_open(now_ms), AlarmEventRow.id == newest)
    )


def _notified_of_open(connection: Connection, now_ms: int) -> set[tuple[int, int]]:
    """Return which event of an open alarm has a notice for which step."""
    query = (
        select(NoticeRow.event, NoticeRow.step)
        .join(AlarmRow, AlarmRow.id == NoticeRow.alarm)
        .where(_is_open(now_ms))
    )  # fmt: skip
    return {(event, step) for event, step in connection.execute(query)}


def _notice(event: Row[Any], alarm: Row[Any], step: int, now_ms: int) -> dict[str, Any]:
    severity = severity_of(rule_of(alarm.rule), event.level)
    return {
        "event": event.id,
        "alarm": event.alarm,
        "step": step,
        "urgency": TEST_URGENCY if alarm.test else urgency(event.kind, severity, late=event.late),
        "made_ms": now_ms,
        "at_once": False,
    }
