"""Quality before rules: spike and stuck value.

 trusted ──► a step faster than the policy allows ──► doubted (SPIKE) ──► the next is back near the trusted: it was one
                                                            └──────────► the next stays there: a true step, believed,
                                                                         and its mark is taken back
 no history, or a long gap ──► trusted for want of better ──► agreeing readings: trusted
                                                  └─────────► others that agree among themselves: it was a spike

A step is judged by what the quantity can do in the time that passed since anything was heard, up and down; what moves
one way already may go on moving. So a threshold does not depend on how often a sensor speaks.
"""

from collections.abc import Sequence
from math import inf, isfinite, sqrt

import msgspec
from msgspec.structs import replace

from rules.marks import Mark
from rules.quality_policies import Policy
from wire.durations import HOUR_MS

SETTLE_MS = HOUR_MS
"""For this long after a believed jump, a return to the level before it is a return, not a spike."""
CREDIT_MS = HOUR_MS
"""A step is judged by at most this much time; after a longer silence a step that is too large restarts the judge."""
RESTART_AFTER_MS = 6 * HOUR_MS
"""A silence of this long restarts the judge: the level before it says nothing any more."""
FASTER = 1.5
"""A series that is moving may go on moving, up to half as fast again as its last step."""
NEVER_MS = -(1 << 62)
"""Earlier than any reading: it has not happened."""


