"""The life of an alarm, reading by reading in order of time: fold(watched, core, observed) -> (core, events).

normal ─► pending ─► alarming ─► recovering ─► closed = normal
                       │  ▲  ▲        │
                       ▼  │  └────────┘ resumed
                      silent            only a believed value beyond the hysteresis closes, never silence
"""

from msgspec.structs import replace

from rules.core import Core
from rules.events import Event, EventKind, Observed, Phase, SecondReading
from rules.marks import Mark
from rules.overruling import OVERRULED, after_person, after_sensor, holds_against
from rules.quality import NEVER_MS, Judged, confirmed, judge
from rules.rise import rise_of, with_low
from rules.rule import NOT_OF_THE_READING, RuleKind
from rules.silence import end_silence, pass_silence
from rules.trend import MOST_DAYS, begins_step, days_left, has_turned, with_point
from rules.watched import JUDGED_ELSEWHERE, Watched, may_open, rank

MOST_WAITING = 64
"""So many readings wait to be confirmed; of more than that every second one is let go."""
_NO_EVENTS: list[Event] = []
_SPIKE = int(Mark.SPIKE)
_CONFIRMED = int(Mark.CONFIRMED)


def fold(watched: Watched, core: Core, observed: Observed) -> tuple[Core, list[Event]]:
    """The core after a reading later than all before it, and what happened; the value must be finite."""
    if observed.read_by is not None:
        return _read_by_person(watched, core, observed)
    time_ms, value, numbers = observed.time_ms, observed.value, watched.numbers
    events = _NO_EVENTS
    if core.level >= 0 or time_ms - core.heard_ms > numbers.gap_ms:
        core, events = _sign_of_life(watched, core, time_ms)
    before, judged, mark = core.judged, core.judged, 0
    given = observed.marks
    if numbers.policy is not None:
        given &= JUDGED_ELSEWHERE
        if not given & numbers.rejected:
            judged, verdict = judge(numbers.policy, before, time_ms, value)
            mark = int(verdict)  # arithmetic on flags costs more than the rest of the fold
            if mark and observed.marks & _CONFIRMED:
                judged, mark = (confirmed(before, time_ms, value) if mark & _SPIKE else judged), 0
    doubts = (given | mark) & OVERRULED
    if doubts or core.unsure is not None:
        core = _with_unsure(watched, core, judged, time_ms, given | mark)
    overruled = doubts and holds_against(core)
    if (given | mark) & numbers.rejected or overruled or watched.rule.kind is RuleKind.SILENCE:
        doubted = _with_doubted(core, observed, judged) if mark & _SPIKE and numbers.rejects_spikes else core.doubted
        return replace(core, heard_ms=time_ms, judged=judged, doubted=doubted), events
    calm = core.phase is Phase.NORMAL and numbers.calm_low < value < numbers.calm_high
    # then nothing waits to be confirmed either
    if calm and numbers.forgets and before.doubt_ms == NEVER_MS == before.weak_ms == judged.weak_ms:
        return Core(time_ms, judged, value, unsure=core.unsure), events
    core, believed = _what_to_believe(watched, core, judged, observed)
    for each in believed:
        core, more = _believe(watched, core, each.time_ms, each.value, each.second)
        events = [*events, *more]
    return core, events


def _with_unsure(watched: Watched, core: Core, judged: Judged, time_ms: int, marks: int) -> Core:
    """The core that knows whether the sensor is doubted: only a reading that the rule believes says that it is not."""
    if marks & OVERRULED:
        return replace(core, unsure=after_sensor(core, time_ms))
    waits = judged.weak_ms != NEVER_MS and watched.numbers.waits
    return core if waits or marks & watched.numbers.rejected else replace(core, unsure=None)


def _what_to_believe(
    watched: Watched, core: Core, judged: Judged, observed: Observed
) -> tuple[Core, tuple[Observed, ...]]:
    """The readings to take in now that `observed` is not doubted: those that waited, and itself unless it waits."""
    jumped = judged.jumped_ms != core.judged.jumped_ms
    earlier = core.doubted if jumped else core.held  # what contradicted them is out of the question with a jump
    alive = replace(core, heard_ms=observed.time_ms, judged=judged, held=(), doubted=())
    if not watched.numbers.rejects_spikes:
        return alive, (observed,)
    if judged.weak_ms == observed.time_ms:
        earlier = ()  # it begins again
    if judged.weak_ms != NEVER_MS and watched.numbers.waits:
        return replace(alive, held=_thinned((*earlier, observed))), ()
    return alive, (*earlier, observed)


def _with_doubted(core: Core, observed: Observed, judged: Judged) -> tuple[Observed, ...]:
    goes_on = judged.doubt_ms == core.judged.doubt_ms
    return _thinned((*core.doubted, observed)) if goes_on else (observed,)


def _thinned(waiting: tuple[Observed, ...]) -> tuple[Observed, ...]:
    """Of too many readings every second one, the highest and the lowest among them."""
    if len(waiting) <= MOST_WAITING:
        return waiting
    ends = {min(waiting, key=_value_of).time_ms, max(waiting, key=_value_of).time_ms}
    return tuple(each for number, each in enumerate(waiting) if number % 2 == 0 or each.time_ms in ends)


def _value_of(observed: Observed) -> float:
    return observed.value


def _sign_of_life(watched: Watched, core: Core, time_ms: int) -> tuple[Core, list[Event]]:
    core, passed = pass_silence(watched, core, time_ms)
    core, heard = end_silence(watched, core, time_ms)
    return core, [*passed, *heard]


