"""The registry in memory: routes for ingest; sites, gateways and sensors for the API, the console and the rules.

routes("gw-daruba")[("river-daruba-1", "water_level")]
 -> ReadingRoute(site="daruba", domain=FLOOD, low=-1000, high=10000, …)

The dated facts override what the city file says of sensors and gateways: people and rules see what holds now, ingest
sees what held at each reading's own time.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from cloud.registry.air_corrections import AirCorrections
from cloud.registry.facts import Facts
from cloud.registry.history import FactHistory, outdated_entries
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.routes import NO_ROUTES, GatewayRoutes, ReadingRoute, Routes, levels_of, routes_of
from rules.derived import derived_of_site
from runtime.clock import wall_ms
from wire import BUILT_IN, HEALTH_QUANTITIES, QuantityTable
from wire.measurements import COMPUTED


class Registry:
    """The registry at one time; each gateway is also a sensor by itself, of the domain `gateway`.

    Each site is a sensor too, of the series that are computed for all of it: ISPU, capacity used. Sites, gateways and
    sensors are as the city file has them, `facts` what is recorded besides; `now_ms` (UTC) is the present.
    `quantities` are all that can be measured or computed here, and the domains; another table takes its place with
    another registry, so nobody keeps it.
    """

    def __init__(
        self,
        *,
        city: City,
        sites: Iterable[Site],
        gateways: Iterable[Gateway],
        sensors: Iterable[Sensor],
        facts: Facts | None = None,
        now_ms: int | None = None,
        quantities: QuantityTable = BUILT_IN,
    ) -> None:
        self.quantities = quantities
        self.edition = 0
        self.city = city
        self.facts = facts or Facts()
        self.history = FactHistory(self.facts)
        self.air_corrections = AirCorrections(self.facts)
        now = wall_ms() if now_ms is None else now_ms
        self._listeners: list[Callable[[], None]] = []
        filed, gateways = list(sensors), list(gateways)
        self.outdated_entries = tuple(outdated_entries([*gateways, *filed], self.facts, now))
        """Where the city file says something else than the facts, which hold."""
        self._sites = {site.id: site for site in sites}
        self._gateways = {gateway.id: self.history.gateway_at(gateway, now) for gateway in gateways}
        present = [self.history.with_level(self.history.sensor_at(sensor, now)) for sensor in filed]
        own = (_as_sensor(gateway) for gateway in self._gateways.values())
        self._sensors = {sensor.id: sensor for sensor in (*present, *own)}
        self._sensors_at: defaultdict[str, list[Sensor]] = defaultdict(list)
        for sensor in self.sensors():
            self._sensors_at[sensor.site].append(sensor)
        self._computed = {sensor.id: sensor for sensor in self._sites_as_sensors()}
        self._routes: dict[str, dict[tuple[str, str], ReadingRoute]] = {g.id: {} for g in self.gateways()}
        for gateway, series, route in routes_of(self.sensors(), self.history, quantities):
            if gateway in self._routes:
                self._routes[gateway][series] = route
        self._gateway_routes = {gateway: self._gateway_routes_of(routes) for gateway, routes in self._routes.items()}

    def replace_with(self, other: "Registry") -> None:
        """Take over all of `other`, for everybody who has a reference to this registry."""
        for name, value in vars(other).items():
            if name not in ("edition", "_listeners"):
                setattr(self, name, value)
        self.edition += 1
        for listener in self._listeners:
            listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the registry has changed."""
        self._listeners.append(listener)

    def table(self) -> QuantityTable:
        """Return the table of quantities that holds now, for those who keep this method."""
        return self.quantities

    def sites(self) -> list[Site]:
        """List the sites of the city file."""
        return [site for site in self._sites.values() if not site.retired]

    def site(self, site_id: str) -> Site | None:
        """Return one site, retired or not."""
        return self._sites.get(site_id)

    def gateways(self) -> list[Gateway]:
        """List the gateways of the city file."""
        return [gateway for gateway in self._gateways.values() if not gateway.retired]

    def gateway(self, gateway_id: str) -> Gateway | None:
        """Return one gateway, retired or not."""
        return self._gateways.get(gateway_id)

    def gateway_ids(self) -> Collection[str]:
        """Return the ids of all gateways, retired or not."""
        return self._gateways.keys()

    def sensors(self) -> list[Sensor]:
        """List the sensors of the city file, and each gateway as the sensor of its own health."""
        return [sensor for sensor in self._sensors.values() if not sensor.retired]

    def sensors_at(self, site_id: str) -> Sequence[Sensor]:
        """List the sensors of the city file at one site, in its order: those of `sensors` that are there now."""
        return self._sensors_at.get(site_id, ())

    def sensor(self, sensor_id: str) -> Sensor | None:
        """Return one sensor, retired or not, or a site as the sensor of what is computed for all of it.

        `sensors` does not have the sites.
        """
        return self._sensors.get(sensor_id) or self._computed.get(sensor_id)

    def has_sensor(self, sensor_id: str) -> bool:
        """Say whether the city file has a sensor of that id."""
        sensor = self._sensors.get(sensor_id)
        return sensor is not None and not sensor.retired

    def routes(self, gateway_id: str) -> Routes | None:
        """Return the routes of the series that `gateway_id` may send; None where the city has no such gateway."""
        return self._routes.get(gateway_id)

    def gateway_routes(self, gateway_id: str) -> GatewayRoutes:
        """Return all routes of a gateway; empty where the city has no such gateway."""
        return self._gateway_routes.get(gateway_id, NO_ROUTES)

    def _gateway_routes_of(self, routes: Routes) -> GatewayRoutes:
        over_water = [self._sensors[sensor] for sensor, quantity in routes if quantity == "distance"]
        return GatewayRoutes(routes, dict(levels_of(over_water, self.history, routes)))

    def _sites_as_sensors(self) -> Iterator[Sensor]:
        for site in self.sites():
            quantities = derived_of_site({name for sensor in self.sensors_at(site.id) for name in sensor.quantities})
            if quantities and site.id not in self._sensors:
                yield Sensor(site.id, site.name, site.id, COMPUTED, quantities)


def _as_sensor(gateway: Gateway) -> Sensor:
    return Sensor(gateway.id, gateway.name, gateway.site, gateway.id, HEALTH_QUANTITIES, retired=gateway.retired)
