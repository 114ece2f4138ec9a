"""Alarms as rows: what an event of the engine changes in the database, however often it is written.

raised ─► alarms (new)        every event ─► alarm_events, once: (alarm, kind, time, level)        ─► alarms (changed)

An event that stands there already changes nothing: a replay, a restart and a second instance are all harmless.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Integer, Table, bindparam, literal, select, tuple_, update

from cloud.alarms.onset_correction import OnsetCorrection
from cloud.alarms.ranks import rank_by_row, rank_of
from cloud.alarms.tables import AlarmEventRow, AlarmRow, AlarmStateRow
from cloud.database.upsert import insert_statement
from cloud.registry.records import Sensor
from cloud.rulebook.rule_bindings import RuleBinding
from rules.engine import Event, EventKind, Phase, RuleState, encode_state

CLOSED = "closed"
_STATE_AFTER = {
    EventKind.RAISED: Phase.ALARMING,
    EventKind.WORSENED: Phase.ALARMING,
    EventKind.EASED: Phase.ALARMING,
    EventKind.SILENT: Phase.SILENT,
    EventKind.HEARD: Phase.ALARMING,
    EventKind.RECOVERING: Phase.RECOVERING,
    EventKind.RESUMED: Phase.ALARMING,
}
_OF_LEVELS = (EventKind.RAISED, EventKind.WORSENED, EventKind.EASED)
"""The events that say which level an alarm has, and with which value."""
_ALARMS, _EVENTS, _STATES = (cast(Table, row.__table__) for row in (AlarmRow, AlarmEventRow, AlarmStateRow))


class AlarmEventRecord(msgspec.Struct, frozen=True):
    """An event on a sensor, the rule it came from, and whether it is too old to page anybody."""

    event: Event
    binding: RuleBinding
    sensor: Sensor
    late: bool

    @property
    def key(self) -> tuple[str, str]:
        """(sensor, family)."""
        return self.sensor.id, self.binding.family


def write_events(connection: Connection, records: Sequence[AlarmEventRecord], *, now_ms: int) -> int:
    """Keep events, in their order; how many of them were not known already."""
    if not records:
        return 0
    raised = {_identity(each): each for each in reversed(records)}
    connection.execute(_new(connection, _ALARMS), [_alarm_row(each, now_ms) for each in raised.values()])
    alarms = {(row.family, row.sensor, row.opened_ms): dict(row._mapping) for row in _rows(connection, list(raised))}
    ids = [int(row["id"]) for row in alarms.values()]
    known = {tuple(row) for row in _known_events(connection, ids)}
    fresh: dict[EventKey, tuple[AlarmEventRecord, dict[str, Any]]] = {}
    reported: dict[int, LevelsReported] = {}
    for each in records:
        row, event = alarms[_identity(each)], each.event
        key = (int(row["id"]), event.kind.value, event.time_ms, event.level)
        if key not in known:
            fresh.setdefault(key, (each, row))
        if (event.undone or event.kind) in _OF_LEVELS and (event.undone or key in known):
            reported.setdefault(key[0], {})[event.time_ms, event.level] = event.undone is None
    if fresh:
        events = [_event_row(key, each, now_ms) for key, (each, _) in fresh.items()]
        connection.execute(_new(connection, _EVENTS), events)
    for each, row in fresh.values():
        row |= _changed(row, each)
    rows = {int(row["id"]): row for row in alarms.values()}
    for alarm, what_holds in _what_holds(connection, reported).items():
        rows[alarm] |= what_holds
    changed = {alarm for alarm, *_ in fresh} | reported.keys()
    if changed:
        connection.execute(_UPDATE_ALARM, [_as_bound(rows[alarm]) for alarm in changed])
    return len(fresh)


def _as_bound(row: Mapping[str, Any]) -> dict[str, Any]:
    level = row["level"] if row["closed_ms"] is None else row["worst"]
    bound = {f"b_{name}": row[name] for name in ("id", *_ENGINE_COLUMNS)}
    return {**bound, "b_rank": rank_of(row["rule"], level)}


def correct_onset(connection: Connection, family: str, sensor: str, correction: OnsetCorrection) -> None:
    """Move the opening of an alarm's row; without effect where it is right already, or there is no such alarm."""
    raised, own = correction.raised, (_ALARMS.c.family == family, _ALARMS.c.sensor == sensor)
    held = select(_ALARMS.c.id, _ALARMS.c.worst, _ALARMS.c.closed_ms, _ALARMS.c.rule).where(*own)
    if connection.execute(held.where(_ALARMS.c.opened_ms == raised.opened_ms)).first() is not None:
        return
    row = connection.execute(held.where(_ALARMS.c.opened_ms == correction.before_ms)).one_or_none()
    if row is None:
        return
    values: dict[str, Any] = {"opened_ms": raised.opened_ms, "worst": max(row.worst, raised.level)}
    if row.closed_ms is not None:  # after its end an alarm ranks by its worst level
        values["rank"] = rank_by_row(literal(rank_of(row.rule, values["worst"])))
    connection.execute(update(_ALARMS).where(_ALARMS.c.id == row.id).values(values))
    event = update(_EVENTS).where(_EVENTS.c.alarm == row.id, _EVENTS.c.kind == EventKind.RAISED.value)
    reported_again = {"time_ms": raised.time_ms, "level": raised.level, "value": raised.value, "reported_ms": None}
    connection.execute(event.values(reported_again | _read(raised)))


