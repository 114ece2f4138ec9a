"""Twins: two channels that measure the same, and what each makes of the other's readings.

own   20  21  2960  2958           within what the policy allows: they agree; else both are doubted (TWINS_DISAGREE),
twin  20  20    21    20           and where one alone left what both said, the other says so of it (TWIN_ASTRAY)
"""

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from rules.marks import Mark
from rules.quality import Judged, in_reach
from rules.quality_policies import Policy

TWIN_WITHIN_MS = 120_000
"""How far apart in time twins may be compared."""


def twins_disagree(policy: Policy, one: float, other: float) -> bool:
    """Whether two channels that measure the same differ by more than the policy allows."""
    return abs(one - other) > max(policy.twin_least, policy.twin_share * abs(one + other) / 2)


def nearest(times_ms: Sequence[int], values: Sequence[float], time_ms: int) -> float | None:
    """The value nearest in time, the earlier of two; None where none is within `TWIN_WITHIN_MS`."""
    place = bisect_left(times_ms, time_ms)
    best: tuple[int, float] | None = None
    for number in range(max(0, place - 1), min(len(times_ms), place + 1)):
        apart_ms = abs(times_ms[number] - time_ms)
        if apart_ms <= TWIN_WITHIN_MS and (best is None or apart_ms < best[0]):
            best = (apart_ms, values[number])
    return None if best is None else best[1]


class Readings(msgspec.Struct, frozen=True, gc=False):
    """Readings of a series in order of time (UTC ms), and the marks that they have."""

    times_ms: Sequence[int]
    values: Sequence[float]
    marks: Sequence[int]


def twin_marks(policy: Policy, own: Readings, twin: Readings) -> list[Mark]:
    """What its twin makes of each reading of a channel: nothing, TWINS_DISAGREE, or TWIN_ASTRAY.

    Astray is the one that left what both said faster than the quantity can, where the other did not; that holds until
    they agree again. Where the readings begin within a disagreement, the marks that they have say who was astray.
    """
    found: list[Mark] = []
    agreed: tuple[int, float] | None = None
    verdict: Mark | None = None
    for time_ms, value, marks in zip(own.times_ms, own.values, own.marks, strict=True):
        other = nearest(twin.times_ms, twin.values, time_ms)
        if other is None or not twins_disagree(policy, value, other):
            if other is not None:
                agreed, verdict = (time_ms, (value + other) / 2), None
            found.append(Mark.NONE)
            continue
        if verdict is None:
            verdict = (
                Mark(marks & Mark.TWIN_ASTRAY) if agreed is None else _astray(policy, agreed, time_ms, value, other)
            )
        found.append(verdict or Mark.TWINS_DISAGREE)
    return found


def _astray(policy: Policy, agreed: tuple[int, float], time_ms: int, own: float, other: float) -> Mark:
    agreed_ms, level = agreed
    before = Judged(agreed_ms, level)
    own_can, other_can = (in_reach(policy, before, value - level, time_ms - agreed_ms) for value in (own, other))
    return Mark.TWIN_ASTRAY if own_can and not other_can else Mark.TWINS_DISAGREE
