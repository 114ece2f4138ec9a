"""Simulated visitors: they come by the hour of the day and the day of the week, stay a while, and go.

beach   come by the hour  ─► [ inside ] ─► go when their stay is over; at night all go home
island  come with a boat  ─► [ inside ] ─► go with a boat
"""

from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import NamedTuple

from demo.island.weather import WIT_S, local_hour

NIGHT_STAY_S = 1_200
MOORED_S = 900
"""How long a boat lies at the pier: people come off it and go on it all that time."""
_RUN_UP_H = 24


class Flow(NamedTuple):
    """How many come in an hour, and for each of those inside the chance an hour to go."""

    come_per_h: float
    go_per_h: float


class Beach(NamedTuple):
    """Visitors an hour at a busy weekday hour, by hour of the day (share of busy), the weekend's factor, the stay."""

    busy_per_h: float
    shares: Sequence[float]
    weekend: float
    stay_s: float


class Boat(NamedTuple):
    """A boat that comes at `hour`: it brings so many on a weekday, and takes a share of those who are there."""

    hour: float
    brings: int
    takes: float


class Island(NamedTuple):
    """A place that only boats reach, and the weekend's factor."""

    boats: Sequence[Boat]
    weekend: float


_BY_HOUR = (0, 0, 0, 0, 0, 0.1, 0.4, 0.5, 0.5, 0.6, 0.5, 0.3, 0.3, 0.3, 0.4, 0.7, 1, 1, 0.6, 0.2, 0.1, 0.05, 0, 0)
ARMY_DOCK = Beach(140.0, _BY_HOUR, weekend=1.9, stay_s=5_400)
BERE_BERE = Beach(40.0, _BY_HOUR, weekend=1.5, stay_s=4_500)
DODOLA = Island(
    (Boat(8.0, 45, 0.05), Boat(10.0, 50, 0.1), Boat(13.0, 35, 0.3), Boat(15.5, 10, 0.6), Boat(17.5, 0, 0.97)),
    weekend=1.6,
)


def flow_of(place: Beach | Island, time_s: float) -> Flow:
    """Who comes and goes at `time_s` (UTC)."""
    hour = local_hour(time_s)
    factor = place.weekend if _is_weekend(time_s) else 1.0
    if isinstance(place, Beach):
        share = place.shares[int(hour)]
        return Flow(place.busy_per_h * share * factor, 3600 / (place.stay_s if share else NIGHT_STAY_S))
    moored = [boat for boat in place.boats if boat.hour <= hour < boat.hour + MOORED_S / 3600]
    calls_per_h = 3600 / MOORED_S
    return Flow(
        sum(boat.brings for boat in moored) * factor * calls_per_h,
        sum(-log(1 - boat.takes) for boat in moored) * calls_per_h,
    )


def _is_weekend(time_s: float) -> bool:
    return int((time_s + WIT_S) // 86_400 + 3) % 7 >= 5  # 1970-01-01 was a Thursday


class UsualCrowd:
    """As many people as usually come and go, minute by minute, after a day of it: whole ones, and no chance in it."""

    def __init__(self, place: Beach | Island, time_s: float) -> None:
        self._place = place
        self._inside = self._came = self._went = 0.0
        for minute in range(int(time_s // 60) - _RUN_UP_H * 60, int(time_s // 60)):
            self.step(minute * 60)

    def step(self, time_s: float) -> None:
        """Let the minute that begins at `time_s` (UTC) pass."""
        flow = flow_of(self._place, time_s)
        stay = self._inside * exp(-flow.go_per_h / 60)
        self._went += self._inside - stay
        self._came += flow.come_per_h / 60
        self._inside = stay + flow.come_per_h / 60

    @property
    def came(self) -> int:
        """How many have come."""
        return int(self._came)

    @property
    def went(self) -> int:
        """How many have gone."""
        return int(self._went)

    @property
    def inside(self) -> int:
        """How many are there."""
        return self.came - self.went


def usually_inside(place: Beach | Island, time_s: float) -> float:
    """How many are there at `time_s`, after a day of the usual coming and going: so a restart finds about as many."""
    return UsualCrowd(place, time_s).inside


class Crowd:
    """The people at a place, with the totals that a counter at its gate shows."""

    def __init__(self, place: Beach | Island, time_s: float, dice: Random) -> None:
        self._place = place
        self._dice = dice
        self.inside = round(usually_inside(place, time_s))
        self.came = self.went = 0

    def step(self, time_s: float, seconds: float) -> None:
        """Let people come and go for `seconds` until `time_s`."""
        flow = flow_of(self._place, time_s)
        came = poisson(flow.come_per_h * seconds / 3600, self._dice)
        chance = 1 - exp(-flow.go_per_h * seconds / 3600)
        went = sum(self._dice.random() < chance for _ in range(self.inside)) if chance else 0
        self.came, self.went, self.inside = self.came + came, self.went + went, self.inside + came - went


def poisson(mean: float, dice: Random) -> int:
    """A whole number around a small `mean` (Knuth's way)."""
    floor, product, count = exp(-mean), dice.random(), 0
    while product > floor:
        product *= dice.random()
        count += 1
    return count
