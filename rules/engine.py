"""The alarm engine: step(watched, state, observed) -> (state, events); pure, on event time, deterministic.

base ├─ recent readings, in order ─┤ head                  newest - lateness
─────┴──────────────────────────────┴──►  event time  ◄──── what comes from before this goes to the late lane

in order       folded onto the head
out of order   put in its place and folded again from the base; the events are the difference to what was reported
too late       where it fills a hole: folded in a lane of its own, whose events are marked late (late_lane.py)
twice          the first counts                                    no number: never counts
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from math import isfinite

from msgspec.structs import replace

from rules.calm_column import calm_column
from rules.core import Core
from rules.engine_state import START, Checkpoint, Holes, RuleState, decode_state, encode_state
from rules.events import Event, EventKind, Observed, Phase, ReadBy, SecondReading
from rules.late_lane import filled, lane_in, too_late, with_hole
from rules.lifecycle import fold
from rules.marks import with_verdict
from rules.overruling import after_person, without
from rules.silence import pass_silence
from rules.watched import Watched

__all__ = [
    "START",
    "Event",
    "EventKind",
    "Observed",
    "Phase",
    "ReadBy",
    "RuleState",
    "SecondReading",
    "Watched",
    "decode_state",
    "encode_state",
    "history",
    "overrule",
    "reevaluate",
    "restart",
    "step",
    "step_column",
    "tick",
    "withdraw",
]  # fmt: skip

Outcome = tuple[RuleState, tuple[Event, ...]]


def step(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    """Apply one reading."""
    time_ms, newest_ms = observed.time_ms, state.head.heard_ms
    if state.recent and state.recent[-1].time_ms > newest_ms:  # a person's, which does not count
        newest_ms = state.recent[-1].time_ms
    if not isfinite(observed.value):
        return state, ()
    if time_ms <= newest_ms:
        if time_ms < newest_ms - watched.numbers.lateness_ms:
            return too_late(watched, state, observed)
        return _out_of_order(watched, state, observed)
    return _in_order(watched, state, observed)


def overrule(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    """Apply what a person has read, where it counts in place of the sensor; else nothing changes.

    It may be offered again and again: it counts once, from the moment on at which the sensor is doubted or silent.
    """
    core, read_by = state.newest_core, observed.read_by
    if read_by is None or after_person(core, observed.time_ms, read_by, silent_ms=watched.numbers.silent_ms) is None:
        return state, ()
    return step(watched, state, observed)


def withdraw(watched: Watched, state: RuleState, reading: int) -> Outcome:
    """Take back the manual reading of that number: where no reading since has settled it, as if it had never come.

    Else it counts no more, and an alarm that it has raised stays until somebody reads again, or the sensor does.
    """
    recent = tuple(each for each in state.recent if each.read_by is None or each.read_by.reading != reading)
    state = replace(
        state,
        head=without(state.head, reading),
        base=without(state.base, reading),
        middle=replace(state.middle, core=without(state.middle.core, reading)),
        silent_head=None if state.silent_head is None else without(state.silent_head, reading),
    )
    return (state, ()) if len(recent) == len(state.recent) else _folded_again(watched, state, recent, state.holes)


def reevaluate(watched: Watched, state: RuleState, time_ms: int, verdict: int) -> Outcome:
    """Apply a later verdict on a reading, as if it had come with the quality marks that hold now.

    A verdict on a reading that is no longer among the recent ones changes nothing.
    """
    place = bisect_left(state.recent, time_ms, key=_time_of)
    if place == len(state.recent) or state.recent[place].time_ms != time_ms or state.recent[place].read_by is not None:
        return state, ()
    before = state.recent[place]
    after = replace(before, marks=with_verdict(before.marks, verdict))
    if after == before:
        return state, ()
    recent = (*state.recent[:place], after, *state.recent[place + 1 :])
    return _folded_again(watched, state, recent, state.holes)


def restart(state: RuleState, time_ms: int) -> RuleState:
    """Make the state for readings from `time_ms` on, where the state so far has times of a wrong clock.

    An open alarm stays open, since `time_ms` at the latest; the readings to come decide when it ends. Readings so far
    are forgotten: nobody knows how long ago they were taken.
    """
    before = state.newest_core
    if before.level < 0:
        return START
    opened_ms = min(before.opened_ms, time_ms)
    core = Core(value=before.value, phase=before.phase, level=before.level, opened_ms=opened_ms)
    return RuleState(core, core, Checkpoint(core, 0))


def tick(watched: Watched, state: RuleState, now_ms: int) -> Outcome:
    """Apply the silence until `now_ms`, in event time: that nothing newer has come.

    How often it is called makes no difference: the events carry the time at which the silence was due.
    """
    silent_head, events = pass_silence(watched, state.newest_core, now_ms)
    if not events:
        return state, ()
    return replace(state, silent_head=silent_head, silence_events=(*state.silence_events, *events)), tuple(events)


def step_column(
    watched: Watched,
    state: RuleState,
    times_ms: Sequence[int],
    values: Sequence[float],
    *,
    marks: int = 0,
    second: SecondReading | None = None,
) -> Outcome:
    """Take a whole column in, whose readings share their marks; the outcome of `step` for one after the other.

    A long column that stays calm costs a few comparisons and only the readings within the lateness are kept.
    """
    calm = calm_column(watched, state, times_ms, values, marks=marks, second=second)
    if calm is not None:
        return calm, ()
    every: list[Event] = []
    for time_ms, value in zip(times_ms, values, strict=True):
        state, events = step(watched, state, Observed(time_ms, value, marks, second))
        every.extend(events)
    return state, tuple(every)


def history(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events that still hold once those that were withdrawn are taken away, in order of time."""
    held: list[Event] = []
    for event in events:
        if event.kind is EventKind.WITHDRAWN and event.undone is not None:
            held.remove(replace(event, kind=event.undone, undone=None))
        else:
            held.append(event)
    return tuple(sorted(held, key=lambda event: (event.time_ms, event.opened_ms)))