def write_states(connection: Connection, states: Iterable[tuple[str, str, RuleState]], *, now_ms: int) -> None:
    """Keep what the engine remembers of families on sensors (family, sensor, state)."""
    rows = [
        {"family": family, "sensor": sensor, "time_ms": state.newest_ms or now_ms, "body": encode_state(state)}
        for family, sensor, state in states
    ]
    if rows:
        made = insert_statement(connection, _STATES)
        taken = {"time_ms": made.excluded.time_ms, "body": made.excluded.body}
        connection.execute(made.on_conflict_do_update(index_elements=["family", "sensor"], set_=taken), rows)


def sync_open(connection: Connection, states: Iterable[tuple[str, str, RuleState]]) -> None:
    """Let the rows of open alarms say what the engine says: after events that were taken back they may differ."""
    openings = {
        (family, sensor, state.opened_ms): state
        for family, sensor, state in states
        if state.opened_ms is not None and state.phase in _OPEN
    }
    rows = [
        {
            "b_id": row.id,
            "b_state": state.phase.value,
            "b_level": state.level,
            "b_rank": rank_of(row.rule, state.level),
        }
        for row in _rows(connection, list(openings))
        if (state := openings[row.family, row.sensor, row.opened_ms])
    ]
    if rows:
        connection.execute(_SYNC_ALARM, rows)


_OPEN = (Phase.ALARMING, Phase.SILENT, Phase.RECOVERING)
_ENGINE_COLUMNS = (
    "state", "level", "worst", "value", "value_ms", "changed_ms", "closed_ms", "withdrawn", "versions", "rule",
    "read_by", "read_ms",
)  # fmt: skip
_RANK = rank_by_row(bindparam("b_rank", type_=Integer))
_UPDATE_ALARM = (
    update(_ALARMS)
    .where(_ALARMS.c.id == bindparam("b_id"))
    .values({**{n: bindparam(f"b_{n}") for n in _ENGINE_COLUMNS}, "rank": _RANK})
)
_SYNC_ALARM = (
    update(_ALARMS)
    .where(_ALARMS.c.id == bindparam("b_id"))
    .values(state=bindparam("b_state"), level=bindparam("b_level"), rank=_RANK, closed_ms=None, withdrawn=False)
)
CHUNK = 200
"""Rows asked for in one statement."""
Identity = tuple[str, str, int]
"""(family, sensor, opened_ms): which alarm an event belongs to."""
EventKey = tuple[int, str, int, int]
"""(alarm, kind, time_ms, level): which event of it."""
LevelsReported = dict[tuple[int, int], bool]
"""By (time_ms, level) whether an event of a level holds, by the last word on it."""
_Value = tuple[float, str | None, int | None]
"""A value, and who has read it when: nobody where the sensor has measured it."""


def _identity(record: AlarmEventRecord) -> Identity:
    return record.binding.family, record.sensor.id, record.event.opened_ms


def _rows(connection: Connection, identities: Sequence[Identity]) -> Iterator[Any]:
    asked = ("id", "family", "sensor", "opened_ms", *_ENGINE_COLUMNS)
    query = select(*(_ALARMS.c[name] for name in asked))
    key = tuple_(_ALARMS.c.family, _ALARMS.c.sensor, _ALARMS.c.opened_ms)
    for start in range(0, len(identities), CHUNK):
        yield from connection.execute(query.where(key.in_(identities[start : start + CHUNK])))


def _known_events(connection: Connection, alarms: Sequence[int]) -> Iterator[Any]:
    query = select(_EVENTS.c.alarm, _EVENTS.c.kind, _EVENTS.c.time_ms, _EVENTS.c.level)
    for start in range(0, len(alarms), CHUNK):
        yield from connection.execute(query.where(_EVENTS.c.alarm.in_(alarms[start : start + CHUNK])))


