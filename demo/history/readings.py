"""The readings of a stretch of the past, as the demo's devices would have given them, only less often.

Past(since, fine_from) ─► stretch(until) ─► {"gw-daruba": [Reading …], "gw-utara": […]}

Weather, tide and rivers are the functions of time that the devices follow too, so the present goes on where this ends.
The visitors are as many as usual: the present begins with those.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from demo.devices.instruments import TIP_MM
from demo.island import river, tide
from demo.island.city import SEA_GAUGE_ZERO_CM, SEED
from demo.island.particulates import MARKET, VILLAGE, Street, particulates_of
from demo.island.visitors import ARMY_DOCK, BERE_BERE, DODOLA, Beach, Island, UsualCrowd
from demo.island.weather import air_of, local_hour, rain_mm_h
from wire import Reading

MINUTE_S = 60
RATE_STEP_MM_H = 2.4
"""What one tip of the bucket in five minutes is, as the board has it."""
Samples = Iterator[tuple[str, float]]
Sampling = Callable[[int, int], Samples]
"""What a device gives at a time (UTC, s) so many minutes after the time before."""


class Pace(NamedTuple):
    """Minutes between readings: long ago, and in the last days, which are looked at again by the present's rules."""

    long_ago: int
    lately: int


WATER = Pace(5, 2)
PEOPLE = Pace(10, 5)
AIR = Pace(10, 5)
CLIMATE = Pace(30, 15)
TIDE = Pace(10, 5)


class Device(NamedTuple):
    """A sensor of the past."""

    gateway: str
    sensor: str
    pace: Pace
    samples: Sampling


class Past:
    """The devices of the past, from `since_s` (UTC, a full minute) on, with their later pace from `fine_from_s` on."""

    def __init__(self, since_s: int, *, fine_from_s: int) -> None:
        self.since_s = self.until_s = since_s
        self.fine_from_s = fine_from_s
        dice = Random(SEED)  # noqa: S311 - a simulation
        self._devices = list(_devices(since_s, dice))
        self._last_s = dict.fromkeys(range(len(self._devices)), since_s)

    def intervals_s(self) -> dict[str, int]:
        """How often each sensor measures at its slowest."""
        return {device.sensor: device.pace.long_ago * MINUTE_S for device in reversed(self._devices)}

    def stretch(self, until_s: int) -> dict[str, list[Reading]]:
        """The readings from where the stretch before ended, that moment left out, to `until_s` (UTC), by gateway.

        Every device gives one at the end: a present that went on later would else find that some were silent.
        """
        found: defaultdict[str, list[Reading]] = defaultdict(list)
        for number, device in enumerate(self._devices):
            found[device.gateway] += self._of_device(number, device, until_s)
        self.until_s = until_s
        return dict(found)

    def _of_device(self, number: int, device: Device, until_s: int) -> Iterator[Reading]:
        times_s = range(self.until_s + MINUTE_S, until_s + 1, MINUTE_S)
        for time_s in times_s:
            minutes = device.pace.lately if time_s >= self.fine_from_s else device.pace.long_ago
            if time_s // MINUTE_S % minutes == 0 or time_s == times_s[-1]:
                passed = (time_s - self._last_s[number]) // MINUTE_S
                self._last_s[number] = time_s
                for quantity, value in device.samples(time_s, passed):
                    yield Reading(device.sensor, quantity, time_s * 1_000, value)


def _devices(since_s: int, dice: Random) -> Iterator[Device]:
    south, north = "gw-daruba", "gw-utara"
    yield Device(south, "river-daruba", WATER, _river(river.DARUBA, "daruba", 420, since_s, dice))
    yield Device(south, "rain-daruba", WATER, _bucket("daruba"))
    yield Device(south, "tide-army-dock", TIDE, _tide(380, dice))
    yield Device(south, "air-market", AIR, _dust(MARKET, "daruba", dice))
    yield Device(south, "climate-market", CLIMATE, _climate("daruba", pressure=True))
    yield Device(south, "people-army-dock", PEOPLE, _gate(ARMY_DOCK, since_s))
    yield Device(south, "people-dodola", PEOPLE, _gate(DODOLA, since_s))
    yield Device(south, south, CLIMATE, _health(dice))
    yield Device(north, north, CLIMATE, _health(dice))
    yield Device(north, "river-wayabula", WATER, _river(river.WAYABULA, "wayabula", 450, since_s, dice))
    yield Device(north, "rain-wayabula", WATER, _bucket("wayabula"))
    yield Device(north, "air-wayabula", AIR, _dust(VILLAGE, "wayabula", dice))
    yield Device(north, "air-bere-bere", AIR, _dust(VILLAGE, "bere-bere", dice))
    yield Device(north, "air-bere-bere", CLIMATE, _climate("bere-bere", pressure=False))
    yield Device(north, "people-bere-bere", PEOPLE, _gate(BERE_BERE, since_s))


