"""What the registry database has of alarms: those that are open, and the outbox of events for dashboards.

alarm_events.reported_ms is null ─► read ─► points ─► the store has them ─► reported_ms = now

Which events are still to be reported stands in the table alone, so that a store that was down for a month, a killed
process and a second one lose none; reporting one again is harmless.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from cloud.alarms.records import Alarm, AlarmChange
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.notify.router import rule_of
from wire import shard_of

EVENTS_AT_ONCE = 500
"""Events that one transaction reads: ingest waits for the same database."""


class UnreportedEvent(msgspec.Struct, frozen=True):
    """An event that dashboards have not had, by its `id`, and its alarm as it is now."""

    id: int
    alarm: Alarm
    change: AlarmChange


def open_alarms(connection: Connection) -> list[Alarm]:
    """Return every open alarm, the oldest first."""
    return [
        _alarm(row) for row in connection.execute(_ALARMS.where(AlarmRow.closed_ms.is_(None)).order_by(AlarmRow.id))
    ]


def unreported(connection: Connection, shards: range) -> list[UnreportedEvent]:
    """Return the oldest unreported events of gateways of `shards`, at most `EVENTS_AT_ONCE` of them."""
    found: list[UnreportedEvent] = []
    after_id = 0
    while len(found) < EVENTS_AT_ONCE:
        query = _EVENTS.where(AlarmEventRow.reported_ms.is_(None), AlarmEventRow.id > after_id)
        rows = connection.execute(query.order_by(AlarmEventRow.id).limit(EVENTS_AT_ONCE)).all()
        if not rows:
            break
        after_id = rows[-1].id
        found += _own(connection, rows, shards)
    return found[:EVENTS_AT_ONCE]


def record_reported(connection: Connection, ids: Sequence[int], *, now_ms: int) -> None:
    """Record that dashboards have these events."""
    if ids:
        reported = update(AlarmEventRow).where(AlarmEventRow.id.in_(ids))
        connection.execute(reported.values(reported_ms=now_ms))


def report_all_again(connection: Connection) -> None:
    """Let every event be reported again: to the InfluxDB of a restored cloud, which has none of them."""
    connection.execute(update(AlarmEventRow).values(reported_ms=None))


def ended_alarms(events: Iterable[UnreportedEvent]) -> list[Alarm]:
    """Return the alarms of these events that are over, each once."""
    return list({each.alarm.id: each.alarm for each in events if not each.alarm.is_open}.values())


_ALARMS = select(*(getattr(AlarmRow, name) for name in Alarm.__struct_fields__))
_CHANGE = AlarmChange.__struct_fields__
_EVENTS = select(AlarmEventRow.id, AlarmEventRow.alarm, *(getattr(AlarmEventRow, name) for name in _CHANGE))


def _own(connection: Connection, rows: Sequence[Any], shards: range) -> Iterator[UnreportedEvent]:
    wanted = _ALARMS.where(AlarmRow.id.in_({row.alarm for row in rows}))
    alarms = {row.id: _alarm(row) for row in connection.execute(wanted)}
    for row in rows:
        alarm = alarms.get(row.alarm)
        if alarm is not None and shard_of(alarm.gateway) in shards:
            yield UnreportedEvent(row.id, alarm, AlarmChange(*(getattr(row, name) for name in _CHANGE)))


def _alarm(row: Any) -> Alarm:
    return Alarm(**{**row._mapping, "rule": rule_of(row.rule)})
