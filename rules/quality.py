"""Quality before rules: spike, stuck value, twins that disagree.

 trusted ──► a step faster than the policy allows ──► doubted (SPIKE) ──► the next is back near the trusted: it was one
                                                            └──────────► the next stays up there: a true rise, believed
A doubted rise is believed when one more reading stays nearer to it than to the trusted level. Water does not drop by
metres in minutes, so a doubted fall is believed only when it has lasted as long as a fall so deep takes.
"""

from collections.abc import Sequence
from math import inf, isfinite

import msgspec

from rules.marks import Mark

MOVED_GAUGE_MS = 6 * 3_600_000
"""A doubted fall that lasts this long is believed, however deep: somebody has moved the gauge."""
SETTLE_MS = 3_600_000
"""For this long after a believed jump, a return to the level before it is a return, not a spike."""
NEVER_MS = -(1 << 62)
"""Before any reading."""


class Policy(msgspec.Struct, frozen=True):
    """How a quantity can behave, in its unit.

    Steps up to `least_step` are always plain; a faster one than `rise_per_min` or `fall_per_min` is doubted. The same
    value for longer than `stuck_s` is stuck. Twins may differ by `twin_least`, or by `twin_share` of their mean,
    whichever is more.
    """

    least_step: float
    rise_per_min: float
    fall_per_min: float
    stuck_s: float
    twin_least: float
    twin_share: float


_HOUR, _DAY = 3_600.0, 86_400.0

POLICIES: dict[str, Policy] = {
    # Water: the steepest true hour of Jakarta's gauges is 180 cm up (Depok) and 70 cm down (Katulampa); the steepest of
    # storm Gloria 2.2 cm/min (Agly); a dry-season river lies flat for 1013 h.
    # Twins: ultrasonic and radar on one beam agree within 8 cm up to 15 degrees of tilt, and not at all from 20 on.
    # PM2.5: the A and B channels of one device must agree within 5 ug/m3 or 61 % (Barkjohn et al. 2021, doi
    # 10.5194/amt-14-4617-2021). The other rows are our own judgement, wide on purpose.
    #                         least step  rise/min  fall/min  stuck          twins: least, share
    "water_level":     Policy(      10.0,     3.0,      1.2,  60 * _DAY,            10.0,  0.0),
    "distance":        Policy(      10.0,     1.2,      3.0,  60 * _DAY,            10.0,  0.0),
    "pm1":             Policy(     100.0,   100.0,    100.0,       _DAY,             5.0,  0.61),
    "pm2_5":           Policy(     100.0,   100.0,    100.0,       _DAY,             5.0,  0.61),
    "pm10":            Policy(     200.0,   200.0,    200.0,       _DAY,            10.0,  0.61),
    "co2":             Policy(     500.0,   500.0,    500.0,       _DAY,            75.0,  0.1),
    "temperature":     Policy(       3.0,     2.0,      2.0,       _DAY,             2.0,  0.0),
    "humidity":        Policy(      15.0,    10.0,     10.0,    7 * _DAY,           10.0,  0.0),
    "pressure":        Policy(       3.0,     1.0,      1.0,       _DAY,             3.0,  0.0),
}  # fmt: skip


