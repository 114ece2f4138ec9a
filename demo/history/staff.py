"""The simulated staff of the past: they acknowledge alarms some minutes after they were raised, with a word.

raised 14:02 ─► operator, 14:06: "simulated: called the post, somebody is on the way"        one in six nobody sees to
"""

from random import Random
from typing import NamedTuple

from sqlalchemy import func, select

from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.alarms.tables import AlarmRow
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from demo.history.clock import SetClock
from wire.durations import MINUTE_MS

WORDS = {
    "river-level": ("called the post at the bridge, they watch the gauge", "BPBD is on the way to the bridge"),
    "river-rise": ("warned the people downstream by radio", "rain upstream, the next gauge is watched"),
    "rain-now": ("seen on the radar, it moves to the west", "the drains at the market are looked at"),
    "crowding": ("spoke with the harbour master, the next boat waits", "two more people at the pier"),
    "": ("seen, somebody looks at it",),
}
"""By the rule's family what is written; the empty one is for all others."""
PEOPLE = ("operator", "technician")
NOBODY_CHANCE = 1 / 6
REACTION_MIN = (2, 11)
MOST_NEW = 20
_NEWEST = select(func.max(AlarmRow.id))


class Action(NamedTuple):
    """What somebody will do: acknowledge an alarm at `due_ms` (UTC)."""

    due_ms: int
    alarm: int
    person: str
    reason: str


class Staff:
    """Acts on the alarms of `service`, which `database` keeps, in the time of `clock`, on which that runs too."""

    def __init__(self, service: AlarmService, database: Database, clock: SetClock, dice: Random) -> None:
        self._service = service
        self._database = database
        self._clock = clock
        self._dice = dice
        self._seen = 0
        self._has_news = False
        self._due: list[Action] = []

    @property
    def next_ms(self) -> int | None:
        """When somebody acts next (UTC)."""
        return min((action.due_ms for action in self._due), default=None)

    def nudge(self) -> None:
        """Something has happened to an alarm."""
        self._has_news = True

    async def note_new(self) -> None:
        """Take note of the alarms that are new."""
        if not self._has_news:
            return
        self._has_news = False
        # most news is of alarms that they know: a tenth of the work of looking at all that wait
        newest = await self._database.run(lambda connection: connection.execute(_NEWEST).scalar_one())
        if newest is None or newest <= self._seen:
            return
        for alarm in reversed(await self._service.alarms(AlarmFilter(acknowledged=False, limit=MOST_NEW))):
            if alarm.id > self._seen:
                self._seen = alarm.id
                if self._dice.random() >= NOBODY_CHANCE:
                    self._due.append(self._action(alarm))

    async def act(self) -> None:
        """Do what is due; nobody acknowledges what is over."""
        due = [action for action in self._due if action.due_ms <= self._clock.time_ms]
        self._due = [action for action in self._due if action.due_ms > self._clock.time_ms]
        for action in due:
            if (await self._service.alarm(action.alarm)).is_open:
                actor = Actor(action.person, "simulated")
                await self._service.acknowledge(action.alarm, f"simulated: {action.reason}", actor=actor)

    def _action(self, alarm: Alarm) -> Action:
        due_ms = alarm.at_ms + round(self._dice.uniform(*REACTION_MIN) * MINUTE_MS)
        words = WORDS.get(alarm.family, WORDS[""])
        return Action(due_ms, alarm.id, self._dice.choice(PEOPLE), self._dice.choice(words))
