"""What becomes of alarms, step by step: as the open alarms are followed, and as the database knows it of the past.

opened: AlarmStep(None, 17)    worse: AlarmStep(17 at Siaga 3, 17 at Siaga 2)    over: AlarmStep(17, None)
events raised 17, worsened 17, closed 17 ─► PastStep(at_ms, opened), PastStep(at_ms, worse), PastStep(at_ms, over)
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from cloud.alarms.alarm_search import ALARM_COLUMNS, alarm_of
from cloud.alarms.records import Alarm
from cloud.alarms.tables import AlarmEventRow, AlarmRow

MOST_READ = 2_000
"""Events that are looked back on, the newest."""
_AT_ONCE = 500
_OF_LEVELS = ("raised", "worsened", "eased")
_ENDS = ("closed", "retired")
_Level = int | None
"""None: there is no such alarm, or it is over."""


class AlarmStep(msgspec.Struct, frozen=True):
    """What became of an alarm between two turns; `before` is None for one that has opened, `after` for one that is
    over."""

    before: Alarm | None
    after: Alarm | None


class PastStep(msgspec.Struct, frozen=True):
    """A step that was found at `at_ms` (UTC); the alarms are as they are now, at the level that they had."""

    at_ms: int
    step: AlarmStep


def read_past_steps(connection: Connection, *, since_ms: int, until_event: int) -> list[PastStep]:
    """Read the steps since a time (UTC), the oldest first, of the newest events up to one of that id (included)."""
    row = AlarmEventRow
    query = select(row.id, row.alarm, row.kind, row.level, row.at_ms).where(row.id <= until_event)
    newest = connection.execute(query.order_by(row.id.desc()).limit(MOST_READ)).all()
    events = [event for event in reversed(newest) if event.at_ms >= since_ms]
    if not events:
        return []
    ids = sorted({event.alarm for event in events})
    parts = [ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE)]
    alarms: dict[int, Alarm] = {}
    levels: dict[int, _Level] = {}
    for part in parts:
        found = select(*ALARM_COLUMNS).where(AlarmRow.id.in_(part), AlarmRow.test.is_(False))
        alarms |= {each.id: alarm_of(each) for each in connection.execute(found)}
        levels |= _levels_before(connection, part, events[0].id)
    return steps_of(events, alarms, levels)


def steps_of(events: Sequence[Any], alarms: Mapping[int, Alarm], levels: Mapping[int, _Level]) -> list[PastStep]:
    """What events (alarm, kind, level, at_ms), the oldest first, come to, where alarms had these `levels` before.

    What was found at once is one step: an alarm that opened and was over in the same moment was never seen.
    """
    after: dict[tuple[int, int], _Level] = {}
    for event in events:
        if event.alarm in alarms:
            key = (event.at_ms, event.alarm)
            after[key] = _after(event, alarms[event.alarm], after.get(key, levels.get(event.alarm)))
    held, steps = dict(levels), []
    for (at_ms, number), level in after.items():
        before = held.get(number)
        if before != level:
            alarm = alarms[number]
            steps.append(PastStep(at_ms, AlarmStep(_at(alarm, before), _at(alarm, level))))
        held[number] = level
    return steps


def _after(event: Any, alarm: Alarm, level: _Level) -> _Level:
    if event.kind in _ENDS or (event.kind == "withdrawn" and alarm.withdrawn):
        return None
    return event.level if event.kind in _OF_LEVELS else level


def _at(alarm: Alarm, level: _Level) -> Alarm | None:
    return None if level is None else msgspec.structs.replace(alarm, level=level)


def _levels_before(connection: Connection, alarms: Collection[int], first_event: int) -> dict[int, _Level]:
    """The level of each alarm that was open before an event, by the newest event that says one."""
    row = AlarmEventRow
    newest = (
        select(func.max(row.id))
        .where(row.alarm.in_(alarms), row.id < first_event, row.kind.in_((*_OF_LEVELS, *_ENDS)))
        .group_by(row.alarm)
    )
    found = connection.execute(select(row.alarm, row.kind, row.level).where(row.id.in_(newest)))
    return {each.alarm: None if each.kind in _ENDS else each.level for each in found}
