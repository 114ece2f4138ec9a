"""All that is known of one alarm: what became of it, what people did about it, whom it was told to.

incident = await incidents.of(alarm)      Incident(alarm, changes=(…), entries=(…), notified=(…))
"""

import msgspec

from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.checklists import Checklists, StepDone
from cloud.alarms.records import Alarm, AlarmChange
from cloud.database.audit_log import AuditEntry
from cloud.notify.notified import Notified
from cloud.notify.notifier import Notifier

MOST_ENTRIES = 200
"""Entries of the journal of one alarm, the newest."""


class Incident(msgspec.Struct, frozen=True):
    """An alarm with its changes, the oldest first, its journal's entries, the newest first, and who was notified.

    `steps` are those of its checklist that are done.
    """

    alarm: Alarm
    changes: tuple[AlarmChange, ...]
    entries: tuple[AuditEntry, ...]
    notified: tuple[Notified, ...]
    steps: tuple[StepDone, ...] = ()


class Incidents:
    """Gathers them."""

    def __init__(self, alarm_service: AlarmService, checklists: Checklists, notifier: Notifier) -> None:
        self._alarm_service, self._checklists, self._notifier = alarm_service, checklists, notifier

    async def of(self, alarm: Alarm) -> Incident:
        """Return what is known of an alarm."""
        changes = await self._alarm_service.changes(alarm.id)
        entries = await self._alarm_service.journal(subject=f"alarm:{alarm.id}", limit=MOST_ENTRIES)
        notified = await self._notifier.notified(alarm.id)
        steps = (await self._checklists.done_steps([alarm.id])).get(alarm.id, {})
        return Incident(alarm, tuple(changes), tuple(entries), tuple(notified), tuple(steps.values()))