class Judged(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the judge remembers: the level it trusts, what it doubts, and since when the value has been the same.

    `doubt_ms` is the first doubted reading of those in a row, `doubt` the newest; `former` the trusted level before the
    last believed jump.
    """

    trusted_ms: int = NEVER_MS
    trusted: float = 0.0
    doubt_ms: int = NEVER_MS
    doubt: float = 0.0
    former_ms: int = NEVER_MS
    former: float = 0.0
    same_ms: int = NEVER_MS
    same: float = inf


UNJUDGED = Judged()


def judge(policy: Policy, judged: Judged, time_ms: int, value: float) -> tuple[Judged, Mark]:
    """The judgement of the next reading in order of time: NONE, SPIKE, STUCK or both; `value` must be finite."""
    same_ms = judged.same_ms if value == judged.same else time_ms
    stuck = time_ms - same_ms > policy.stuck_s * 1_000
    if _plain(policy, judged, time_ms, value):
        return (
            Judged(time_ms, value, NEVER_MS, 0.0, judged.former_ms, judged.former, same_ms, value),
            Mark.STUCK if stuck else Mark.NONE,
        )
    after, mark = _doubted(policy, judged, time_ms, value, same_ms)
    return after, mark | Mark.STUCK if stuck else mark


def _plain(policy: Policy, judged: Judged, time_ms: int, value: float) -> bool:
    if judged.trusted_ms == NEVER_MS or -policy.least_step <= value - judged.trusted <= policy.least_step:
        return True
    in_reach = _in_reach(policy, value - judged.trusted, time_ms - judged.trusted_ms)
    return (in_reach and not _goes_on(judged, value)) or _back_to_former(policy, judged, time_ms, value)


def _goes_on(judged: Judged, value: float) -> bool:
    """Whether `value` is nearer to what is doubted than to what is trusted."""
    return judged.doubt_ms != NEVER_MS and abs(value - judged.doubt) < abs(value - judged.trusted)


def _in_reach(policy: Policy, step: float, passed_ms: int) -> bool:
    rate = policy.rise_per_min if step > 0 else policy.fall_per_min
    return abs(step) <= max(policy.least_step, rate * passed_ms / 60_000)


def _back_to_former(policy: Policy, judged: Judged, time_ms: int, value: float) -> bool:
    passed_ms = time_ms - judged.former_ms
    returns = value < judged.trusted and passed_ms <= SETTLE_MS
    return returns and _in_reach(policy, value - judged.former, passed_ms)


def _doubted(policy: Policy, judged: Judged, time_ms: int, value: float, same_ms: int) -> tuple[Judged, Mark]:
    rises, goes_on = value > judged.trusted, _goes_on(judged, value)
    slow = time_ms - judged.doubt_ms >= MOVED_GAUGE_MS or _in_reach(
        policy, value - judged.trusted, time_ms - judged.trusted_ms
    )
    if goes_on and (rises or slow):
        former = (judged.trusted_ms, judged.trusted) if rises else (NEVER_MS, 0.0)
        return Judged(time_ms, value, NEVER_MS, 0.0, *former, same_ms, value), Mark.NONE
    since = judged.doubt_ms if goes_on else time_ms
    trusted = (judged.trusted_ms, judged.trusted)
    return Judged(*trusted, since, value, judged.former_ms, judged.former, same_ms, value), Mark.SPIKE


def believed_after_all(before: Judged, after: Judged) -> tuple[int, float] | None:
    """The doubted reading (time, value) that the newest one has confirmed as the first of a true rise, if it has."""
    confirmed = before.doubt_ms != NEVER_MS and after.former_ms == before.trusted_ms != before.former_ms
    return (before.doubt_ms, before.doubt) if confirmed else None


def judge_column(
    policy: Policy, judged: Judged, times_ms: Sequence[int], values: Sequence[float]
) -> tuple[Judged, list[Mark] | None]:
    """The judgement of a column in order of time; None in place of the marks when every reading is plain.

    A column that stays within the least step of the trusted level costs two comparisons.
    """
    if not values:
        return judged, None
    if _all_plain(policy, judged, times_ms, values):
        return _after_plain(judged, times_ms, values), None
    marks = []
    for time_ms, value in zip(times_ms, values, strict=True):
        judged, mark = judge(policy, judged, time_ms, value) if isfinite(value) else (judged, Mark.NONE)
        marks.append(mark)
    return judged, marks if any(marks) else None


def _all_plain(policy: Policy, judged: Judged, times_ms: Sequence[int], values: Sequence[float]) -> bool:
    since_ms = times_ms[0] if judged.same_ms == NEVER_MS else judged.same_ms
    if times_ms[-1] - since_ms > policy.stuck_s * 1_000:
        return False
    low, high = min(values), max(values)
    if judged.trusted_ms != NEVER_MS:
        low, high = min(low, judged.trusted), max(high, judged.trusted)
    return high - low <= policy.least_step and isfinite(sum(values))


def _after_plain(judged: Judged, times_ms: Sequence[int], values: Sequence[float]) -> Judged:
    last, run = values[-1], len(values) - 1
    while run > 0 and values[run - 1] == last:
        run -= 1
    same_ms = judged.same_ms if run == 0 and last == judged.same else times_ms[run]
    return Judged(times_ms[-1], last, NEVER_MS, 0.0, judged.former_ms, judged.former, same_ms, last)


def twins_disagree(policy: Policy, one: float, other: float) -> bool:
    """Whether two channels that measure the same differ by more than the policy allows."""
    return abs(one - other) > max(policy.twin_least, policy.twin_share * abs(one + other) / 2)
