"""The alarm engine: step(watched, state, observed) -> (state, events); pure, on event time, deterministic.

base ├─ recent readings, in order ─┤ head                  newest - lateness
─────┴──────────────────────────────┴──►  event time  ◄──── what comes from before this goes to the late lane

in order       folded onto the head
out of order   put in its place and folded again from the base; the events are the difference to what was told
too late       where it fills a hole: folded in a lane of its own, whose events are marked late
twice          the first counts                                    no number: never counts
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from math import isfinite
from operator import sub

import msgspec
from msgspec.structs import replace

from rules.core import NOTHING_YET, Core
from rules.events import Event, EventKind, Observed, Other, Phase
from rules.lifecycle import fold
from rules.marks import with_verdict
from rules.quality import NEVER_MS, judge_column
from rules.rule import RuleKind
from rules.silence import pass_silence
from rules.watched import JUDGED_ELSEWHERE, Watched

__all__ = [
    "START", "Event", "EventKind", "Observed", "Other", "Phase", "RuleState", "Watched",
    "begin_anew", "decode_state", "encode_state", "history", "judge_anew", "step", "step_column", "tick",
]  # fmt: skip

HOLES_KEPT = 32
"""So many holes in a sensor's readings are remembered, the newest; what comes later than that for others is dropped."""


class Checkpoint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The core after a reading, and how many of the told events it had brought by then."""

    core: Core
    told: int


class LateLane(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The core of the late readings in one hole, which ends at `end_ms`."""

    core: Core
    end_ms: int


_FRESH = Checkpoint(NOTHING_YET, 0)
_EMPTY_LANE = LateLane(NOTHING_YET, NEVER_MS)


