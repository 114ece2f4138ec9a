"""What the registry database has of alarms' stretches, read once for each alarm and again when it changes.

open alarms ─► not read yet, changed, or silenced anew? ─► their changes and silences ─► stretches, all of them
               all others ─────────────────────────────────────────────────────────────► the one that goes on

An open alarm costs a point each sample, and a question of the database only where something became of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from cloud.alarms.records import Alarm, AlarmChange, Maintenance
from cloud.alarms.tables import AlarmEventRow, MaintenanceRow
from cloud.database.tables import AuditRow
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from cloud.reports.spans import AlarmHistory, Silencing, maintenance_points, span_points
from wire.durations import DAY_MS

AT_ONCE = 500
"""Alarms that one question is about."""
AFTER_MS = DAY_MS
"""For so long after its end a window is written again: the platform may have been down when it ended."""


class AlarmSpans:
    """The stretches of the open alarms of one ingester, and of those that something became of."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int | None, AlarmHistory]] = {}

    def points(self, connection: Connection, snapshot: PlatformSnapshot, changed: Iterable[Alarm]) -> list[ReportPoint]:
        """Return the points of a sample; `changed` are the alarms of which events were not reported yet."""
        fresh = {alarm.id: alarm for alarm in changed if not alarm.test}
        opened = [alarm for alarm in snapshot.alarms if not alarm.test]
        fresh |= {alarm.id: alarm for alarm in opened if self._is_outdated(alarm)}
        found = histories(connection, list(fresh.values()))
        points = [point for alarm in fresh.values() for point in _points(alarm, found[alarm.id], snapshot)]
        for alarm in opened:
            if alarm.id not in fresh:
                points += _points(alarm, self._known[alarm.id][1], snapshot, whole=False)
        self._keep(opened, found)
        windows = _windows(connection, snapshot.now_ms)
        return [*points, *maintenance_points(windows, snapshot.registry, now_ms=snapshot.now_ms)]

    def _is_outdated(self, alarm: Alarm) -> bool:
        known = self._known.get(alarm.id)
        return known is None or known[0] != alarm.shelved_until_ms

    def _keep(self, opened: Iterable[Alarm], found: Mapping[int, AlarmHistory]) -> None:
        fresh = {alarm.id: (alarm.shelved_until_ms, found[alarm.id]) for alarm in opened if alarm.id in found}
        known = {alarm.id: self._known[alarm.id] for alarm in opened if alarm.id not in fresh}
        self._known = fresh | known


def histories(connection: Connection, alarms: Sequence[Alarm]) -> dict[int, AlarmHistory]:
    """Return what became of each of these alarms."""
    changes: defaultdict[int, list[AlarmChange]] = defaultdict(list)
    silences: dict[int, Silencing] = {}
    for first in range(0, len(alarms), AT_ONCE):
        some = alarms[first : first + AT_ONCE]
        for row in connection.execute(_CHANGES.where(AlarmEventRow.alarm.in_([alarm.id for alarm in some]))):
            changes[row.alarm].append(AlarmChange(*row[1:]))
        silences |= _silences(connection, [alarm.id for alarm in some if alarm.shelved_until_ms is not None])
    return {alarm.id: AlarmHistory(changes[alarm.id], silences.get(alarm.id)) for alarm in alarms}


def _points(
    alarm: Alarm, history: AlarmHistory, snapshot: PlatformSnapshot, *, whole: bool = True
) -> Iterator[ReportPoint]:
    return span_points(alarm, history, snapshot.registry, now_ms=snapshot.now_ms, whole=whole)


def _silences(connection: Connection, ids: Sequence[int]) -> dict[int, Silencing]:
    """The newest line of the journal about each alarm's silence."""
    if not ids:
        return {}
    subjects = {f"alarm:{number}": number for number in ids}
    rows = connection.execute(_SHELVED.where(AuditRow.subject.in_(subjects)))
    return {subjects[row.subject]: Silencing(row.at_ms, row.actor, row.word) for row in rows}


def _windows(connection: Connection, now_ms: int) -> list[Maintenance]:
    query = _WINDOWS.where(MaintenanceRow.from_ms <= now_ms, MaintenanceRow.until_ms > now_ms - AFTER_MS)
    return [Maintenance(*row) for row in connection.execute(query)]


_CHANGES = select(
    AlarmEventRow.alarm, *(getattr(AlarmEventRow, name) for name in AlarmChange.__struct_fields__)
).order_by(AlarmEventRow.time_ms, AlarmEventRow.id)
_SHELVED = (
    select(AuditRow.subject, AuditRow.at_ms, AuditRow.actor, AuditRow.word)
    .where(AuditRow.action == "shelve")
    .order_by(AuditRow.id)
)
_WINDOWS: Any = select(*(getattr(MaintenanceRow, name) for name in Maintenance.__struct_fields__))
