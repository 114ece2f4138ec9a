"""Checklists: which steps of an alarm's advice are done, when and by whom, as the journal has it.

tick(17, 2, done=True, actor=ani)   ─►  journal: ani  tick-step  alarm:17  {"step": 2}
done_steps([17, 18])                ─►  {17: {2: StepDone(2, …, "ani")}}      the newest entry of a step counts

The journal is where it is kept: what was done and what is written of it cannot differ.
"""

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, select

from cloud.alarms.alarm_service import AlarmActionRejected, alarm_in
from cloud.alarms.records import Alarm
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.database.tables import AuditRow
from i18n.message import LocalizedMessage
from rules.steps import count_steps
from runtime.clock import wall_ms

TICK, UNTICK = "tick-step", "untick-step"
"""The actions in the journal."""
_MOST_ENTRIES = 2_000


class StepDone(msgspec.Struct, frozen=True):
    """That a step (from 1) is done: when (UTC) and by whom."""

    number: int
    at_ms: int
    by: str


class Ticked(msgspec.Struct):
    """What an entry says of a step."""

    step: int


class Checklists:
    """The steps of alarms in a database."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = wall_ms) -> None:
        self._database, self._clock = database, clock

    async def done_steps(self, alarms: Iterable[int]) -> dict[int, dict[int, StepDone]]:
        """Return the steps that are done, by alarm and number."""
        ids = list(alarms)
        return await self._database.run(lambda connection: _done(connection, ids)) if ids else {}

    async def tick(self, alarm_id: int, number: int, *, done: bool, actor: Actor) -> Alarm:
        """Write down that a step is done, or that it is not after all; what is so already stays as it was.

        LookupError where there is no such alarm, AlarmActionRejected where it has no such step.
        """
        now_ms = self._clock()

        def write(connection: Connection) -> Alarm:
            alarm = alarm_in(connection, alarm_id, lock=True)
            if not 1 <= number <= count_steps(alarm.rule):
                raise AlarmActionRejected(
                    LocalizedMessage("alarm {id} has no step {number}; load the page again", id=alarm_id, number=number)
                )
            if (number in _done(connection, [alarm_id]).get(alarm_id, {})) is not done:
                action, step = TICK if done else UNTICK, {"step": number}
                write_entry(connection, actor, action, f"alarm:{alarm_id}", now_ms=now_ms, after=step)
            return alarm

        return await self._database.run(write)


def _done(connection: Connection, alarms: list[int]) -> dict[int, dict[int, StepDone]]:
    subjects = {f"alarm:{alarm}": alarm for alarm in alarms}
    query = (
        select(AuditRow.subject, AuditRow.action, AuditRow.at_ms, AuditRow.actor, AuditRow.after)
        .where(AuditRow.subject.in_(subjects), AuditRow.action.in_((TICK, UNTICK)))
        .order_by(AuditRow.id.desc())
        .limit(_MOST_ENTRIES)
    )
    newest: dict[tuple[int, int], StepDone | None] = {}
    for row in connection.execute(query):
        number = msgspec.json.decode(row.after, type=Ticked).step
        done = StepDone(number, row.at_ms, row.actor) if row.action == TICK else None
        newest.setdefault((subjects[row.subject], number), done)
    found: dict[int, dict[int, StepDone]] = {}
    for (alarm, number), step in newest.items():
        if step is not None:
            found.setdefault(alarm, {})[number] = step
    return found
