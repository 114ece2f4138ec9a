"""The registry in memory: routes for ingest; sites, gateways and sensors for the API, the console and the rules.

routes("gw-daruba")[("river-daruba-1", "water_level")]
 -> ReadingRoute(site="daruba", domain=FLOOD, low=-1000, high=10000, …)

The dated facts override what the city file says of sensors and gateways: people and rules see what holds now, ingest
sees what held at each reading's own time.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import chain
from operator import attrgetter

from cloud.core.change_log import ChangeLog
from cloud.registry.air_corrections import AirCorrections, corrected_quantity
from cloud.registry.city_records import kind_of
from cloud.registry.devices import DEVICE
from cloud.registry.edition import Edition
from cloud.registry.facts import Fact, Facts
from cloud.registry.history import FactHistory, outdated_entries, subject_of
from cloud.registry.ownership import OWNABLE
from cloud.registry.records import City, Gateway, Record, Sensor, Site
from cloud.registry.routes import (
    NO_ROUTES,
    GatewayRoutes,
    ReadingRoute,
    Routes,
    gateways_of,
    levels_of,
    routes_of,
    until,
)
from rules.derived import derived_of_site
from runtime.clock import wall_ms
from wire import BUILT_IN, REPORTED_BY_GATEWAYS, QuantityTable
from wire.measurements import COMPUTED

_ID = attrgetter("id")


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
        file_owns: Collection[str] = OWNABLE,
        stored_edition: Edition | None = None,
    ) -> None:
        self.file_owns = tuple(file_owns)
        self.stored_edition = stored_edition  # that of the database from which it was read
        self.quantities = quantities
        self._log = ChangeLog()
        self.changed: frozenset[str] | None = None
        """The sites, gateways and sensors that are others than in the edition before; None: any may be."""
        self.city = city
        self.facts = facts or Facts()
        self.history = FactHistory(self.facts)
        self.air_corrections = AirCorrections(self.facts)
        self.replacements = self.history.replacements()
        """When (UTC, ms) another device took its place, by sensor: what was learned of the one before ends there."""
        now = wall_ms() if now_ms is None else now_ms
        self._listeners: list[Callable[[], None]] = []
        filed, gateways = list(sensors), list(gateways)
        owned = [record for kind, record in (("gateways", gateways), ("sensors", filed)) if kind in self.file_owns]
        self.outdated_entries = tuple(outdated_entries(chain.from_iterable(owned), self.facts, now))
        """Where the city file says something else than the facts, which hold."""
        self._sites = {site.id: site for site in sites}
        self._gateways = {gateway.id: self.history.gateway_at(gateway, now) for gateway in gateways}
        self._registered = {sensor.id: self.history.sensor_at(sensor, now) for sensor in filed}
        present = map(self.history.with_level, self._registered.values())
        own = (_as_sensor(gateway) for gateway in self._gateways.values())
        self._sensors = {sensor.id: sensor for sensor in (*present, *own)}
        self._sensors_at: defaultdict[str, list[Sensor]] = defaultdict(list)
        for sensor in sorted(self.sensors(), key=_ID):
            self._sensors_at[sensor.site].append(sensor)
        self._computed = {sensor.id: sensor for sensor in self._sites_as_sensors(self._sites)}
        heard = [each for each in self._gateways.values() if _is_heard(each)]
        self._routes: dict[str, dict[tuple[str, str], ReadingRoute]] = {gateway.id: {} for gateway in heard}
        self._route(self._sensors.values(), self._routes)
        self._gateway_routes = {gateway: self._gateway_routes_of(routes) for gateway, routes in self._routes.items()}

    def _route(self, sensors: Iterable[Sensor], gateways: Container[str]) -> None:
        """Make the routes of `sensors` from those of `gateways` that are heard."""
        for gateway, series, route in routes_of(filter(_is_heard, sensors), self.history, self.quantities):
            if gateway in gateways and gateway in self._routes:
                ends_ms = _ends_ms(self._gateways[gateway], self._sensors[series[0]])
                self._routes[gateway][series] = route if ends_ms is None else until(route, ends_ms)

    def amended(self, records: Sequence[Record], facts: Sequence[Fact], *, edition: Edition, now_ms: int) -> "Registry":
        """Make the registry that it is with these `records` and `facts`, at the cost of these, not of the city.

        Records are as city.toml, or people, said last; to them belong those that the facts are of.
        """
        new = copy(self)
        new.stored_edition = edition
        new.facts = self.facts.with_changes(facts)
        new.history = FactHistory(new.facts)
        if any(corrected_quantity(fact.what) is not None for fact in facts):
            new.air_corrections = AirCorrections(new.facts)
        if any(fact.what == DEVICE for fact in facts):
            new.replacements = new.history.replacements()
        new._note_outdated(records, now_ms)
        before, edited = self._sensors, new._put_records(records, now_ms)
        sites = {site for each in edited.values() for site in (each.site, *new.history.site(each).values)}
        known = [before[name] for name in edited if name in before]
        sites |= {site for each in known for site in (each.site, *self.history.site(each).values)}
        sites |= {record.id for record in records if isinstance(record, Site)}
        new._put_sites(sites)
        new._reroute(self, edited.values(), {record.id for record in records if isinstance(record, Gateway)})
        there = (each.id for site in records if isinstance(site, Site) for each in new.sensors_at(site.id))
        new.changed = frozenset({*edited, *sites, *there})
        return new

    def _note_outdated(self, records: Iterable[Record], now_ms: int) -> None:
        owned = [each for each in records if not isinstance(each, Site) and kind_of(each) in self.file_owns]
        subjects = {subject_of(each) for each in owned}
        held = (entry for entry in self.outdated_entries if entry.partition(" ")[0] not in subjects)
        self.outdated_entries = (*held, *outdated_entries(owned, self.facts, now_ms))

    def _put_records(self, records: Iterable[Record], now_ms: int) -> dict[str, Sensor]:
        """Put records in their places; the sensors that are others now, gateways among them, by id."""
        sensors = {each.id: self.history.sensor_at(each, now_ms) for each in records if isinstance(each, Sensor)}
        gateways = {each.id: self.history.gateway_at(each, now_ms) for each in records if isinstance(each, Gateway)}
        self._sites = {**self._sites, **{each.id: each for each in records if isinstance(each, Site)}}
        self._gateways, self._registered = {**self._gateways, **gateways}, {**self._registered, **sensors}
        edited = {name: self.history.with_level(each) for name, each in sensors.items()}
        edited |= {name: _as_sensor(gateway) for name, gateway in gateways.items()}
        self._sensors = {**self._sensors, **edited}
        return edited

    def _put_sites(self, names: Collection[str]) -> None:
        """Look again who stands at these sites, and what is computed for them."""
        at: dict[str, list[Sensor]] = {name: [] for name in names}
        for sensor in self._sensors.values():
            if sensor.site in at and not sensor.retired:
                at[sensor.site].append(sensor)
        at = {name: sorted(sensors, key=_ID) for name, sensors in at.items()}
        self._sensors_at = defaultdict(list, {**self._sensors_at, **at})
        computed = {each.id: each for each in self._sites_as_sensors(names)}
        self._computed = {name: each for name, each in self._computed.items() if name not in names} | computed

    def _reroute(self, before: "Registry", edited: Iterable[Sensor], gateways: Collection[str]) -> None:
        """Make the routes anew of `edited` sensors, and of `gateways` of which something else is retired now."""
        sensors = {sensor.id: sensor for sensor in edited}
        known = [before._sensors[name] for name in sensors if name in before._sensors]
        touched = {name for each in sensors.values() for name in gateways_of(each, self.history)}
        touched |= {name for each in known for name in gateways_of(each, before.history)}
        ended = {name for name in gateways if _is_other(before._gateways.get(name), self._gateways[name])}
        if ended:  # looks at all sensors: a gateway is seldom retired
            behind = (each for each in self._sensors.values() if not ended.isdisjoint(gateways_of(each, self.history)))
            sensors |= {each.id: each for each in behind}
            touched |= ended
        self._routes = {**self._routes}
        for name in touched:
            routes = self._routes.pop(name, {})
            if name in self._gateways and _is_heard(self._gateways[name]):
                self._routes[name] = {series: route for series, route in routes.items() if series[0] not in sensors}
        self._route(sensors.values(), touched)
        made = {name: self._gateway_routes_of(self._routes[name]) for name in touched if name in self._routes}
        held = {name: routes for name, routes in self._gateway_routes.items() if name not in touched}
        self._gateway_routes = held | made

    def replace_with(self, other: "Registry") -> None:
        """Take over all of `other`, for everybody who has a reference to this registry."""
        for name, value in vars(other).items():
            if name not in ("_log", "_listeners"):
                setattr(self, name, value)
        self._log.note(self.changed)
        for listener in self._listeners:
            listener()

    def as_it_is(self) -> "Registry":
        """Return it as it is now, at the cost of a reference: what changes later does not reach it."""
        return copy(self)

    @property
    def edition(self) -> int:
        """Another number after each change."""
        return self._log.edition

    def changed_since(self, edition: int | None) -> frozenset[str] | None:
        """Return the sites, gateways and sensors that may be others than in an edition; None: any may be."""
        return self._log.since(edition)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the registry has changed."""
        self._listeners.append(listener)

    def table(self) -> QuantityTable:
        """Return the quantities that hold now, for those who keep this method."""
        return self.quantities

    def sites(self) -> list[Site]:
        """List the sites of the city file."""
        return [site for site in self._sites.values() if not site.retired]

    def site(self, site_id: str) -> Site | None:
        """Return one site, retired or not."""
        return self._sites.get(site_id)

    def nameable_sites(self) -> set[str]:
        """The sites that cloud.toml may name; those that people retired too, since that is no mistake of the file."""
        return {site.id for site in self._sites.values() if not site.retired or "sites" not in self.file_owns}

    def gateways(self) -> list[Gateway]:
        """List the gateways of the city file."""
        return [gateway for gateway in self._gateways.values() if not gateway.retired]

    def gateway(self, gateway_id: str) -> Gateway | None:
        """Return one gateway, retired or not."""
        return self._gateways.get(gateway_id)

    def gateway_ids(self) -> Collection[str]:
        """Return the ids of all gateways, retired or not."""
        return self._gateways.keys()

    def registered(self, kind: str) -> Mapping[str, Record]:
        """All records of a kind by id, retired or not, as they are now and as city.toml would say it."""
        all_kinds: Mapping[str, Mapping[str, Record]] = {
            "sites": self._sites, "gateways": self._gateways, "sensors": self._registered,
        }  # fmt: skip
        return all_kinds[kind]

    def sensors(self) -> list[Sensor]:
        """List the sensors of the city file, and each gateway as the sensor of its own health."""
        return [sensor for sensor in self._sensors.values() if not sensor.retired]

    def sensors_at(self, site_id: str) -> Sequence[Sensor]:
        """List those of `sensors` that are at one site now, by id: in the same order after an edit and a restart."""
        return self._sensors_at.get(site_id, ())

    def sensor(self, sensor_id: str) -> Sensor | None:
        """Return one sensor, retired or not, or a site, which `sensors` has not, as the sensor of what is computed."""
        return self._sensors.get(sensor_id) or self._computed.get(sensor_id)

    def has_sensor(self, sensor_id: str) -> bool:
        """Say whether the city file has a sensor of that id."""
        sensor = self._sensors.get(sensor_id)
        return sensor is not None and not sensor.retired

    def routes(self, gateway_id: str) -> Routes | None:
        """Return the routes of the series that `gateway_id` may send; None where the city has no such gateway.

        One that is retired may send what it measured before.
        """
        return self._routes.get(gateway_id)

    def gateway_routes(self, gateway_id: str) -> GatewayRoutes:
        """Return all routes of a gateway; none of one that the city has not."""
        return self._gateway_routes.get(gateway_id, NO_ROUTES)

    def _gateway_routes_of(self, routes: Routes) -> GatewayRoutes:
        over_water = [self._sensors[sensor] for sensor, quantity in routes if quantity == "distance"]
        return GatewayRoutes(routes, dict(levels_of(over_water, self.history, routes)))

    def _sites_as_sensors(self, names: Collection[str]) -> Iterator[Sensor]:
        measured: dict[str, set[str]] = {name: set() for name in names}
        for sensor in self._sensors.values():
            if sensor.site in measured and (not sensor.retired or self._is_retired(sensor.site)):
                measured[sensor.site].update(sensor.quantities)
        for site in (self._sites[name] for name in names if name in self._sites):
            quantities = derived_of_site(measured[site.id])
            if quantities and site.id not in self._sensors:
                yield Sensor(site.id, site.name, site.id, COMPUTED, quantities, retired=site.retired)

    def _is_retired(self, site_id: str) -> bool:
        site = self._sites.get(site_id)
        return site is not None and site.retired


def _as_sensor(gateway: Gateway) -> Sensor:
    return Sensor(
        gateway.id, gateway.name, gateway.site, gateway.id, REPORTED_BY_GATEWAYS,
        retired=gateway.retired, retired_ms=gateway.retired_ms,
    )  # fmt: skip


def _is_heard(record: Gateway | Sensor) -> bool:
    """Whether anything of it is accepted: of what is retired, what was measured before that, if one knows when."""
    return not record.retired or record.retired_ms is not None


def _is_other(before: Gateway | None, now: Gateway) -> bool:
    """Whether a gateway is new, or was or is retired otherwise than before."""
    return before is None or (before.retired, before.retired_ms) != (now.retired, now.retired_ms)


def _ends_ms(*records: Gateway | Sensor) -> int | None:
    """When (UTC) the first of them was retired; None where none is."""
    ends = (each.retired_ms for each in records if each.retired)
    return min((end_ms for end_ms in ends if end_ms is not None), default=None)