class RuleState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the engine remembers of a rule on a sensor.

    `told` are the events of the `recent` readings, which follow on `base`; `middle` becomes the next base. `hush` is
    the head after a tick that found silence, `hushed` what it said. `holes` are the spans of time without a reading.
    """

    head: Core = NOTHING_YET
    base: Core = NOTHING_YET
    middle: Checkpoint = _FRESH
    recent: tuple[Observed, ...] = ()
    told: tuple[Event, ...] = ()
    hush: Core | None = None
    hushed: tuple[Event, ...] = ()
    holes: tuple[tuple[int, int], ...] = ()
    late: LateLane = _EMPTY_LANE

    @property
    def phase(self) -> Phase:
        """Where the rule stands."""
        return (self.hush or self.head).phase

    @property
    def opened_ms(self) -> int | None:
        """When the open alarm was opened, if one is."""
        opened_ms = (self.hush or self.head).opened_ms
        return None if opened_ms == NEVER_MS else opened_ms

    @property
    def level(self) -> int:
        """The level of the open alarm, counted from 0; -1 when none is open."""
        return (self.hush or self.head).level

    @property
    def newest_ms(self) -> int | None:
        """The newest time that was observed."""
        return None if self.head.heard_ms == NEVER_MS else self.head.heard_ms


START = RuleState()
Outcome = tuple[RuleState, tuple[Event, ...]]


def step(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    """Take one reading in."""
    time_ms, newest_ms = observed.time_ms, state.head.heard_ms
    if not isfinite(observed.value):
        return state, ()
    if time_ms <= newest_ms:
        if time_ms < newest_ms - watched.scale.lateness_ms:
            return _too_late(watched, state, observed)
        return _out_of_order(watched, state, observed)
    head, events = fold(watched, state.head, observed)
    told = (*state.told, *events) if events else state.told
    recent = (*state.recent, observed)
    holes, middle, base = state.holes, state.middle, state.base
    if time_ms - newest_ms > watched.scale.gap_ms:
        holes = (*holes[1 - HOLES_KEPT :], (newest_ms, time_ms))
    if middle.core.heard_ms < time_ms - watched.scale.lateness_ms:
        base = middle.core
        recent = recent[bisect_right(recent, base.heard_ms, key=_time_of) :]
        told = told[middle.told :]
        middle = Checkpoint(head, len(told))
    after = RuleState(head, base, middle, recent, told, None, (), holes, state.late)
    return after, _difference(state.hushed, events) if state.hushed else tuple(events)


def judge_anew(watched: Watched, state: RuleState, time_ms: int, verdict: int) -> Outcome:
    """Take a later verdict on a reading in: as if it had come with the quality marks that hold now.

    Of one that is no longer among the recent ones nothing is changed any more.
    """
    place = bisect_left(state.recent, time_ms, key=_time_of)
    if place == len(state.recent) or state.recent[place].time_ms != time_ms:
        return state, ()
    before = state.recent[place]
    after = replace(before, marks=with_verdict(before.marks, verdict))
    if after == before:
        return state, ()
    recent = (*state.recent[:place], after, *state.recent[place + 1 :])
    return _folded_again(watched, state, recent, state.holes)


def begin_anew(state: RuleState, time_ms: int) -> RuleState:
    """The state for readings from `time_ms` on, where the times that it remembers are of a wrong clock.

    An alarm that is open stays so, as one that began at `time_ms` where it was to begin later; whether it is over is
    found out anew. Of the readings nothing is left: nobody knows how long ago they were.
    """
    before = state.hush or state.head
    if before.level < 0:
        return START
    opened_ms = min(before.opened_ms, time_ms)
    core = Core(value=before.value, phase=before.phase, level=before.level, opened_ms=opened_ms)
    return RuleState(core, core, Checkpoint(core, 0))


def tick(watched: Watched, state: RuleState, now_ms: int) -> Outcome:
    """Say what it means that nothing newer has come until `now_ms`, in event time; often or seldom makes no odds."""
    hush, events = pass_silence(watched, state.hush or state.head, now_ms)
    if not events:
        return state, ()
    return replace(state, hush=hush, hushed=(*state.hushed, *events)), tuple(events)


def step_column(
    watched: Watched,
    state: RuleState,
    times_ms: Sequence[int],
    values: Sequence[float],
    *,
    marks: int = 0,
    other: Other | None = None,
) -> Outcome:
    """Take a whole column in, whose readings share their marks; the outcome of `step` for one after the other.

    A long column that stays calm costs a few comparisons and only the readings within the lateness are kept.
    """
    calm = _calm_column(watched, state, times_ms, values, marks=marks, other=other)
    if calm is not None:
        return calm, ()
    every: list[Event] = []
    for time_ms, value in zip(times_ms, values, strict=True):
        state, events = step(watched, state, Observed(time_ms, value, marks, other))
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


def encode_state(state: RuleState) -> bytes:
    """The state as bytes to keep."""
    return _ENCODER.encode(state)


def decode_state(body: bytes) -> RuleState:
    """The state from its bytes; raises msgspec.DecodeError for what no engine wrote."""
    return _DECODER.decode(body)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(RuleState)


def _time_of(observed: Observed) -> int:
    return observed.time_ms


def _difference(before: Sequence[Event], now: Sequence[Event]) -> tuple[Event, ...]:
    """What to tell when `before` was told and `now` holds: first what is withdrawn, then what is new."""
    withdrawn = (replace(event, kind=EventKind.WITHDRAWN, undone=event.kind) for event in before if event not in now)
    return (*withdrawn, *(event for event in now if event not in before))


def _out_of_order(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    place = bisect_left(state.recent, observed.time_ms, key=_time_of)
    if place < len(state.recent) and state.recent[place].time_ms == observed.time_ms:
        return state, ()
    recent = (*state.recent[:place], observed, *state.recent[place:])
    return _folded_again(watched, state, recent, _filled(watched, state.holes, observed.time_ms))


def _folded_again(
    watched: Watched, state: RuleState, recent: tuple[Observed, ...], holes: tuple[tuple[int, int], ...]
) -> Outcome:
    """The recent readings from the base on, and how what comes of them differs from what was told."""
    core, middle, told = state.base, Checkpoint(state.base, 0), list[Event]()
    for reading in recent:
        core, events = fold(watched, core, reading)
        told.extend(events)
        if reading.time_ms <= state.middle.core.heard_ms:
            middle = Checkpoint(core, len(told))
    lane, ended = _lane_in(holes, state.late)
    after = RuleState(core, state.base, middle, recent, tuple(told), None, (), holes, lane)
    if state.hush is None:
        return after, (*_difference(state.told, told), *ended)
    hush, hushed = pass_silence(watched, core, state.hushed[-1].time_ms + 1)
    after = replace(after, hush=hush if hushed else None, hushed=tuple(hushed))
    return after, (*_difference((*state.told, *state.hushed), (*told, *hushed)), *ended)


def _too_late(watched: Watched, state: RuleState, observed: Observed) -> Outcome:
    """Fold a reading that fills a hole in its lane; one that fills none was seen before, or lies between two others."""
    time_ms, lane = observed.time_ms, state.late
    hole = next((hole for hole in state.holes if hole[0] < time_ms < hole[1]), None)
    if hole is None or watched.rule.kind is RuleKind.SILENCE:
        return state, ()
    events: list[Event] = []
    if lane.end_ms != hole[1]:
        events, lane = _ended(lane), LateLane(NOTHING_YET, hole[1])
    core, folded = fold(watched, lane.core, observed)
    events = [*events, *(replace(event, late=True) for event in folded)]
    holes = _filled(watched, state.holes, time_ms)
    lane, ended = _lane_in(holes, LateLane(core, hole[1]))
    return replace(state, holes=holes, late=lane), (*events, *ended)


def _lane_in(holes: tuple[tuple[int, int], ...], lane: LateLane) -> tuple[LateLane, list[Event]]:
    """The lane while its hole is open; once that is filled, none, and what ends with it."""
    if any(end_ms == lane.end_ms for _, end_ms in holes):
        return lane, []
    return _EMPTY_LANE, _ended(lane)


def _ended(lane: LateLane) -> list[Event]:
    """What is told of a late alarm at the end of its hole: from there on the readings that came in time speak."""
    core = lane.core
    return (
        [Event(EventKind.CLOSED, core.opened_ms, lane.end_ms, core.level, core.value, True)] if core.level >= 0 else []
    )


def _filled(watched: Watched, holes: tuple[tuple[int, int], ...], time_ms: int) -> tuple[tuple[int, int], ...]:
    """The holes once a reading stands at `time_ms`: the one around it is split, and what is too small is none."""
    for number, (start_ms, end_ms) in enumerate(holes):
        if start_ms < time_ms < end_ms:
            halves = [(start_ms, time_ms), (time_ms, end_ms)]
            left = [half for half in halves if half[1] - half[0] > watched.scale.gap_ms]
            return (*holes[:number], *left, *holes[number + 1 :])[-HOLES_KEPT:]
    return holes


def _calm_column(
    watched: Watched,
    state: RuleState,
    times_ms: Sequence[int],
    values: Sequence[float],
    *,
    marks: int,
    other: Other | None,
) -> RuleState | None:
    """The state after a column in which nothing can happen; None when that cannot be said at a glance."""
    scale, head = watched.scale, state.head
    if len(values) < 2 or not scale.forgets or head.phase is not Phase.NORMAL or state.hush is not None:
        return None
    kept = bisect_left(times_ms, times_ms[-1] - scale.lateness_ms)
    if kept == 0 or not _unbroken(times_ms, head.heard_ms, scale.gap_ms):
        return None
    if not scale.calm_low < min(values) <= max(values) < scale.calm_high or not isfinite(sum(values)):
        return None
    judged = before = head.judged
    if scale.policy is not None:
        before, _ = judge_column(scale.policy, judged, times_ms[:kept], values[:kept])
        judged, _ = judge_column(scale.policy, before, times_ms[kept:], values[kept:])
    if marks & (JUDGED_ELSEWHERE if scale.policy else -1) & scale.rejected:
        return None
    base = Core(times_ms[kept - 1], before, values[kept - 1])
    return replace(
        state,
        head=Core(times_ms[-1], judged, values[-1]),
        base=base,
        middle=Checkpoint(base, 0),
        recent=tuple(Observed(times_ms[n], values[n], marks, other) for n in range(kept, len(values))),
        told=(),
    )


def _unbroken(times_ms: Sequence[int], newest_ms: int, gap_ms: int) -> bool:
    """Whether the column goes on from the newest reading in order of time and without a hole."""
    if not 0 < times_ms[0] - newest_ms <= gap_ms:
        return False
    steps_ms: list[int] = list(map(sub, times_ms[1:], times_ms))
    return min(steps_ms) > 0 and max(steps_ms) <= gap_ms