def _what_holds(connection: Connection, reported: Mapping[int, LevelsReported]) -> dict[int, dict[str, Any]]:
    """What the rows of alarms say of their levels by the events that still hold, where some were withdrawn.

    `reported` is what these events say of them, which counts for more than what stands there: one told again holds.
    """
    standing: dict[int, dict[tuple[int, int], _Value]] = {alarm: {} for alarm in reported}
    for alarm, kind, time_ms, level, *value in _level_events(connection, list(reported)):
        holds = reported[alarm].get((time_ms, level), kind != EventKind.WITHDRAWN.value)
        if holds:
            standing[alarm][time_ms, level] = (value[0], value[1], value[2])
        else:
            standing[alarm].pop((time_ms, level), None)
    return {alarm: _of_levels(events) for alarm, events in standing.items() if events}


def _of_levels(events: Mapping[tuple[int, int], _Value]) -> dict[str, Any]:
    time_ms, level = newest = max(events)
    value, read_by, read_ms = events[newest]
    worst = max(level for _, level in events)
    held = {"level": level, "worst": worst, "value": value, "value_ms": time_ms}
    return {**held, "read_by": read_by, "read_ms": read_ms}


def _level_events(connection: Connection, alarms: Sequence[int]) -> Iterator[Any]:
    names = ("alarm", "kind", "time_ms", "level", "value", "read_by", "read_ms")
    asked = [_EVENTS.c[name] for name in names]
    kinds = [kind.value for kind in (*_OF_LEVELS, EventKind.WITHDRAWN)]
    query = select(*asked).where(_EVENTS.c.kind.in_(kinds)).order_by(_EVENTS.c.id)
    for start in range(0, len(alarms), CHUNK):
        yield from connection.execute(query.where(_EVENTS.c.alarm.in_(alarms[start : start + CHUNK])))


def _event_row(key: EventKey, record: AlarmEventRecord, now_ms: int) -> dict[str, Any]:
    alarm, kind, time_ms, level = key
    return {
        "alarm": alarm,
        "kind": kind,
        "time_ms": time_ms,
        "level": level,
        "value": record.event.value,
        "late": record.late,
        "at_ms": now_ms,
        **_read(record.event),
    }


def _alarm_row(record: AlarmEventRecord, now_ms: int) -> dict[str, Any]:
    event, rule, sensor = record.event, record.binding.watched.rule, record.sensor
    text = msgspec.json.encode(rule).decode()
    return {
        "family": rule.family,
        "sensor": sensor.id,
        "quantity": rule.quantity,
        "site": sensor.site,
        "gateway": sensor.gateway,
        "opened_ms": event.opened_ms,
        "at_ms": now_ms,
        "state": Phase.ALARMING.value,
        "level": event.level,
        "worst": event.level,
        "rank": rank_of(text, event.level),
        "value": event.value,
        "value_ms": event.time_ms,
        "changed_ms": event.time_ms,
        "late": record.late,
        "withdrawn": False,
        "test": False,
        "versions": record.binding.versions,
        "rule": text,
        **_read(event),
    }


def _read(event: Event) -> dict[str, Any]:
    """Who has read the value of an event, and when: nobody where the sensor has measured it."""
    by = event.read_by
    return {"read_by": None if by is None else by.person, "read_ms": None if by is None else by.read_ms}


def _changed(row: Mapping[str, Any], record: AlarmEventRecord) -> dict[str, Any]:
    """What an event makes of its alarm's `row`."""
    event = record.event
    values: dict[str, Any] = {"changed_ms": event.time_ms}
    if event.kind is EventKind.WITHDRAWN:
        gone = event.undone is EventKind.RAISED
        return values | ({"withdrawn": True, "state": CLOSED, "closed_ms": event.time_ms} if gone else {})
    if event.kind in (EventKind.CLOSED, EventKind.RETIRED):
        return values | {"state": CLOSED, "closed_ms": event.time_ms}
    values["state"] = _STATE_AFTER[event.kind].value
    if event.kind in _OF_LEVELS:
        values |= {
            "level": event.level,
            "worst": max(row["worst"], event.level),
            "value": event.value,
            "value_ms": event.time_ms,
            "versions": record.binding.versions,
            "rule": msgspec.json.encode(record.binding.watched.rule).decode(),
            **_read(event),
        }
    if event.kind is EventKind.RAISED:
        values |= {"closed_ms": None, "withdrawn": False}
    return values


def _new(connection: Connection, table: Any) -> Any:
    """An insert that passes over what is there already."""
    return insert_statement(connection, table).on_conflict_do_nothing()
