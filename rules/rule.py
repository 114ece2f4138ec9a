"""A rule: what is watched, from which value it matters, how surely, and what people read when it does.

Rule(family="river-level", quantity="water_level", kind=ABOVE, hysteresis=10, for_s=60,
     levels=(Level("Siaga 3", MODERATE, 150), Level("Siaga 2", SEVERE, 250), Level("Siaga 1", EXTREME, 320)), …)

Levels stand from the mildest to the worst. A rule says nothing of where it holds: see scope.py.
"""

from enum import StrEnum

import msgspec

PLATFORM, OFFLINE, TEST = "platform", "gateway-offline", "test-alarm"
OWN_FAMILIES = (PLATFORM, OFFLINE)
"""Alarms that Siaga raises about itself and its gateways, from no reading and by no rule that people could change."""
RESERVED_FAMILIES = (*OWN_FAMILIES, TEST)
"""Names that no rule of a city may take."""


class RuleKind(StrEnum):
    """What of the readings a rule looks at, and on which side of its levels it wakes."""

    ABOVE = "above"
    BELOW = "below"
    INSIDE = "inside"
    OUTSIDE = "outside"
    RISE = "rise"
    TREND = "trend"
    SILENCE = "silence"


NOT_OF_THE_READING = frozenset({RuleKind.RISE, RuleKind.TREND, RuleKind.SILENCE})
"""Kinds whose limits and values are no values of the quantity."""


class Direction(StrEnum):
    """From which side a trend reaches its target."""

    FALLING = "falling"
    RISING = "rising"


class Severity(StrEnum):
    """How bad a level is, in the terms of CAP 1.2, from the mildest to the worst."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    EXTREME = "extreme"

    @property
    def rank(self) -> int:
        """How bad, as a number to compare and to store: 1 is the mildest, 4 the worst."""
        return list(Severity).index(self) + 1


class Level(msgspec.Struct, frozen=True):
    """One level of a rule.

    `limit` is in the unit of the rule's quantity; for a rise, in that unit over `window_s`; for a trend, in days; for
    silence, in expected intervals of the sensor. `high` is the upper end for inside and outside. `inclusive`: the limit
    itself counts. `colour` is #rrggbb, or empty for that of the severity.
    """

    name: str
    severity: Severity
    limit: float
    high: float | None = None
    inclusive: bool = True
    colour: str = ""
    name_id: str = ""


class Also(msgspec.Struct, frozen=True):
    """A second sensor that must agree: its newest reading at that event time is at most `within_s` old, beyond `limit`.

    What it measured later says nothing of then.
    """

    sensor: str
    quantity: str
    kind: RuleKind
    limit: float
    inclusive: bool = True
    within_s: float = 3_600.0


class Hours(msgspec.Struct, frozen=True):
    """When a rule holds, in the site's time: ISO days (1 = Monday) from `start` to `end` ("22:00" to "05:00" wraps)."""

    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    start: str = "00:00"
    end: str = "24:00"


class AtLeast(msgspec.Struct, frozen=True):
    """Not one reading but `n` of the last `m` must be beyond the level."""

    n: int
    m: int


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """All that the engine and the people need of one rule; times in seconds of event time.

    `for_s`: how long the level must be exceeded before the alarm; `clear_s`: how long it must be left, by `hysteresis`
    at least, before the alarm closes. `minimum`: a rise counts only from this value on. `target` is what a trend
    reaches, falling or rising, by how it went over `window_s`; its levels are how many days before. `reject` names the
    marks whose readings the rule does not believe; whoever rejects spikes rejects what a twin contradicts.
    `lateness_s`: readings that come out of order by no more than that still count in their order. `advice` is what to
    do, as the person on duty reads it.
    """

    family: str
    quantity: str
    kind: RuleKind
    levels: tuple[Level, ...]
    title: str
    title_id: str = ""
    advice: str = ""
    advice_id: str = ""
    hysteresis: float = 0.0
    for_s: float = 0.0
    clear_s: float = 0.0
    at_least: AtLeast | None = None
    window_s: float = 600.0
    minimum: float | None = None
    target: float | None = None
    direction: Direction = Direction.FALLING
    also: Also | None = None
    hours: Hours | None = None
    reject: tuple[str, ...] = ("spike", "clock_unknown")
    lateness_s: float = 60.0
    enabled: bool = True
