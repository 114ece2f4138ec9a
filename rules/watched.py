"""A rule on a sensor, made ready: every limit, duration and window worked out once, so that a reading costs little.

                 calm                 hysteresis   limit        worse limit
ABOVE   ─────────────────────────────┤············├────────────┤──────────►   nothing can happen at a calm value
"""

from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from rules.events import SecondReading
from rules.exact import DECIMALS, cleaned
from rules.marks import MARK_OF_NAME, Mark
from rules.quality_policies import POLICIES, Policy, policy_of
from rules.rule import Hours, Level, Rule, RuleKind
from wire import Quantity

SILENT_AFTER_INTERVALS = 3.0
"""An alarming sensor is silent when it has missed this many readings."""
SILENT_AFTER_LEAST_S = 60.0
SILENT_AFTER_UNKNOWN_S = 7_200.0
"""The same for a sensor whose interval nobody has set."""
GAP_INTERVALS = 1.5
"""A hole of more than this many intervals is one that late readings may fill."""
AGREES_WITHIN_S = 900.0
"""A reading without history waits for the next where that is due within this; an hourly gauge is believed at once."""
JUDGED_ELSEWHERE = ~int(Mark.SPIKE | Mark.STUCK)
"""The marks that the fold takes as they come; of a quantity with a policy it judges the other two itself."""
_DAY_MINUTES = 24 * 60
_RESIDUE = 10.0**-DECIMALS
"""As near to a limit as this a value may be cleaned to the limit itself, and so is not calm at a glance."""


class WatchedNumbers(msgspec.Struct, frozen=True):
    """The numbers of a watched rule: milliseconds, marks as a mask, and the open interval of calm values.

    `forgets`: of calm readings only the last matters. `waits`: a reading without history waits for the next to agree.
    """

    for_ms: int
    clear_ms: int
    window_ms: int
    lateness_ms: int
    silent_ms: int
    gap_ms: int
    interval_ms: int | None
    rejected: int
    rejects_spikes: bool
    calm_low: float
    calm_high: float
    policy: Policy | None
    forgets: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule on a sensor: the resolved rule, the site's time zone (IANA), the sensor's expected interval in seconds.

    `quantity` is the row of what the rule looks at, which says how it can behave; None: that of every city.
    Raises ZoneInfoNotFoundError when the rule has hours and the zone does not exist.
    """

    sensor: str
    rule: Rule
    zone: str
    interval_s: float | None
    quantity: Quantity | None = None
    numbers: WatchedNumbers = field(init=False, repr=False, compare=False)
    clock: ZoneInfo | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work the numbers out."""
        object.__setattr__(self, "numbers", _numbers(self.rule, self.interval_s, self.quantity))
        object.__setattr__(self, "clock", ZoneInfo(self.zone) if self.rule.hours else None)

    def leaves_out(self, marks: int) -> bool:
        """Whether readings that come with these marks are not judged by the rule."""
        return bool(marks & (JUDGED_ELSEWHERE if self.numbers.policy else -1) & self.numbers.rejected)


def _numbers(rule: Rule, interval_s: float | None, quantity: Quantity | None) -> WatchedNumbers:
    silent_s = max(SILENT_AFTER_INTERVALS * interval_s, SILENT_AFTER_LEAST_S) if interval_s else SILENT_AFTER_UNKNOWN_S
    low, high = _calm(rule)
    return WatchedNumbers(
        for_ms=round(rule.for_s * 1_000),
        clear_ms=round(rule.clear_s * 1_000),
        window_ms=round(rule.window_s * 1_000),
        lateness_ms=round(rule.lateness_s * 1_000),
        silent_ms=round(silent_s * 1_000),
        gap_ms=round((GAP_INTERVALS * interval_s if interval_s else rule.lateness_s) * 1_000),
        interval_ms=round(interval_s * 1_000) if interval_s else None,
        rejected=_rejected(rule),
        rejects_spikes="spike" in rule.reject,
        calm_low=low,
        calm_high=high,
        policy=policy_of(quantity) if quantity is not None else POLICIES.get(rule.quantity),
        forgets=rule.kind not in (RuleKind.RISE, RuleKind.TREND) and rule.at_least is None,
        waits=interval_s is not None and interval_s <= AGREES_WITHIN_S,
    )


