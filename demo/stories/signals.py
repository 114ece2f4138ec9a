"""What a story makes of the simulated island: for some minutes a device measures something that the day does not bring.

share of the peak  1 |        ______
                     |       /      \\            value = ordinary + share x (peak - ordinary), never below the ordinary
                   0 |______/        \\_______
                     0     12  90   125  175  s since the story began

A day's flood is pressed into three minutes, so the signals are steep; every step of them is one that the checks of real
readings believe, and the rules of the demo's city reach their levels by them (tests/unit/demo/stories).
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple


class CoursePoint(NamedTuple):
    """So much of the peak at a second of the story."""

    at_s: float
    share: float


class Signal(NamedTuple):
    """What a device is brought to: `peak` in its own unit, and how much of it when; nothing before and after."""

    peak: float
    course: tuple[CoursePoint, ...]

    def share(self, at_s: float) -> float:
        """How much of the peak there is at a second of the story."""
        place = bisect_right(self.course, at_s, key=lambda point: point.at_s)
        if place in (0, len(self.course)):
            return 0.0
        before, after = self.course[place - 1 : place + 1]
        return before.share + (after.share - before.share) * (at_s - before.at_s) / (after.at_s - before.at_s)

    def raised(self, ordinary: float, at_s: float) -> float:
        """The ordinary value, brought towards the peak."""
        return ordinary + self.share(at_s) * max(0.0, self.peak - ordinary)

    def crossing_s(self, ordinary: float, value: float) -> float | None:
        """The first second at which `value` is reached; None where it never is."""
        wanted = (value - ordinary) / (self.peak - ordinary)
        for before, after in pairwise(self.course):
            if before.share < wanted <= after.share:
                return before.at_s + (after.at_s - before.at_s) * (wanted - before.share) / (after.share - before.share)
        return None


def _course(*points: tuple[float, float]) -> tuple[CoursePoint, ...]:
    return tuple(CoursePoint(*point) for point in points)


RAIN, RIVER, SMOKE, CROWD = "rain-daruba", "river-daruba", "air-market", "people-bere-bere"
"""The sensors that stories play on."""

SIGNALS: Mapping[str, Mapping[str, Signal]] = {
    "flood": {
        RAIN: Signal(160.0, _course((0, 0), (2, 1), (100, 1), (130, 0))),  # mm/h
        RIVER: Signal(245.0, _course((0, 0), (12, 0), (90, 1), (125, 1), (175, 0))),  # cm over the gauge's zero
    },
    "smoke": {
        SMOKE: Signal(420.0, _course((0, 0), (5, 0), (70, 1), (110, 1), (140, 0))),  # ug/m3 of PM2.5
    },
    "crowd": {
        CROWD: Signal(330.0, _course((0, 0), (5, 0), (45, 1), (115, 1), (125, 0))),  # people more than usual
    },
    "powercut": {},
}
"""By story and device; a power cut changes nothing on the island."""
