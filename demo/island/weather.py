"""Simulated weather of a place in a wet month: showers, most in the afternoon, and the warm, damp air between them.

rate
 60 |      /\\                each hour may bring one shower of 10 to 50 minutes, rising and falling evenly,
  0 |_____/  \\____ hours    drawn from (seed, place, hour): the same at every start
"""

from functools import lru_cache
from math import cos, tau
from random import Random
from typing import NamedTuple

WIT_S = 9 * 3600
"""Morotai's zone, UTC+9, in seconds."""
AFTERNOON_CHANCE, CHANCE = 0.3, 0.1
"""Of a shower, each hour; with their length and peaks some 14 mm fall a day, as in the wettest months."""
PEAKS_MM_H = (2, 4, 8, 16, 50)


class Shower(NamedTuple):
    """Rain from `start_s` (UTC) for `length_s`, at most `peak_mm_h` in its middle."""

    start_s: float
    length_s: float
    peak_mm_h: float

    def rate_mm_h(self, time_s: float) -> float:
        """The rain at `time_s`."""
        share = (time_s - self.start_s) / self.length_s
        return self.peak_mm_h * (1 - abs(2 * share - 1)) if 0 <= share <= 1 else 0.0


def local_hour(time_s: float) -> float:
    """The hour of Morotai's day, 0 to 24."""
    return (time_s + WIT_S) % 86_400 / 3600


@lru_cache(maxsize=4_096)
def shower_of(seed: int, place: str, hour: int) -> Shower | None:
    """The shower that begins in `hour` (since 1970, UTC), if there is one."""
    dice = Random(f"{seed}/{place}/{hour}")  # noqa: S311 - weather, not a secret
    afternoon = 13 <= local_hour(hour * 3600) < 19
    if dice.random() > (AFTERNOON_CHANCE if afternoon else CHANCE):
        return None
    return Shower(hour * 3600 + dice.uniform(0, 3600), dice.uniform(600, 3000), dice.choice(PEAKS_MM_H))


def rain_mm_h(seed: int, place: str, time_s: float) -> float:
    """The rain at a place."""
    hour = int(time_s // 3600)
    showers = (shower_of(seed, place, hour - before) for before in (0, 1))
    return sum(shower.rate_mm_h(time_s) for shower in showers if shower is not None)


class Air(NamedTuple):
    """Temperature in degrees Celsius, relative humidity in %, pressure in hPa."""

    temperature: float
    humidity: float
    pressure: float


def air_of(seed: int, place: str, time_s: float) -> Air:
    """The air at a place: warmest at 14:00, cooled by rain; pressure with its two tides a day."""
    hour = local_hour(time_s)
    rain = min(1.0, rain_mm_h(seed, place, time_s) / 20)
    warmth = cos(tau * (hour - 14) / 24)
    return Air(
        temperature=27.6 + 3.2 * warmth - 2.5 * rain,
        humidity=min(99.0, 80.0 - 11.0 * warmth + 12.0 * rain),
        pressure=1009.5 + 1.4 * cos(tau * (hour - 10) / 12),
    )
