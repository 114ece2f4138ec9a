"""Silence on event time: what it means that nothing came since the last sign of life.

last reading ├── limit x interval ──► a SILENCE rule opens its alarm, due then, whenever anyone asks
             ├── 3 intervals ───────► another rule's open alarm is silent; it stays open; a pending one is forgotten
"""

from msgspec.structs import replace

from rules.core import Core
from rules.events import Event, EventKind, Phase
from rules.overruling import until_ms as counts_until_ms
from rules.quality import NEVER_MS
from rules.rule import RuleKind
from rules.watched import Watched


def pass_silence(watched: Watched, core: Core, until_ms: int) -> tuple[Core, list[Event]]:
    """The core when nothing came until `until_ms`, and what has happened by that."""
    if core.heard_ms == NEVER_MS:
        return core, []
    if core.level >= len(watched.rule.levels):  # the rule has lost its worst levels since
        core = replace(core, level=len(watched.rule.levels) - 1)
    if watched.rule.kind is RuleKind.SILENCE:
        return _miss(watched, core, until_ms)
    due_ms = core.heard_ms + watched.numbers.silent_ms
    if core.unsure is not None and core.unsure.read_by is not None:
        due_ms = max(due_ms, counts_until_ms(core.unsure.read_by))
    if until_ms <= due_ms or core.phase in (Phase.NORMAL, Phase.SILENT):
        return core, []
    if core.phase is Phase.PENDING:
        unknown = watched.numbers.interval_ms is None  # then nobody can tell a silence from a slow sensor
        return (core if unknown else replace(core, phase=Phase.NORMAL, since=(), hits=())), []
    event = Event(EventKind.SILENT, core.opened_ms, due_ms, core.level, core.value)
    return replace(core, phase=Phase.SILENT, since=(), left_ms=NEVER_MS), [event]


def _miss(watched: Watched, core: Core, until_ms: int) -> tuple[Core, list[Event]]:
    events: list[Event] = []
    if watched.numbers.interval_ms is None:
        return core, events
    for number, level in enumerate(watched.rule.levels):
        due_ms = core.heard_ms + round(level.limit * watched.numbers.interval_ms)
        recovers = core.phase is Phase.RECOVERING
        if until_ms <= due_ms or (number <= core.level and not recovers):
            continue
        opened_ms = due_ms if core.level < 0 else core.opened_ms
        kind = _kind_of_miss(core, number)
        core = core.opened(number, opened_ms)
        events.append(Event(kind, opened_ms, due_ms, number, level.limit))
    return core, events


def _kind_of_miss(core: Core, number: int) -> EventKind:
    if core.level < 0:
        return EventKind.RAISED
    return EventKind.WORSENED if number > core.level else EventKind.RESUMED


def end_silence(watched: Watched, core: Core, time_ms: int) -> tuple[Core, list[Event]]:
    """The core once a sign of life came at `time_ms`; it ends a silence, and what a SILENCE rule has opened."""
    if core.phase is Phase.SILENT:
        event = Event(EventKind.HEARD, core.opened_ms, time_ms, core.level, core.value)
        return replace(core, phase=Phase.ALARMING, heard_ms=time_ms), [event]
    if watched.rule.kind is not RuleKind.SILENCE or core.level < 0:
        return replace(core, heard_ms=time_ms), []
    left_ms = time_ms if core.left_ms == NEVER_MS else core.left_ms
    if time_ms - left_ms >= watched.numbers.clear_ms:
        event = Event(EventKind.CLOSED, core.opened_ms, time_ms, core.level, 0.0)
        return replace(core.closed(), heard_ms=time_ms), [event]
    begins = core.phase is not Phase.RECOVERING
    event = Event(EventKind.RECOVERING, core.opened_ms, time_ms, core.level, 0.0)
    return replace(core, phase=Phase.RECOVERING, heard_ms=time_ms, left_ms=left_ms), [event] if begins else []
