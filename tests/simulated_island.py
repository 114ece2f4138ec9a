"""The demo's simulated island, minute by minute: what each of its sensors measures, without serial lines and brokers.

Island(time_s).minute(time_s) ─► ("river-daruba", {"water_level": 132.4, "distance": 287.6}), ("rain-daruba", {…}), …

Rain, rivers, tide, air and visitors are those of demo/island, at its sites; only the instruments are left out.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from random import Random

from demo.devices.instruments import RATE_WINDOW_S, TIP_MM
from demo.island import river, tide
from demo.island.city import SEA_GAUGE_ZERO_CM, SEED
from demo.island.particulates import MARKET, VILLAGE, Street, particulates_of
from demo.island.visitors import ARMY_DOCK, BERE_BERE, DODOLA, Beach, Crowd
from demo.island.visitors import Island as Pier
from demo.island.weather import Air, air_of, local_hour, rain_mm_h

MINUTE_S = 60
Values = Mapping[str, float]
"""By quantity."""

_RIVERS = {"river-daruba": (river.DARUBA, "daruba", 420.0), "river-wayabula": (river.WAYABULA, "wayabula", 450.0)}
_BUCKETS = {"rain-daruba": "daruba", "rain-wayabula": "wayabula"}
_STREETS = {
    "air-market": (MARKET, "daruba"),
    "air-wayabula": (VILLAGE, "wayabula"),
    "air-bere-bere": (VILLAGE, "bere-bere"),
}
_GATES: Mapping[str, Beach | Pier] = {
    "people-army-dock": ARMY_DOCK,
    "people-dodola": DODOLA,
    "people-bere-bere": BERE_BERE,
}
_SEA_GAUGE_HEIGHT_CM = 380.0


class Island:
    """The island from `time_s` (UTC) on; asked minute after minute, it is the same at every run."""

    def __init__(self, time_s: float) -> None:
        self._dice = Random(f"{SEED}/{time_s}")
        self._rivers = {
            sensor: river.run_up(catchment, _rain(place), time_s) for sensor, (catchment, place, _) in _RIVERS.items()
        }
        self._crowds = {sensor: Crowd(place, time_s, self._dice) for sensor, place in _GATES.items()}
        self._water_mm = dict.fromkeys(_BUCKETS, 0.0)
        self._tips_s: dict[str, deque[float]] = {sensor: deque() for sensor in _BUCKETS}

    def minute(self, time_s: float) -> Iterator[tuple[str, Values]]:
        """What the sensors measure in the minute that ends at `time_s`."""
        for sensor in _RIVERS:
            yield sensor, self._river(sensor, time_s)
        level_cm = SEA_GAUGE_ZERO_CM + tide.height_cm(time_s)
        yield "tide-army-dock", _gauge(level_cm, _SEA_GAUGE_HEIGHT_CM, self._dice)
        for sensor in _BUCKETS:
            yield sensor, self._bucket(sensor, time_s)
        for sensor, (street, place) in _STREETS.items():
            yield sensor, self._dust(street, place, time_s) | (_sticky(place, time_s) if place == "bere-bere" else {})
        yield "climate-market", _climate(air_of(SEED, "daruba", time_s))
        for sensor in _GATES:
            yield sensor, self._gate(sensor, time_s)

    def _river(self, sensor: str, time_s: float) -> Values:
        _, place, height_cm = _RIVERS[sensor]
        water = self._rivers[sensor]
        water.step(rain_mm_h(SEED, place, time_s), MINUTE_S)
        return _gauge(water.level_cm(tide.height_cm(time_s)), height_cm, self._dice)

    def _bucket(self, sensor: str, time_s: float) -> Values:
        tips_s, before = self._tips_s[sensor], int(self._water_mm[sensor] / TIP_MM)
        self._water_mm[sensor] += rain_mm_h(SEED, _BUCKETS[sensor], time_s) * MINUTE_S / 3600
        tips = int(self._water_mm[sensor] / TIP_MM) - before
        tips_s.extend([time_s] * tips)
        while tips_s and tips_s[0] <= time_s - RATE_WINDOW_S:
            tips_s.popleft()
        return {"rainfall": round(tips * TIP_MM, 1), "rain_rate": round(len(tips_s) * TIP_MM * 3600 / RATE_WINDOW_S, 1)}

    def _dust(self, street: Street, place: str, time_s: float) -> dict[str, float]:
        rain = rain_mm_h(SEED, place, time_s)
        found = particulates_of(street, local_hour(time_s), rain, self._dice.uniform(-1, 1))
        return {"pm2_5": round(found.pm2_5, 1), "pm10": round(found.pm10, 1)}

    def _gate(self, sensor: str, time_s: float) -> Values:
        crowd = self._crowds[sensor]
        came, went = crowd.came, crowd.went
        crowd.step(time_s, MINUTE_S)
        return {
            "people_in": float(crowd.came - came),
            "people_out": float(crowd.went - went),
            "occupancy": float(crowd.inside),
        }


def _rain(place: str) -> Callable[[float], float]:
    return lambda time_s: rain_mm_h(SEED, place, time_s)


def _gauge(level_cm: float, height_cm: float, dice: Random) -> Values:
    level_cm += dice.gauss(0, 0.4)
    return {"water_level": round(level_cm, 1), "distance": round(height_cm - level_cm, 1)}


def _sticky(place: str, time_s: float) -> dict[str, float]:
    air = air_of(SEED, place, time_s)
    return {"temperature": round(air.temperature, 1), "humidity": round(air.humidity, 1)}


def _climate(air: Air) -> Values:
    return {name: round(value, 1) for name, value in air._asdict().items()}
