"""BMKG's classes of rain, of an hour and of a day (07:00 to 07:00 of the place).

class_of_day(35.0) -> sedang, moderate, yellow          class_of_hour(12.0) -> lebat, heavy

A day: BMKG by tempo.co (1863808). An hour: https://bbwsso.monitoring4system.com/pengaturan/indikator_curah_hujan
(a river basin authority; BMKG prints no table of hours). Every copy prints shared ends (20, 50, …): a class has its
lower end and not its upper one. Rain of less than 0.5 mm a day is in no table: "very light" is our own name for it.
"""

import math
from bisect import bisect_right

import msgspec

from rules.exact import cleaned

SOURCE = "BMKG"
DAY_BEGINS_HOUR = 7
"""Of the site's time: BMKG reads its gauges at 07:00."""


class RainClass(msgspec.Struct, frozen=True):
    """A class from `from_mm` on; a day's colour is BMKG's by name, its code our choice. Hours take those of days."""

    from_mm: float
    indonesian: str
    english: str
    colour_indonesian: str
    colour: str
    hex: str


DAY_CLASSES = (
    RainClass(0.0, "berawan", "no rain", "abu-abu", "grey", "#9e9e9e"),
    RainClass(math.ulp(0.0), "sangat ringan", "very light", "abu-abu", "grey", "#9e9e9e"),
    RainClass(0.5, "ringan", "light", "hijau", "green", "#2e9e4f"),
    RainClass(20.0, "sedang", "moderate", "kuning", "yellow", "#f2c500"),
    RainClass(50.0, "lebat", "heavy", "oranye", "orange", "#f28c00"),
    RainClass(100.0, "sangat lebat", "very heavy", "merah", "red", "#d7261e"),
    RainClass(150.0, "ekstrem", "extreme", "ungu", "purple", "#7d2ea8"),
)
HOUR_CLASSES = (
    RainClass(0.0, "tidak hujan", "no rain", "abu-abu", "grey", "#9e9e9e"),
    RainClass(0.1, "sangat ringan", "very light", "abu-abu", "grey", "#9e9e9e"),
    RainClass(1.0, "ringan", "light", "hijau", "green", "#2e9e4f"),
    RainClass(5.0, "sedang", "moderate", "kuning", "yellow", "#f2c500"),
    RainClass(10.0, "lebat", "heavy", "oranye", "orange", "#f28c00"),
    RainClass(20.0, "sangat lebat", "very heavy", "merah", "red", "#d7261e"),
)


def class_of_day(mm: float) -> RainClass:
    """The class of a day's rain in mm."""
    return _class_of(mm, DAY_CLASSES)


def class_of_hour(mm: float) -> RainClass:
    """The class of an hour's rain in mm."""
    return _class_of(mm, HOUR_CLASSES)


def _class_of(mm: float, classes: tuple[RainClass, ...]) -> RainClass:
    if not 0 <= mm < math.inf:
        raise ValueError(f"{mm} mm is no rain; give 0 or more")
    # a gauge of 0.2 mm a tip adds up to 0.5999999999999999
    return classes[bisect_right([row.from_mm for row in classes], cleaned(mm)) - 1]
