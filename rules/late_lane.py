"""Late readings: those that come when the engine has long gone on, and fill a hole in what came in time.

in time   ●  ●  ●                    ●  ●  ●          head
late               ○  ○  ○                            a lane of its own, whose events are marked late
               │◄─── the hole ───►│                   at its end the readings that came in time speak again
"""

from msgspec.structs import replace

from rules.core import NOTHING_YET
from rules.engine_state import EMPTY_LANE, Holes, LateLane, RuleState
from rules.events import Event, EventKind, Observed
from rules.lifecycle import fold
from rules.rule import RuleKind
from rules.watched import Watched

HOLES_KEPT = 32
"""So many holes in a sensor's readings are remembered, the newest; what comes later than that for others is dropped."""


def with_hole(holes: Holes, start_ms: int, end_ms: int) -> Holes:
    """Add a hole, the newest; beyond `HOLES_KEPT` the oldest is forgotten."""
    return (*holes[1 - HOLES_KEPT :], (start_ms, end_ms))


def filled(watched: Watched, holes: Holes, time_ms: int) -> Holes:
    """Split the hole around a reading at `time_ms`; halves no longer than the watched gap are holes no more."""
    for number, (start_ms, end_ms) in enumerate(holes):
        if start_ms < time_ms < end_ms:
            halves = [(start_ms, time_ms), (time_ms, end_ms)]
            left = [half for half in halves if half[1] - half[0] > watched.numbers.gap_ms]
            return (*holes[:number], *left, *holes[number + 1 :])[-HOLES_KEPT:]
    return holes


def too_late(watched: Watched, state: RuleState, observed: Observed) -> tuple[RuleState, tuple[Event, ...]]:
    """Fold a late reading in the lane of the hole that it fills; one that fills none changes nothing.

    It was seen before, or lies so near to others that nothing was missing.
    """
    time_ms, lane = observed.time_ms, state.late
    hole = next((hole for hole in state.holes if hole[0] < time_ms < hole[1]), None)
    if hole is None or watched.rule.kind is RuleKind.SILENCE:
        return state, ()
    events: list[Event] = []
    if lane.end_ms != hole[1]:
        events, lane = _ended(lane), LateLane(NOTHING_YET, hole[1])
    core, folded = fold(watched, lane.core, observed)
    events = [*events, *(replace(event, late=True) for event in folded)]
    holes = filled(watched, state.holes, time_ms)
    lane, ended = lane_in(holes, LateLane(core, hole[1]))
    return replace(state, holes=holes, late=lane), (*events, *ended)


def lane_in(holes: Holes, lane: LateLane) -> tuple[LateLane, list[Event]]:
    """Keep the lane while its hole is open; once the hole is filled, end the lane and the alarm that is open in it."""
    if any(end_ms == lane.end_ms for _, end_ms in holes):
        return lane, []
    return EMPTY_LANE, _ended(lane)


def end_lane(state: RuleState) -> tuple[Event, ...]:
    """The end of the alarm that is open in the lane of `state`, for whoever puts another state in its place."""
    return tuple(_ended(state.late))


def _ended(lane: LateLane) -> list[Event]:
    """Close an alarm of the lane at the end of its hole: after it the readings that came in time decide."""
    core = lane.core
    if core.level < 0:
        return []
    return [Event(EventKind.CLOSED, core.opened_ms, lane.end_ms, core.level, core.value, late=True)]
