"""Routes: where readings of one quantity of one sensor go that come from one gateway, at each time.

        until 10:00                              from 10:00
site    daruba-river                             army-dock          eras: one route for each stretch of time, None where
height  450                                      420                the sensor was not this gateway's to speak of
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cloud.registry.facts import SINCE_EVER_MS, Eras, always
from cloud.registry.history import FactHistory
from cloud.registry.records import NO_CALIBRATION, Calibration, Sensor
from wire import QUANTITIES, Domain


class ReadingRoute(msgspec.Struct, frozen=True):
    """Where readings of one quantity of one sensor go, and their bounds after `calibration` (None: none).

    Where `height_cm` is given the values are distances, and become levels: by `distance_line` first, by `calibration`
    last. `gateway` stands in place of the sender where the sensor was behind another one at the reading's time. Where
    any of it changed over time, `eras` has the route of each stretch, and the route itself is that of the newest.
    """

    site: str
    domain: Domain
    low: float
    high: float
    calibration: Calibration | None
    gateway: str | None = None
    eras: Eras | None = None
    height_cm: float | None = None
    distance_line: Calibration = NO_CALIBRATION


Routes = Mapping[tuple[str, str], ReadingRoute]
"""By (sensor, quantity)."""


class Ways(msgspec.Struct, frozen=True):
    """All that ingest asks of the registry for one gateway: the routes of what it sends, and of what is made of it.

    `levels` has, by sensor, the route of the level that is computed of its distance; an era without one is of a time at
    which the sensor had no height.
    """

    routes: Routes
    levels: Mapping[str, ReadingRoute]


NO_WAYS = Ways({}, {})


def routes_of(sensors: Iterable[Sensor], history: FactHistory) -> Iterator[tuple[str, tuple[str, str], ReadingRoute]]:
    """Each way into the store: (gateway, (sensor, quantity), route)."""
    for sensor in sensors:
        site, believed, held = history.site_tag(sensor), history.gateway_tag(sensor), history.gateway(sensor)
        for gateway in dict.fromkeys((*believed.values, *held.values, sensor.gateway)):
            for quantity in sensor.quantities:
                calibration = history.calibration(sensor, quantity)
                if len(site.values) == len(believed.values) == len(held.values) == len(calibration.values) == 1:
                    yield gateway, (sensor.id, quantity), _route(quantity, site.values[0], calibration.values[0])
                    continue
                eras = _eras(sensor, gateway, quantity, site, believed, held, calibration)
                newest = next((route for route in reversed(eras.values) if route is not None), None)
                if newest is not None:
                    yield gateway, (sensor.id, quantity), msgspec.structs.replace(newest, eras=eras)


def levels_of(sensors: Iterable[Sensor], history: FactHistory, routes: Routes) -> Iterator[tuple[str, ReadingRoute]]:
    """The routes of levels that are computed of distances, for those of `sensors` of which `routes` has both."""
    for sensor in sensors:
        level, heights = routes.get((sensor.id, "water_level")), history.mounting_height_cm(sensor)
        if level is None or (sensor.id, "distance") not in routes or not any(heights.values):
            continue
        lines, own = history.calibration(sensor, "distance"), always(level) if level.eras is None else level.eras
        starts = sorted({*heights.starts_ms, *lines.starts_ms, *own.starts_ms})
        eras = Eras(
            (start_ms, _level(own.at(start_ms), heights.at(start_ms), lines.at(start_ms))) for start_ms in starts
        )
        newest = next((route for route in reversed(eras.values) if route is not None), None)
        if newest is not None:
            yield sensor.id, newest if len(eras.values) == 1 else msgspec.structs.replace(newest, eras=eras)


def _level(route: ReadingRoute | None, height_cm: float | None, line: Calibration) -> ReadingRoute | None:
    if route is None or height_cm is None:
        return None
    return msgspec.structs.replace(route, height_cm=height_cm, distance_line=line, eras=None)


def _eras(
    sensor: Sensor, gateway: str, quantity: str, site: Eras, believed: Eras, held: Eras, calibration: Eras
) -> Eras:
    def at(time_ms: int) -> ReadingRoute | None:
        # the gateway of today may bring what another one left behind: a card that was changed over, a replay
        if gateway not in (sensor.gateway, held.at(time_ms), believed.at(time_ms)):
            return None
        tag = believed.at(time_ms)
        return _route(quantity, site.at(time_ms), calibration.at(time_ms), None if tag == gateway else tag)

    starts = {SINCE_EVER_MS, *site.starts_ms, *believed.starts_ms, *held.starts_ms, *calibration.starts_ms}
    return Eras((start_ms, at(start_ms)) for start_ms in sorted(starts))


def _route(quantity: str, site: str, calibration: Calibration, gateway: str | None = None) -> ReadingRoute:
    row = QUANTITIES[quantity]
    line = None if calibration == NO_CALIBRATION else calibration
    return ReadingRoute(site, row.domain, row.low, row.high, line, gateway)
