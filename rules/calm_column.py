"""The fast path of the engine: a column of readings in which nothing can happen, taken in at a glance.

all values within the calm interval, in order, no hole, no alarm and nothing pending ─► the new state, without folding

A gateway's batch is mostly calm: a backlog of a day costs a few comparisons, not 86,400 folds. It is only a shortcut,
so whatever is not plainly calm gives None, and the engine folds reading by reading. A test holds both ways equal.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import isfinite
from operator import sub

from msgspec.structs import replace

from rules.core import Core
from rules.engine_state import Checkpoint, RuleState
from rules.events import Observed, Phase, SecondReading
from rules.overruling import OVERRULED
from rules.quality import judge_column
from rules.watched import JUDGED_ELSEWHERE, Watched


def calm_column(
    watched: Watched,
    state: RuleState,
    times_ms: Sequence[int],
    values: Sequence[float],
    *,
    marks: int,
    second: SecondReading | None,
) -> RuleState | None:
    """The state after a column in which nothing can happen; None when that cannot be said at a glance."""
    numbers, head = watched.numbers, state.head
    if len(values) < 2 or not numbers.forgets or head.phase is not Phase.NORMAL or state.silent_head is not None:
        return None
    if head.unsure is not None or marks & OVERRULED & (JUDGED_ELSEWHERE if numbers.policy else -1):
        return None
    # readings within the lateness are kept, since one that comes out of order may still fall among them; those before
    # them are settled, and where there are none the base would not move on
    kept = bisect_left(times_ms, times_ms[-1] - numbers.lateness_ms)
    if kept == 0 or not _is_unbroken(times_ms, head.heard_ms, numbers.gap_ms):
        return None
    # the sum is not finite where any value is not: min and max alone would let a NaN through
    if not numbers.calm_low < min(values) <= max(values) < numbers.calm_high or not isfinite(sum(values)):
        return None
    judged = before = head.judged
    if numbers.policy is not None:
        # in two parts, since the base must know what was known after the last settled reading; other marks do not
        # matter, since a calm value raises nothing whether it is believed or not
        before, settled = judge_column(numbers.policy, judged, times_ms[:kept], values[:kept])
        judged, newest = judge_column(numbers.policy, before, times_ms[kept:], values[kept:])
        if (settled is not None and settled[-1]) or (newest is not None and newest[-1]):
            return None  # who reads beside the sensor must find that it is doubted
    if watched.leaves_out(marks):
        return None
    base = Core(times_ms[kept - 1], before, values[kept - 1])
    return replace(
        state,
        head=Core(times_ms[-1], judged, values[-1]),
        base=base,
        middle=Checkpoint(base, 0),
        recent=tuple(Observed(times_ms[n], values[n], marks, second) for n in range(kept, len(values))),
        reported=(),
    )


def _is_unbroken(times_ms: Sequence[int], newest_ms: int, gap_ms: int) -> bool:
    """Whether the column goes on from the newest reading in order of time and without a hole."""
    if not 0 < times_ms[0] - newest_ms <= gap_ms:
        return False
    steps_ms: list[int] = list(map(sub, times_ms[1:], times_ms))
    return min(steps_ms) > 0 and max(steps_ms) <= gap_ms
