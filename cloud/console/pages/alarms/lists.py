"""The lists of alarms for all open pages: asked of the database when something has changed, not at each tick.

revision the same ─► the list that is held      another ─► the same question again      every 10 s in any case: a shelf
                                                                                        ends without an entry
"""

import time
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cloud.alarms.alarm_search import AlarmRevision
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.checklists import Checklists, StepDone
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.records import Alarm, AlarmFilter, Maintenance
from cloud.console.pages.alarms.question import PAGE_SIZE, AlarmsQuestion
from cloud.core.bounded_cache import BoundedCache
from cloud.incidents.incident import Incident, Incidents
from rules.steps import count_steps

AGAIN_S = 10.0
DEAR_AGAIN_S = 5.0
"""How often what is over, or holds a text, is looked for again while alarms change."""
WINDOWS_S = 5.0
MOST_HELD = 64
_TICK_S = 0.9
DoneSteps = Mapping[int, Mapping[int, StepDone]]
"""What is done of checklists, by alarm and step."""


class AlarmsListed(msgspec.Struct, frozen=True):
    """A page of a list; `count` is of all that are open, `next_before_id` asks for what ended before these."""

    alarms: tuple[Alarm, ...]
    count: int = 0
    next_before_id: int | None = None


class AlarmLists:
    """Asks the service of alarms and the calendar of maintenance."""

    def __init__(self, alarm_service: AlarmService, maintenance: MaintenanceCalendar, checklists: Checklists) -> None:
        self._alarm_service, self._maintenance, self._checklists = alarm_service, maintenance, checklists
        self._revision: tuple[float, AlarmRevision] | None = None
        self._held = BoundedCache[tuple[AlarmFilter, int], tuple[float, AlarmRevision, AlarmsListed]](MOST_HELD)
        self._done = BoundedCache[frozenset[int], tuple[AlarmRevision, DoneSteps]](MOST_HELD)
        self._incidents = BoundedCache[int, tuple[float, AlarmRevision, Incident]](MOST_HELD)
        self._windows: tuple[float, Sequence[Maintenance]] | None = None

    def forget(self) -> None:
        """Ask again: somebody has just done something."""
        self._revision = self._windows = None
        self._held.clear()

    async def listed(self, question: AlarmsQuestion) -> AlarmsListed:
        """The list that answers a question."""
        revision, now_s = await self._current_revision(), time.monotonic()
        key = (question.wanted, question.page)
        asked_s, of, held = self._held.get(key, (-AGAIN_S, (-1, -1), AlarmsListed(())))
        is_dear = question.is_over or question.wanted.text
        held_for_s = AGAIN_S if of == revision else DEAR_AGAIN_S if is_dear else 0.0
        if now_s - asked_s < held_for_s and of[0] >= 0:
            return held
        held = await self._ask(question)
        self._held[key] = (now_s, revision, held)
        return held

    async def done_steps(self, alarms: Iterable[Alarm]) -> DoneSteps:
        """What is done of the checklists of some alarms."""
        ids, revision = frozenset(one.id for one in alarms if count_steps(one.rule)), await self._current_revision()
        of, held = self._done.get(ids, ((-1, -1), {}))
        if ids and of != revision:
            held = await self._checklists.done_steps(ids)
            self._done[ids] = revision, held
        return held

    async def incident(self, incidents: Incidents, alarm: Alarm) -> Incident:
        """What is known of an alarm; of deliveries at most so old as a list that is dear."""
        revision, now_s = await self._current_revision(), time.monotonic()
        held = self._incidents.get(alarm.id)
        if held is None or held[1] != revision or now_s - held[0] >= DEAR_AGAIN_S:
            held = self._incidents[alarm.id] = now_s, revision, await incidents.of(alarm)
        return held[2]

    async def windows(self) -> tuple[Maintenance, ...]:
        """The maintenance windows that are open or to come."""
        now_s = time.monotonic()
        if self._windows is None or now_s - self._windows[0] >= WINDOWS_S:
            self._windows = now_s, await self._maintenance.windows()
        return tuple(self._windows[1])

    async def _current_revision(self) -> AlarmRevision:
        now_s = time.monotonic()
        if self._revision is None or now_s - self._revision[0] >= _TICK_S:
            self._revision = now_s, await self._alarm_service.revision()
        return self._revision[1]

    async def _ask(self, question: AlarmsQuestion) -> AlarmsListed:
        wanted = question.wanted
        if question.is_over:
            one_more = msgspec.structs.replace(wanted, limit=PAGE_SIZE + 1)
            found = await self._alarm_service.page(one_more)
            alarms = found.alarms[:PAGE_SIZE]
            rest = alarms[-1].id if len(found.alarms) > PAGE_SIZE else found.next_before_id
            return AlarmsListed(tuple(alarms), next_before_id=rest)
        alarms = await self._alarm_service.worst(wanted, skip=(question.page - 1) * PAGE_SIZE)
        return AlarmsListed(tuple(alarms), count=await self._alarm_service.count(wanted))
