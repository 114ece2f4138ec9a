"""People counted: what a counter adds, who is inside, how long they stay, how dense they stand.

counter   65530 ─► 4 (16 bits)  adds 10: it wrapped        120 ─► 3  adds 3: it started again at 0
inside    in - out since the place closed, never below 0: count errors add up, so the day ends at 0
density   people / m2 on Fruin's scale: free, slowed, critical, contact, dangerous

Metrics: FootfallCam "Metrics definition v2"; occupancy and its drift: xenometric.com/occupancy; density: Fruin, by EPJ
Data Science 17, table 1, and gkstill.com. A line shared by two zones belongs to one edge; lines in a row at one door
are alternatives, and never added.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from rules.exact import cleaned
from rules.local_time import last_shown_ms, next_shown_ms

_NEAR_THE_END = 16
"""A wrap is believed where both ends lie within a sixteenth of the counter's range around its end."""


class Total(msgspec.Struct, frozen=True):
    """A counter's total at `time_ms` (UTC)."""

    time_ms: int
    count: int


def added(last: Total | None, now: Total, *, bits: int | None = None) -> int | None:
    """What came on top of `last`; None where that is unknown: a first total, or one older than what is known.

    A counter of `bits` may wrap; where its width is unknown every decrease is a reset, after which it counts from 0.
    """
    if last is None or now.time_ms <= last.time_ms:
        return None
    if now.count >= last.count:
        return now.count - last.count
    if bits is not None:
        wrapped = now.count - last.count + (1 << bits)
        if wrapped < (1 << bits) // _NEAR_THE_END:
            return wrapped
    return now.count


class CountStep(msgspec.Struct, frozen=True):
    """People who came in and went out up to `time_ms` (UTC) since the step before."""

    time_ms: int
    came: float
    went: float


class Inside(msgspec.Struct, frozen=True):
    """At `time_ms` (UTC): people inside; visits, and the time that all have spent, since the place last closed."""

    time_ms: int
    people: float
    visits: float
    spent_s: float = 0.0

    @property
    def mean_visit_s(self) -> float | None:
        """The mean visit so far, by Little's law; None before the first. Who is still inside has not stayed it all."""
        return self.spent_s / self.visits if self.visits else None


def inside(steps: Iterable[CountStep], *, closings_ms: Sequence[int] = (), after: Inside | None = None) -> list[Inside]:
    """Who is inside after each step, oldest first; whatever was counted until a closing is forgotten with it.

    `closings_ms` (UTC) in their order. A step belongs to the day in which it ends; one that ends with the closing is
    the last of its day. `after`: what was found up to the first step, to go on from.
    """
    found: list[Inside] = []
    for step in steps:
        if after is None or _day(after.time_ms, closings_ms) != _day(step.time_ms, closings_ms):
            after = Inside(step.time_ms, 0.0, 0.0)
        after = Inside(
            step.time_ms,
            max(0.0, after.people + step.came - step.went),
            after.visits + step.came,
            after.spent_s + after.people * (step.time_ms - after.time_ms) / 1000,
        )
        found.append(after)
    return found


def _day(time_ms: int, closings_ms: Sequence[int]) -> int:
    return bisect_left(closings_ms, time_ms)


def last_closing_ms(time_ms: int, *, closes: str | None, zone: ZoneInfo) -> int:
    """When (UTC) a place that `closes` at "18:00" of `zone` last did so before `time_ms`; None: at midnight."""
    return last_shown_ms(time_ms, *_clock(closes), zone)


def next_closing_ms(time_ms: int, *, closes: str | None, zone: ZoneInfo) -> int:
    """When (UTC) it does so next, `time_ms` included."""
    return next_shown_ms(time_ms, *_clock(closes), zone)


def _clock(closes: str | None) -> tuple[int, int]:
    hour, _, minute = (closes or "00:00").partition(":")
    return int(hour), int(minute)


class Visit(msgspec.Struct, frozen=True):
    """How long somebody was there, in ms of UTC."""

    came_ms: int
    left_ms: int


class Dwell(msgspec.Struct, frozen=True):
    """Lengths of visits in seconds."""

    visits: int
    mean_s: float
    longest_s: float


def dwell(visits: Iterable[Visit]) -> Dwell | None:
    """The mean and longest of visits whose both ends are known; None where there are none."""
    lengths_s = [(visit.left_ms - visit.came_ms) / 1000 for visit in visits if visit.left_ms >= visit.came_ms]
    return Dwell(len(lengths_s), sum(lengths_s) / len(lengths_s), max(lengths_s)) if lengths_s else None


class Density(msgspec.Struct, frozen=True):
    """A class of crowding from `from_m2` people a square metre on."""

    from_m2: float
    english: str
    indonesian: str
    hex: str


DENSITIES = (
    Density(0.0, "free", "lengang", "#2e9e4f"),
    Density(0.43, "normal walking", "berjalan normal", "#8bbf3f"),
    Density(2.0, "slowed", "melambat", "#f2c500"),
    Density(3.0, "critical flow", "arus kritis", "#f28c00"),
    Density(3.57, "involuntary contact", "berdesakan", "#d7261e"),
    Density(5.55, "dangerous while moving", "berbahaya bila bergerak", "#a3123a"),
    Density(7.1, "critical while standing", "kritis meski diam", "#7d2ea8"),
)
"""Fruin: critical flow is printed as 2 to 3, and counts here from its upper end; from 2 on people are slowed."""


def density_of(people_per_m2: float) -> Density:
    """The class of a crowd; ValueError for less than nobody."""
    if not 0 <= people_per_m2 < math.inf:
        raise ValueError(f"{people_per_m2} people/m2 is no crowd; give 0 or more")
    return DENSITIES[bisect_right([row.from_m2 for row in DENSITIES], cleaned(people_per_m2)) - 1]


class Fullness(msgspec.Struct, frozen=True):
    """A class of capacity used, from `from_percent` on; `rank` among the states of a place, 0 calm."""

    from_percent: float
    english: str
    indonesian: str
    hex: str
    rank: int


FULLNESS = (
    Fullness(0.0, "room left", "masih longgar", "#2e9e4f", 0),
    Fullness(80.0, "nearly full", "hampir penuh", "#f28c00", 2),
    Fullness(100.0, "full", "penuh", "#d7261e", 3),
)
"""Of the effective capacity; the limits are our proposal, and rules may set others."""


def fullness_of(percent: float) -> Fullness:
    """The class of capacity used in %; ValueError for less than none."""
    if not 0 <= percent < math.inf:
        raise ValueError(f"{percent} % of a capacity cannot be; give 0 or more")
    return FULLNESS[bisect_right([row.from_percent for row in FULLNESS], cleaned(percent)) - 1]


def used_percent(people: float, capacity: float) -> float:
    """Capacity used, %; ValueError where a place holds nobody."""
    if capacity <= 0:
        raise ValueError(f"a capacity of {capacity} is none; give how many may be there at once")
    return 100.0 * people / capacity
