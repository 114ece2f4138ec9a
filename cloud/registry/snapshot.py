"""The registry in memory: what ingest asks for each column, and the API and the alarm rules for each name.

routes("gw-daruba")[("river-daruba-1", "water_level")] -> Route(site="daruba", domain=FLOOD, low=-1000, high=10000, …)
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cloud.registry.records import NO_CALIBRATION, Calibration, City, Gateway, Sensor, Site
from rules.derived import derived_of_site
from wire import MEASURED, QUANTITIES, Domain

COMPUTED = "computed"
"""Stands for the gateway of what Siaga computes, and no gateway sent; no route leads from it."""
HEALTH_QUANTITIES = tuple(name for name, row in MEASURED.items() if row.domain is Domain.GATEWAY)


class Route(msgspec.Struct, frozen=True):
    """Where readings of one quantity of one sensor go, and their bounds after `calibration` (None: none)."""

    site: str
    domain: Domain
    low: float
    high: float
    calibration: Calibration | None


Routes = Mapping[tuple[str, str], Route]
"""By (sensor, quantity)."""


class Registry:
    """A picture of the registry at one time; each gateway is also a sensor by itself, of the domain `gateway`.

    Each site is one too, of the series that are computed for all of it: ISPU, capacity used.
    """

    def __init__(
        self, *, city: City, sites: Iterable[Site], gateways: Iterable[Gateway], sensors: Iterable[Sensor]
    ) -> None:
        self.city = city
        self._sites = {site.id: site for site in sites}
        self._gateways = {gateway.id: gateway for gateway in gateways}
        own = (_as_sensor(gateway) for gateway in self._gateways.values())
        self._sensors = {sensor.id: sensor for sensor in (*sensors, *own)}
        self._computed = {sensor.id: sensor for sensor in self._sites_as_sensors()}
        self._routes: dict[str, dict[tuple[str, str], Route]] = {g.id: {} for g in self.gateways()}
        for sensor in self.sensors():
            self._routes.setdefault(sensor.gateway, {}).update(_routes_of(sensor))

    def sites(self) -> list[Site]:
        """The sites of the city file."""
        return [site for site in self._sites.values() if not site.retired]

    def site(self, site_id: str) -> Site | None:
        """One site, retired or not."""
        return self._sites.get(site_id)

    def gateways(self) -> list[Gateway]:
        """The gateways of the city file."""
        return [gateway for gateway in self._gateways.values() if not gateway.retired]

    def gateway(self, gateway_id: str) -> Gateway | None:
        """One gateway, retired or not."""
        return self._gateways.get(gateway_id)

    def sensors(self) -> list[Sensor]:
        """The sensors of the city file, and each gateway as the sensor of its own health."""
        return [sensor for sensor in self._sensors.values() if not sensor.retired]

    def sensor(self, sensor_id: str) -> Sensor | None:
        """One sensor, retired or not, or a site as the sensor of what is computed for all of it.

        `sensors` does not have the sites.
        """
        return self._sensors.get(sensor_id) or self._computed.get(sensor_id)

    def has_sensor(self, sensor_id: str) -> bool:
        """Whether the city file has a sensor of that id."""
        sensor = self._sensors.get(sensor_id)
        return sensor is not None and not sensor.retired

    def routes(self, gateway_id: str) -> Routes | None:
        """What `gateway_id` may speak of; None where the city has no such gateway."""
        return self._routes.get(gateway_id)

    def _sites_as_sensors(self) -> Iterator[Sensor]:
        for site in self.sites():
            measured = {
                quantity for sensor in self.sensors() if sensor.site == site.id for quantity in sensor.quantities
            }
            quantities = derived_of_site(measured)
            if quantities and site.id not in self._sensors:
                yield Sensor(site.id, site.name, site.id, COMPUTED, quantities)


def _as_sensor(gateway: Gateway) -> Sensor:
    return Sensor(gateway.id, gateway.name, gateway.site, gateway.id, HEALTH_QUANTITIES, retired=gateway.retired)


def _routes_of(sensor: Sensor) -> dict[tuple[str, str], Route]:
    return {(sensor.id, quantity): _route(sensor, quantity) for quantity in sensor.quantities}


def _route(sensor: Sensor, quantity: str) -> Route:
    row = QUANTITIES[quantity]
    calibration = sensor.calibration.get(quantity, NO_CALIBRATION)
    return Route(sensor.site, row.domain, row.low, row.high, None if calibration == NO_CALIBRATION else calibration)
