"""Routes: where readings of one quantity of one sensor go that come from one gateway, at each time.

        until 10:00                              from 10:00
site    daruba-river                             army-dock          timeline: one route for each period, None where the
height  450                                      420                sensor was not behind this gateway
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cloud.registry.facts import SINCE_EVER_MS, Timeline, constant
from cloud.registry.history import FactHistory
from cloud.registry.records import NO_CALIBRATION, Calibration, Sensor
from wire import Quantity, QuantityTable


class ReadingRoute(msgspec.Struct, frozen=True):
    """Where readings of one quantity of one sensor go, and their bounds after `calibration` (None: none).

    Where `height_cm` is given the values are distances, and become levels: by `distance_line` first, by `calibration`
    last. `gateway` stands in place of the sender where the sensor was behind another one at the reading's time. Where
    any of it changed over time, `timeline` has the route of each period, and the route itself is that of the newest.
    """

    site: str
    domain: str
    low: float
    high: float
    calibration: Calibration | None
    gateway: str | None = None
    timeline: Timeline | None = None
    height_cm: float | None = None
    distance_line: Calibration = NO_CALIBRATION


Routes = Mapping[tuple[str, str], ReadingRoute]
"""By (sensor, quantity)."""


class GatewayRoutes(msgspec.Struct, frozen=True):
    """All routes of one gateway: of the series that it sends, and of the levels computed from them.

    `levels` has, by sensor, the route of the level that is computed from its distance; in a period without a route the
    sensor had no height.
    """

    routes: Routes
    levels: Mapping[str, ReadingRoute]


NO_ROUTES = GatewayRoutes({}, {})


def routes_of(
    sensors: Iterable[Sensor], history: FactHistory, table: QuantityTable
) -> Iterator[tuple[str, tuple[str, str], ReadingRoute]]:
    """Yield every route: (gateway, (sensor, quantity), route); none of a quantity that is not in `table`."""
    for sensor in sensors:
        site, tagged, actual = history.site_tag(sensor), history.gateway_tag(sensor), history.gateway(sensor)
        for gateway in gateways_of(sensor, history):
            for quantity in sensor.quantities:
                row = table.measured.get(quantity)
                if row is None:
                    continue
                calibration = history.calibration(sensor, quantity)
                if len(site.values) == len(tagged.values) == len(actual.values) == len(calibration.values) == 1:
                    yield gateway, (sensor.id, quantity), _route(row, site.values[0], calibration.values[0])
                    continue
                timeline = _timeline(sensor, gateway, row, site, tagged, actual, calibration)
                newest = next((route for route in reversed(timeline.values) if route is not None), None)
                if newest is not None:
                    yield gateway, (sensor.id, quantity), msgspec.structs.replace(newest, timeline=timeline)


def gateways_of(sensor: Sensor, history: FactHistory) -> list[str]:
    """List the gateways from which readings of a sensor may come: where it is, was, and was on record."""
    names = (*history.gateway_tag(sensor).values, *history.gateway(sensor).values, sensor.gateway)
    return list(dict.fromkeys(names))


def until(route: ReadingRoute, end_ms: int) -> ReadingRoute:
    """Give a route that ends at `end_ms` (UTC): what was retired is heard of the time before."""
    own = Timeline([(SINCE_EVER_MS, route)]) if route.timeline is None else route.timeline
    begun = [(start_ms, each) for start_ms, each in zip(own.starts_ms, own.values, strict=True) if start_ms < end_ms]
    return msgspec.structs.replace(route, timeline=Timeline([*begun, (end_ms, None)]))


def levels_of(sensors: Iterable[Sensor], history: FactHistory, routes: Routes) -> Iterator[tuple[str, ReadingRoute]]:
    """Yield the routes of levels computed from distances, for those of `sensors` with both in `routes`."""
    for sensor in sensors:
        level, heights = routes.get((sensor.id, "water_level")), history.mounting_height_cm(sensor)
        if level is None or (sensor.id, "distance") not in routes or not any(heights.values):
            continue
        lines, own = (
            history.calibration(sensor, "distance"),
            constant(level) if level.timeline is None else level.timeline,
        )
        starts = sorted({*heights.starts_ms, *lines.starts_ms, *own.starts_ms})
        timeline = Timeline(
            (start_ms, _level(own.at(start_ms), heights.at(start_ms), lines.at(start_ms))) for start_ms in starts
        )
        newest = next((route for route in reversed(timeline.values) if route is not None), None)
        if newest is not None:
            yield sensor.id, newest if len(timeline.values) == 1 else msgspec.structs.replace(newest, timeline=timeline)


def _level(route: ReadingRoute | None, height_cm: float | None, line: Calibration) -> ReadingRoute | None:
    if route is None or height_cm is None:
        return None
    return msgspec.structs.replace(route, height_cm=height_cm, distance_line=line, timeline=None)


def _timeline(
    sensor: Sensor,
    gateway: str,
    row: Quantity,
    site: Timeline,
    tagged: Timeline,
    actual: Timeline,
    calibration: Timeline,
) -> Timeline:
    def at(time_ms: int) -> ReadingRoute | None:
        # the present gateway may send another one's readings: from a memory card that was moved over, or by a replay
        if gateway not in (sensor.gateway, actual.at(time_ms), tagged.at(time_ms)):
            return None
        tag = tagged.at(time_ms)
        return _route(row, site.at(time_ms), calibration.at(time_ms), None if tag == gateway else tag)

    starts = {SINCE_EVER_MS, *site.starts_ms, *tagged.starts_ms, *actual.starts_ms, *calibration.starts_ms}
    return Timeline((start_ms, at(start_ms)) for start_ms in sorted(starts))


def _route(row: Quantity, site: str, calibration: Calibration, gateway: str | None = None) -> ReadingRoute:
    line = None if calibration == NO_CALIBRATION else calibration
    return ReadingRoute(site, row.domain, row.low, row.high, line, gateway)
