"""The open alarms in memory, kept as the registry database has them.

each turn: has anything become of an alarm? ─► a line of each open one (id, level, …) ─► the new lines are read whole

Another process may write alarms, so what holds is asked of the database; a storm of them costs its changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from cloud.alarms.alarm_search import AlarmRevision, read_revision
from cloud.alarms.alarm_steps import AlarmStep, PastStep, read_past_steps
from cloud.alarms.records import Alarm
from cloud.alarms.tables import AlarmRow
from cloud.database.engine import Database
from rules.rule import Rule

MOST_HELD = 20_000
"""Open alarms that are looked at, the newest; a city that has more of them has another trouble."""
_AT_ONCE = 500
MOST_SKIPPED = 10
"""Turns in which nothing is read while no event and no entry of the journal has come: a row may be mended without."""
_LINE = (
    AlarmRow.id, AlarmRow.level, AlarmRow.state, AlarmRow.changed_ms, AlarmRow.acknowledged_ms,
    AlarmRow.shelved_until_ms, AlarmRow.assigned_to,
)  # fmt: skip
_Lines = Mapping[int, tuple[Any, ...]]
_ALARM: tuple[Any, ...] = tuple(getattr(AlarmRow, name) for name in Alarm.__struct_fields__)
_RULE = msgspec.json.Decoder(Rule)


class OpenAlarms:
    """The open alarms of `database`; `turn` brings them up to now. Their `value` is that of their last change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lines: _Lines = {}
        self._revision: AlarmRevision = (-1, -1)
        self._skipped = 0
        self._alarms: dict[int, Alarm] = {}

    def all(self) -> Sequence[Alarm]:
        """Every one of them, the newest first."""
        return list(self._alarms.values())

    async def turn(self) -> list[AlarmStep]:
        """Read what has changed; DatabaseUnavailable leaves all as it was."""
        revision, lines, read = await self._database.run(self._read)
        self._skipped = self._skipped + 1 if revision == self._revision and lines is self._lines else 0
        self._revision = revision
        if lines == self._lines:
            return []
        before = self._alarms
        self._alarms = {number: read.get(number) or before[number] for number in lines}
        self._lines = lines
        over = [AlarmStep(alarm, None) for number, alarm in before.items() if number not in lines]
        return over + [AlarmStep(before.get(number), alarm) for number, alarm in read.items()]

    async def past(self, since_ms: int) -> list[PastStep]:
        """Read the steps since `since_ms` (UTC) that led to what the last turn found; DatabaseUnavailable as there."""
        until, _entry = self._revision
        return await self._database.run(
            lambda connection: read_past_steps(connection, since_ms=since_ms, until_event=until)
        )

    def _read(self, connection: Connection) -> tuple[AlarmRevision, _Lines, dict[int, Alarm]]:
        revision = read_revision(connection)
        if revision == self._revision and self._skipped < MOST_SKIPPED:
            return revision, self._lines, {}
        open_now = select(*_LINE).where(AlarmRow.closed_ms.is_(None)).order_by(AlarmRow.id.desc()).limit(MOST_HELD)
        lines = {row[0]: tuple(row) for row in connection.execute(open_now)}
        changed = [number for number, line in lines.items() if self._lines.get(number) != line]
        read = {alarm.id: alarm for alarm in _whole(connection, changed)}
        # one that ended between the two questions is open no more
        held = {number: line for number, line in lines.items() if number in read or number in self._alarms}
        return revision, held, read


def _whole(connection: Connection, ids: Sequence[int]) -> Iterable[Alarm]:
    for first in range(0, len(ids), _AT_ONCE):
        query = select(*_ALARM).where(AlarmRow.id.in_(ids[first : first + _AT_ONCE]), AlarmRow.closed_ms.is_(None))
        for row in connection.execute(query):
            yield Alarm(**{**row._mapping, "rule": _rule(row.rule)})


@lru_cache(maxsize=1_000)
def _rule(text: str) -> Rule:
    return _RULE.decode(text)