def _read_by_person(watched: Watched, core: Core, observed: Observed) -> tuple[Core, list[Event]]:
    """The core after a person's reading, which counts only in place of a sensor that is doubted or silent."""
    time_ms, read_by = observed.time_ms, observed.read_by
    if read_by is None or watched.rule.kind in NOT_OF_THE_READING:
        return core, _NO_EVENTS
    unsure = after_person(core, time_ms, read_by, silent_ms=watched.numbers.silent_ms)
    if unsure is None:
        return core, _NO_EVENTS
    core, passed = pass_silence(watched, core, time_ms)
    heard: list[Event] = []
    if core.phase is Phase.SILENT:
        heard = [Event(EventKind.HEARD, core.opened_ms, time_ms, core.level, observed.value)]
        core = replace(core, phase=Phase.ALARMING)
    core = replace(core, heard_ms=time_ms, unsure=unsure, held=(), doubted=())
    core, events = _believe(watched, core, time_ms, observed.value, observed.second, at_once=True)
    return core, [*passed, *(replace(event, read_by=read_by) for event in (*heard, *events))]


def _believe(
    watched: Watched, core: Core, time_ms: int, value: float, second: SecondReading | None, *, at_once: bool = False
) -> tuple[Core, list[Event]]:
    """Take a believed value in: what it measures, how many levels that reaches, and what the alarm makes of it.

    `at_once`: an alarm waits for no second reading to agree.
    """
    core, measure = _measured(watched, core, time_ms, value)
    if measure is None:
        return core, []
    holds = rank(watched.rule, measure, slack=watched.rule.hysteresis)
    reached = rank(watched.rule, measure) if holds else 0
    if reached and not may_open(watched, time_ms, value, second):
        reached = 0
    if not at_once:
        core, reached = _counted(watched, core, time_ms, reached)
    core = replace(core, value=measure, since=_onsets(core, time_ms, reached))
    ready = reached if at_once else sum(time_ms - onset_ms >= watched.numbers.for_ms for onset_ms in core.since)
    if core.level < 0:
        return _closed_case(core, time_ms, ready)
    return _open_case(watched, core, time_ms, ready, max(holds, reached))


def _measured(watched: Watched, core: Core, time_ms: int, value: float) -> tuple[Core, float | None]:
    if watched.rule.kind is RuleKind.TREND:
        return _trend(watched, core, time_ms, value)
    if watched.rule.kind is not RuleKind.RISE:
        return core, value
    window_ms = watched.numbers.window_ms
    measure = rise_of(core.lows, core.previous, time_ms, value, window_ms=window_ms)
    lows = with_low(core.lows, core.previous, time_ms, value, window_ms=window_ms)
    return replace(core, lows=lows, previous=(time_ms, value)), measure


def _trend(watched: Watched, core: Core, time_ms: int, value: float) -> tuple[Core, float | None]:
    """In how many days the target is reached, at the first reading of each step; None at all others.

    What an alarm that recovers was last known to be holds until more is known.
    """
    direction, target = watched.rule.direction, watched.rule.target
    if target is None or not begins_step(core.points, time_ms):
        return core, None
    points = with_point(core.points, time_ms, value, window_ms=watched.numbers.window_ms)
    if has_turned(points, direction):
        return replace(core, points=points[-2:]), MOST_DAYS
    days = days_left(points, target, direction)
    unknown = core.value if core.phase is Phase.RECOVERING else None
    return replace(core, points=points), unknown if days is None else days


def _counted(watched: Watched, core: Core, time_ms: int, reached: int) -> tuple[Core, int]:
    """At least n of m: the level that n of the last m readings have reached."""
    at_least = watched.rule.at_least
    if at_least is None:
        return core, reached
    hits = (*core.hits, (time_ms, reached))[-at_least.m :]
    ranks = sorted((hit for _, hit in hits), reverse=True)
    met = ranks[at_least.n - 1] if len(ranks) >= at_least.n else 0
    return replace(core, hits=hits), met


def _onsets(core: Core, time_ms: int, reached: int) -> tuple[int, ...]:
    """Since when each of the `reached` levels is exceeded: as before, or from the first reading that counts for it."""
    since = core.since[:reached]
    for number in range(len(since), reached):
        since = (*since, next((hit_ms for hit_ms, hit in core.hits if hit > number), time_ms))
    return since


def _closed_case(core: Core, time_ms: int, ready: int) -> tuple[Core, list[Event]]:
    if not ready:
        waits = core.since or any(hit for _, hit in core.hits)
        return replace(core, phase=Phase.PENDING if waits else Phase.NORMAL), []
    opened_ms = core.since[0]
    return core.opened(ready - 1, opened_ms), [Event(EventKind.RAISED, opened_ms, time_ms, ready - 1, core.value)]


def _open_case(watched: Watched, core: Core, time_ms: int, ready: int, holds: int) -> tuple[Core, list[Event]]:
    if not holds:
        return _leave(watched, core, time_ms)
    level = max(ready - 1, min(core.level, holds - 1))
    if level > core.level:
        kind = EventKind.WORSENED
    elif core.phase is Phase.RECOVERING:
        kind = EventKind.RESUMED
    elif level < core.level:
        kind = EventKind.EASED
    else:
        return core, []
    return core.opened(level, core.opened_ms), [Event(kind, core.opened_ms, time_ms, level, core.value)]


def _leave(watched: Watched, core: Core, time_ms: int) -> tuple[Core, list[Event]]:
    left_ms = time_ms if core.left_ms == NEVER_MS else core.left_ms
    if time_ms - left_ms >= watched.numbers.clear_ms:
        return core.closed(), [Event(EventKind.CLOSED, core.opened_ms, time_ms, core.level, core.value)]
    begins = core.phase is not Phase.RECOVERING
    event = Event(EventKind.RECOVERING, core.opened_ms, time_ms, core.level, core.value)
    return replace(core, phase=Phase.RECOVERING, left_ms=left_ms), [event] if begins else []