def _river(catchment: river.Catchment, place: str, height_cm: int, since_s: int, dice: Random) -> Sampling:
    water = river.run_up(catchment, lambda time_s: rain_mm_h(SEED, place, time_s), since_s)

    def samples(time_s: int, minutes: int) -> Samples:
        for step_s in _minutes_before(time_s, minutes):
            water.step(rain_mm_h(SEED, place, step_s), MINUTE_S)
        return _gauge(height_cm, water.level_cm(tide.height_cm(time_s)), dice)

    return samples


def _tide(height_cm: int, dice: Random) -> Sampling:
    return lambda time_s, _minutes: _gauge(height_cm, SEA_GAUGE_ZERO_CM + tide.height_cm(time_s), dice)


def _gauge(height_cm: int, level_cm: float, dice: Random) -> Samples:
    distance_cm = round(height_cm - level_cm + dice.gauss(0, 0.2), 1)
    yield "water_level", round(height_cm - distance_cm, 1)
    yield "distance", distance_cm


def _bucket(place: str) -> Sampling:
    water_mm = 0.0

    def samples(time_s: int, minutes: int) -> Samples:
        nonlocal water_mm
        tips = int(water_mm / TIP_MM)
        water_mm += sum(rain_mm_h(SEED, place, step_s) for step_s in _minutes_before(time_s, minutes)) / 60
        fallen_mm = (int(water_mm / TIP_MM) - tips) * TIP_MM
        yield "rainfall", round(fallen_mm, 1)
        yield "rain_rate", round(rain_mm_h(SEED, place, time_s) / RATE_STEP_MM_H) * RATE_STEP_MM_H

    return samples


def _dust(street: Street, place: str, dice: Random) -> Sampling:
    def samples(time_s: int, _minutes: int) -> Samples:
        air = particulates_of(street, local_hour(time_s), rain_mm_h(SEED, place, time_s), dice.uniform(-1, 1))
        yield "pm2_5", round(air.pm2_5, 1)
        yield "pm10", round(air.pm10, 1)

    return samples


def _climate(place: str, *, pressure: bool) -> Sampling:
    def samples(time_s: int, _minutes: int) -> Samples:
        air = air_of(SEED, place, time_s)
        yield "temperature", round(air.temperature, 1)
        yield "humidity", round(air.humidity, 1)
        if pressure:
            yield "pressure", round(air.pressure, 1)

    return samples


def _gate(place: Beach | Island, since_s: int) -> Sampling:
    crowd = UsualCrowd(place, since_s)

    def samples(time_s: int, minutes: int) -> Samples:
        came, went = crowd.came, crowd.went
        for step_s in _minutes_before(time_s, minutes):
            crowd.step(step_s)
        yield "people_in", float(crowd.came - came)
        yield "people_out", float(crowd.went - went)
        yield "occupancy", float(crowd.inside)

    return samples


def _health(dice: Random) -> Sampling:
    def samples(time_s: int, _minutes: int) -> Samples:
        yield "spool_depth", float(dice.randint(0, 12))
        yield "spool_age", round(dice.uniform(0, 1.5), 1)
        yield "lost", 0.0
        yield "cpu_temperature", round(air_of(SEED, "daruba", time_s).temperature + 21 + dice.gauss(0, 0.8), 1)

    return samples


def _minutes_before(time_s: int, minutes: int) -> range:
    return range(time_s - minutes * MINUTE_S, time_s, MINUTE_S)