def _rejected(rule: Rule) -> int:
    """The marks that the rule does not believe; what was withdrawn holds for nobody."""
    rejected = sum(int(MARK_OF_NAME[name]) for name in {*rule.reject, "withdrawn"})
    return rejected | int(Mark.TWINS_DISAGREE) if "spike" in rule.reject else rejected


def _calm(rule: Rule) -> tuple[float, float]:
    limits = [level.limit for level in rule.levels]
    highs = [level.limit if level.high is None else level.high for level in rule.levels]
    match rule.kind:
        case RuleKind.ABOVE | RuleKind.RISE | RuleKind.INSIDE:
            return -inf, min(limits) - rule.hysteresis - _RESIDUE
        case RuleKind.BELOW:
            return max(limits) + rule.hysteresis + _RESIDUE, inf
        case RuleKind.OUTSIDE:
            return max(limits) + rule.hysteresis + _RESIDUE, min(highs) - rule.hysteresis - _RESIDUE
        case RuleKind.SILENCE | RuleKind.TREND:
            return inf, -inf


def rank(rule: Rule, value: float, *, slack: float = 0.0) -> int:
    """How many of the rule's levels `value` reaches, counted by the worst; with `slack`, how many it still holds."""
    value = cleaned(value)  # a distance taken from a height leaves 149.99999999999997 of a limit
    for number in range(len(rule.levels), 0, -1):
        if _reaches(rule.kind, rule.levels[number - 1], value, slack):
            return number
    return 0


def _reaches(kind: RuleKind, level: Level, value: float, slack: float) -> bool:
    low, high = level.limit, inf if level.high is None else level.high
    match kind:
        case RuleKind.BELOW | RuleKind.TREND:
            return _is_beyond(cleaned(low + slack), value, level.inclusive)
        case RuleKind.INSIDE:
            above, below = cleaned(low - slack), cleaned(high + slack)
            return _is_beyond(value, above, level.inclusive) and _is_beyond(below, value, level.inclusive)
        case RuleKind.OUTSIDE:
            below, above = cleaned(low + slack), cleaned(high - slack)
            return _is_beyond(below, value, level.inclusive) or _is_beyond(value, above, level.inclusive)
        case _:
            return _is_beyond(value, cleaned(low - slack), level.inclusive)


def _is_beyond(value: float, limit: float, inclusive: bool) -> bool:
    return value > limit or (inclusive and value == limit)


def may_open(watched: Watched, time_ms: int, value: float, second: SecondReading | None) -> bool:
    """Whether a reading beyond a level counts towards an alarm: the minimum, the second sensor and the hours agree."""
    rule = watched.rule
    if rule.minimum is not None and cleaned(value) < rule.minimum:
        return False
    return _also_agrees(rule, time_ms, second) and (rule.hours is None or _in_hours(rule.hours, watched, time_ms))


def _also_agrees(rule: Rule, time_ms: int, second: SecondReading | None) -> bool:
    also = rule.also
    if also is None:
        return True
    if second is None or not time_ms - also.within_s * 1_000 <= second.time_ms <= time_ms:
        return False
    value = cleaned(second.value)
    low, high = (value, also.limit) if also.kind is RuleKind.BELOW else (also.limit, value)
    return _is_beyond(high, low, also.inclusive)


def _in_hours(hours: Hours, watched: Watched, time_ms: int) -> bool:
    local = datetime.fromtimestamp(time_ms / 1_000, watched.clock)
    day, minute = local.isoweekday(), local.hour * 60 + local.minute
    start, end = minutes_of(hours.start), minutes_of(hours.end)
    if start < end:
        return day in hours.days and start <= minute < end
    yesterday = 7 if day == 1 else day - 1
    return (day in hours.days and minute >= start) or (yesterday in hours.days and minute < end)


def minutes_of(clock: str) -> int:
    """ "22:30" as minutes of the day, "24:00" included; raises ValueError for what is no time of the day."""
    hour, colon, minute = clock.partition(":")
    minutes = int(hour) * 60 + int(minute)
    if not colon or len(minute) != 2 or not 0 <= int(minute) < 60 or not 0 <= minutes <= _DAY_MINUTES:
        raise ValueError(clock)
    return minutes