class Judged(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the judge remembers: the level it trusts, what it doubts, and since when the value has been the same.

    `weak_ms` is since when the trusted level waits for readings that agree, NEVER_MS once they have come. `doubt_ms` is
    the first doubted reading of those in a row, `doubt` the newest. `heard_ms` is the newest reading of any kind;
    `slope` the rate (unit/ms) of the last believed step, 0 where that was a small one. `former` is the trusted level
    before the last believed jump, `jumped_ms` where the readings began that were believed with it.
    """

    trusted_ms: int = NEVER_MS
    trusted: float = 0.0
    doubt_ms: int = NEVER_MS
    doubt: float = 0.0
    former_ms: int = NEVER_MS
    former: float = 0.0
    same_ms: int = NEVER_MS
    same: float = inf
    weak_ms: int = NEVER_MS
    heard_ms: int = NEVER_MS
    slope: float = 0.0
    jumped_ms: int = NEVER_MS

    @property
    def is_calm(self) -> bool:
        """Whether the newest reading is trusted, and nothing waits to be confirmed."""
        return self.trusted_ms == self.heard_ms != NEVER_MS and self.weak_ms == self.doubt_ms == NEVER_MS


UNJUDGED = Judged()


class Revised(msgspec.Struct, frozen=True):
    """What the newest reading has shown of earlier ones: which are believed after all, and which should not have been.

    Each is (first, last) in time (UTC ms, both included).
    """

    believed: tuple[int, int]
    doubted: tuple[int, int] | None = None

    @property
    def first_ms(self) -> int:
        """The earliest of them."""
        return self.believed[0] if self.doubted is None else self.doubted[0]

    def mark(self, time_ms: int, mark: Mark) -> Mark:
        """The mark of a reading at `time_ms` that had `mark`."""
        if self.believed[0] <= time_ms <= self.believed[1]:
            return mark & ~Mark.SPIKE
        doubted = self.doubted is not None and self.doubted[0] <= time_ms <= self.doubted[1]
        return mark | Mark.SPIKE if doubted else mark


def judge(policy: Policy, judged: Judged, time_ms: int, value: float) -> tuple[Judged, Mark]:
    """The judgement of the next reading in order of time: NONE, SPIKE, STUCK or both; `value` must be finite."""
    same_ms = judged.same_ms if value == judged.same else time_ms
    stuck = Mark.STUCK if time_ms - same_ms > policy.stuck_s * 1_000 else Mark.NONE
    least = policy.least_step
    calm = judged.doubt_ms == NEVER_MS == judged.weak_ms and time_ms - judged.heard_ms <= RESTART_AFTER_MS
    if calm and -least <= value - judged.trusted <= least:
        return calm_after(judged, time_ms, value, same_ms), stuck
    same = (same_ms, value)
    if _must_restart(policy, judged, time_ms, value):
        return _restarted(judged, time_ms, value, same), stuck
    if _plain(policy, judged, time_ms, value):
        return _trusted(policy, judged, time_ms, value, same), stuck
    after = _doubted(policy, judged, time_ms, value, same)
    return after, stuck if after.doubt_ms == NEVER_MS else Mark.SPIKE | stuck


def confirmed(judged: Judged, time_ms: int, value: float) -> Judged:
    """The judgement where somebody has seen that a doubted value is right: what was doubted before it is believed."""
    same_ms = judged.same_ms if value == judged.same else time_ms
    began = judged if judged.doubt_ms != NEVER_MS else replace(judged, doubt_ms=time_ms, doubt=value)
    return _jumped(began, time_ms, value, (same_ms, value))


def revised(before: Judged, after: Judged) -> Revised | None:
    """What the reading that led from `before` to `after` has shown of earlier ones, where it has shown anything."""
    if after.jumped_ms == before.jumped_ms:
        return None
    doubted = None if before.weak_ms == NEVER_MS else (before.weak_ms, before.trusted_ms)
    return Revised((before.doubt_ms, before.heard_ms), doubted)


def _must_restart(policy: Policy, judged: Judged, time_ms: int, value: float) -> bool:
    passed_ms = time_ms - judged.heard_ms
    if passed_ms > RESTART_AFTER_MS:
        return True
    return passed_ms > CREDIT_MS and not in_reach(policy, judged, value - judged.trusted, CREDIT_MS)


def _restarted(judged: Judged, time_ms: int, value: float, same: tuple[int, float]) -> Judged:
    return Judged(time_ms, value, NEVER_MS, 0.0, NEVER_MS, 0.0, *same, time_ms, time_ms, 0.0, judged.jumped_ms)


def _plain(policy: Policy, judged: Judged, time_ms: int, value: float) -> bool:
    step = value - judged.trusted
    if -policy.least_step <= step <= policy.least_step:
        return True
    # since anything was heard: hours of doubted readings make no step more likely
    near = in_reach(policy, judged, step, time_ms - judged.heard_ms)
    return (near and not _goes_on(judged, value)) or _back_to_former(policy, judged, time_ms, value)


def _trusted(policy: Policy, judged: Judged, time_ms: int, value: float, same: tuple[int, float]) -> Judged:
    step = value - judged.trusted
    slope = 0.0 if abs(step) <= policy.least_step else step / (time_ms - judged.trusted_ms)
    weak = judged.weak_ms != NEVER_MS and time_ms - judged.weak_ms < _lasts_ms(policy, judged, step)
    weak_ms = judged.weak_ms if weak else NEVER_MS
    former = (judged.former_ms, judged.former)
    return Judged(time_ms, value, NEVER_MS, 0.0, *former, *same, weak_ms, time_ms, slope, judged.jumped_ms)


def _goes_on(judged: Judged, value: float) -> bool:
    """Whether `value` is nearer to what is doubted than to what is trusted."""
    return judged.doubt_ms != NEVER_MS and abs(value - judged.doubt) < abs(value - judged.trusted)


def in_reach(policy: Policy, judged: Judged, step: float, passed_ms: int) -> bool:
    """Say whether the quantity can step so far from what is trusted in the time that passed."""
    per_min, an_hour = (
        (policy.rise_per_min, policy.rise_an_hour) if step > 0 else (policy.fall_per_min, policy.fall_an_hour)
    )
    credit_ms = min(passed_ms, CREDIT_MS)
    can = min(per_min * credit_ms / 60_000, an_hour * sqrt(credit_ms / HOUR_MS))
    goes_on = FASTER * judged.slope * credit_ms if step * judged.slope > 0 else 0.0
    return abs(step) <= max(policy.least_step, can, abs(goes_on))


def _back_to_former(policy: Policy, judged: Judged, time_ms: int, value: float) -> bool:
    passed_ms = time_ms - judged.former_ms
    step = value - judged.former
    returns = (judged.former - judged.trusted) * (value - judged.trusted) > 0 and passed_ms <= SETTLE_MS
    return returns and in_reach(policy, judged, step, passed_ms)


def _lasts_ms(policy: Policy, judged: Judged, step: float) -> float:
    """How long readings must agree; where nothing firm contradicts them, the shorter of both."""
    if judged.weak_ms != NEVER_MS:
        return min(policy.rise_lasts_s, policy.fall_lasts_s) * 1_000
    return (policy.rise_lasts_s if step > 0 else policy.fall_lasts_s) * 1_000


def _doubted(policy: Policy, judged: Judged, time_ms: int, value: float, same: tuple[int, float]) -> Judged:
    goes_on = _goes_on(judged, value) and _agrees(policy, judged, value)
    if goes_on and time_ms - judged.doubt_ms >= _lasts_ms(policy, judged, value - judged.trusted):
        return _jumped(judged, time_ms, value, same)
    since_ms = judged.doubt_ms if goes_on else time_ms
    trusted, former = (judged.trusted_ms, judged.trusted), (judged.former_ms, judged.former)
    doubt = (since_ms, value)
    return Judged(*trusted, *doubt, *former, *same, judged.weak_ms, time_ms, judged.slope, judged.jumped_ms)


def _agrees(policy: Policy, judged: Judged, value: float) -> bool:
    """Whether a doubted step may go on to `value`; where nobody is in a hurry, by no more than the step itself."""
    rises = value > judged.trusted
    hurries = rises == (policy.rise_lasts_s <= policy.fall_lasts_s) or policy.rise_lasts_s == policy.fall_lasts_s
    return hurries or abs(value - judged.doubt) <= abs(judged.doubt - judged.trusted)


def _jumped(judged: Judged, time_ms: int, value: float, same: tuple[int, float]) -> Judged:
    """The readings that were doubted are believed; what was trusted may be come back to, if it was ever firm."""
    firm = judged.weak_ms == NEVER_MS
    former = (judged.trusted_ms, judged.trusted) if firm else (NEVER_MS, 0.0)
    slope = (value - judged.doubt) / (time_ms - judged.heard_ms)
    return Judged(time_ms, value, NEVER_MS, 0.0, *former, *same, NEVER_MS, time_ms, slope, judged.doubt_ms)


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


def verdicts(
    policy: Policy, judged: Judged, times_ms: Sequence[int], values: Sequence[float]
) -> tuple[Judged, list[Mark], list[Revised]]:
    """The judgement of a column in order of time, with what later readings of it have shown of earlier ones put right.

    What they have shown of readings before the column comes along as it is.
    """
    if values and _all_plain(policy, judged, times_ms, values):
        return _after_plain(judged, times_ms, values), [Mark.NONE] * len(values), []
    marks: list[Mark] = []
    earlier: list[Revised] = []
    for time_ms, value in zip(times_ms, values, strict=True):
        before, mark = judged, Mark.NONE
        if isfinite(value):
            judged, mark = judge(policy, before, time_ms, value)
            shown = revised(before, judged)
            if shown is not None:
                _put_right(times_ms, marks, shown)
                earlier += [shown] if shown.first_ms < times_ms[0] else []
        marks.append(mark)
    return judged, marks, earlier


def _put_right(times_ms: Sequence[int], marks: list[Mark], shown: Revised) -> None:
    for place in range(len(marks) - 1, -1, -1):
        if times_ms[place] < shown.first_ms:
            return
        marks[place] = shown.mark(times_ms[place], marks[place])


def _all_plain(policy: Policy, judged: Judged, times_ms: Sequence[int], values: Sequence[float]) -> bool:
    if not judged.is_calm or times_ms[-1] - judged.heard_ms > RESTART_AFTER_MS:
        return False
    if times_ms[-1] - judged.same_ms > policy.stuck_s * 1_000:
        return False
    low, high = min(judged.trusted, *values), max(judged.trusted, *values)
    return high - low <= policy.least_step and isfinite(sum(values))


def _after_plain(judged: Judged, times_ms: Sequence[int], values: Sequence[float]) -> Judged:
    last, run = values[-1], len(values) - 1
    while run > 0 and values[run - 1] == last:
        run -= 1
    same_ms = judged.same_ms if run == 0 and last == judged.same else times_ms[run]
    return calm_after(judged, times_ms[-1], last, same_ms)


def calm_after(judged: Judged, time_ms: int, value: float, same_ms: int) -> Judged:
    """A calm judge after steps none of which was larger than the least, up to (time, value)."""
    former_ms, former = judged.former_ms, judged.former
    return Judged(
        time_ms, value, NEVER_MS, 0.0, former_ms, former, same_ms, value, NEVER_MS, time_ms, 0.0, judged.jumped_ms
    )
