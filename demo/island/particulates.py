"""Simulated particulates: cooking and traffic in the morning and the evening, washed out by rain.

PM2.5 |   _          __
   20 |  / \\        /  \\
    6 |_/   \\______/    \\__  hour of the day
"""

from math import exp
from typing import NamedTuple


class Particulates(NamedTuple):
    """PM2.5 and PM10 in ug/m3."""

    pm2_5: float
    pm10: float


class Street(NamedTuple):
    """How much a place adds at its peaks, in ug/m3 of PM2.5, over the sea's background."""

    background: float
    morning: float
    evening: float


MARKET = Street(8.0, 16.0, 22.0)
VILLAGE = Street(6.0, 6.0, 14.0)
WASHOUT_MM_H = 18.0
"""The rain that takes all but 1/e of what was added."""


def particulates_of(street: Street, hour: float, rain_mm_h: float, wobble: float = 0.0) -> Particulates:
    """The particulates at an hour of the day; `wobble` (-1 to 1) is what the wind does from minute to minute."""
    added = street.morning * _bell(hour, 7.0, 1.3) + street.evening * _bell(hour, 18.5, 1.8)
    pm2_5 = (street.background + added) * exp(-rain_mm_h / WASHOUT_MM_H) * (1 + 0.12 * wobble)
    return Particulates(pm2_5, 1.7 * pm2_5 + 4.0)


def _bell(hour: float, middle: float, width: float) -> float:
    away = min(abs(hour - middle), 24 - abs(hour - middle))
    return exp(-((away / width) ** 2) / 2)
