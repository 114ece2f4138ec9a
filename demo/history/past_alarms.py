"""The alarms of the past as they stood at any time of it, from what became of them.

alarm 17: raised 14:02, worsened 14:20, closed 15:10 ─► at(14:05) level 0, not seen yet   at(14:30) level 1, seen 14:06
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from cloud.alarms.records import Alarm, AlarmChange
from cloud.reports.outbox import UnreportedEvent
from rules.events import EventKind, Phase

_PHASES = {EventKind.RECOVERING: Phase.RECOVERING, EventKind.SILENT: Phase.SILENT}
"""Where an alarm stands after a change; it alarms after all others."""


class PastAlarms:
    """Made of all `events`; `alarms` are as they stand at the end of the past."""

    def __init__(self, events: Iterable[UnreportedEvent]) -> None:
        in_order = sorted(events, key=lambda each: (each.change.time_ms, each.id))
        self.alarms = list({each.alarm.id: each.alarm for each in in_order}.values())
        self._changes = defaultdict[int, list[AlarmChange]](list)
        for each in in_order:
            self._changes[each.alarm.id].append(each.change)

    def times_ms(self) -> set[int]:
        """When (UTC) something became of any of them."""
        return {change.time_ms for changes in self._changes.values() for change in changes}

    def at(self, now_ms: int) -> list[Alarm]:
        """Those that were open then (UTC)."""
        return [then for alarm in self.alarms for then in self._then(alarm, now_ms)]

    def ended(self, after_ms: int, until_ms: int) -> list[Alarm]:
        """Those that ended after the one time (UTC), and by the other."""
        return [
            alarm for alarm in self.alarms if alarm.closed_ms is not None and after_ms < alarm.closed_ms <= until_ms
        ]

    def _then(self, alarm: Alarm, now_ms: int) -> Iterator[Alarm]:
        before = [change for change in self._changes[alarm.id] if change.time_ms <= now_ms]
        if not before or alarm.withdrawn or (alarm.closed_ms is not None and alarm.closed_ms <= now_ms):
            return
        last = before[-1]
        seen = alarm.acknowledged_ms is not None and alarm.acknowledged_ms <= now_ms
        yield msgspec.structs.replace(
            alarm,
            state=str(_PHASES.get(EventKind(last.kind), Phase.ALARMING)),
            level=last.level,
            value=last.value,
            value_ms=last.time_ms,
            closed_ms=None,
            acknowledged_ms=alarm.acknowledged_ms if seen else None,
        )
