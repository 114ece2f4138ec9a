"""An alarm that a gateway raised by itself becomes the cloud's, once: the same alarm, since 14:02, and paged now.

here none is open         raised@14:02 is reported as news, and stands until readings end it
one is open since 15:30   it is the same: it began at 14:02           (the newest readings came first, after the link)
one is open since 13:50   it is the same, and older

The gateway has judged all that it read until it said so: what comes of before that as backlog raises no second alarm.
"""

from rules.core import Core
from rules.engine import Event, EventKind, Phase, RuleState
from rules.engine_state import Checkpoint
from wire.local_alarms import RaisedAlarm


def adopted_state(before: RuleState, alarm: RaisedAlarm, *, level: int, heard_ms: int) -> RuleState:
    """The state with the gateway's alarm open, which the gateway has judged until `heard_ms` (UTC)."""
    core = before.newest_core
    is_open = core.level >= 0
    head = Core(
        heard_ms=max(heard_ms, before.head.heard_ms),
        value=core.value if is_open else alarm.value,
        phase=core.phase if is_open else Phase.ALARMING,
        level=core.level if is_open else level,
        opened_ms=min(core.opened_ms, alarm.opened_ms) if is_open else alarm.opened_ms,
    )
    return RuleState(head, head, Checkpoint(head, 0))


def raised_event(alarm: RaisedAlarm, *, level: int) -> Event:
    """What is reported of it."""
    return Event(EventKind.RAISED, alarm.opened_ms, max(alarm.opened_ms, alarm.raised_ms), level, alarm.value)