def _in_order(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    """Fold the newest reading onto the head, and move the base on once its readings are older than the lateness."""
    time_ms, newest_ms, numbers = observed.time_ms, state.head.heard_ms, watched.numbers
    head, events = fold(watched, state.head, observed)
    reported = (*state.reported, *events) if events else state.reported
    recent = (*state.recent, observed)
    holes, middle, base = state.holes, state.middle, state.base
    if time_ms - newest_ms > numbers.gap_ms:
        holes = with_hole(holes, newest_ms, time_ms)
    if middle.core.heard_ms < time_ms - numbers.lateness_ms:
        # nothing can be put in before the middle any more: it becomes the base, and what led to it is let go. Two
        # checkpoints and not one for each reading, so that a state is small: at most two latenesses of readings
        base = middle.core
        recent = recent[bisect_right(recent, base.heard_ms, key=_time_of) :]
        reported = reported[middle.reported :]
        middle = Checkpoint(head, len(reported))
    after = RuleState(head, base, middle, recent, reported, None, (), holes, state.late)
    return after, _difference(state.silence_events, events) if state.silence_events else tuple(events)


def _out_of_order(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    """Put a reading in its place among the recent ones and fold them again.

    It may have raised an alarm earlier, or none at all: an alarm's rules look at neighbours (how long a level lasts,
    the rise over a window, what is a spike), so its effect does not show in itself. The readings since the base are
    few, and folding them again makes the outcome independent of the order in which they came.
    """
    order = _order_of(observed)
    place = bisect_left(state.recent, order, key=_order_of)
    if place < len(state.recent) and _order_of(state.recent[place]) == order:
        return state, ()  # sent again: the first counts
    recent = (*state.recent[:place], observed, *state.recent[place:])
    return _folded_again(watched, state, recent, filled(watched, state.holes, observed.time_ms))


def _folded_again(watched: Watched, state: RuleState, recent: tuple[Observed, ...], holes: Holes) -> Outcome:
    """Fold the recent readings from the base on; the events are how the outcome differs from what was reported."""
    core, middle, reported = state.base, Checkpoint(state.base, 0), list[Event]()
    for reading in recent:
        core, events = fold(watched, core, reading)
        reported.extend(events)
        if reading.time_ms <= state.middle.core.heard_ms:
            middle = Checkpoint(core, len(reported))
    lane, ended = lane_in(holes, state.late)
    after = RuleState(core, state.base, middle, recent, tuple(reported), None, (), holes, lane)
    if state.silent_head is None:
        return after, (*_difference(state.reported, reported), *ended)
    # the silence was reported already: up to just after its last event it is found again, so that it is not withdrawn
    silent_head, again = pass_silence(watched, core, state.silence_events[-1].time_ms + 1)
    after = replace(after, silent_head=silent_head if again else None, silence_events=tuple(again))
    return after, (*_difference((*state.reported, *state.silence_events), (*reported, *again)), *ended)


def _difference(before: Sequence[Event], now: Sequence[Event]) -> tuple[Event, ...]:
    """What to report when `before` was and `now` holds: first what is withdrawn, then what is new."""
    withdrawn = (replace(event, kind=EventKind.WITHDRAWN, undone=event.kind) for event in before if event not in now)
    return (*withdrawn, *(event for event in now if event not in before))


def _time_of(observed: Observed) -> int:
    return observed.time_ms


def _order_of(observed: Observed) -> tuple[int, int]:
    """In order of time, the sensor's before a person's."""
    return observed.time_ms, 0 if observed.read_by is None else observed.read_by.reading
