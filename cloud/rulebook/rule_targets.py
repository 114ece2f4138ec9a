"""What rules can watch: sensors with what Siaga derives of them, and sites with what it derives of these.

river-1: water_level, siaga      air-market: pm2_5, pm2_5_hour, ispu_pm2_5      daruba, a site: ispu, capacity_used
"""

from collections.abc import Iterable, Iterator, Set

import msgspec

from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from rules.derived import has_hours, series_of_sensor, series_of_site
from wire import QuantityTable
from wire.quantity_table import hour_of

DERIVED_INTERVAL_S = 3_600.0
"""Derived series have a value for each hour."""
_NOBODY = ""


class RuleTargets:
    """All that rules can watch in the city of `registry`, by id: a site's derived series go by the site's id."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._targets: dict[str, Sensor] = {}
        self._groups: dict[str, set[str]] | None = None
        self.renew()

    def renew(self, changed: Iterable[str] | None = None) -> None:
        """See what the registry says now of the sites and sensors that have `changed` (None: any may have)."""
        registry, self._groups = self._registry, None
        if changed is None:
            self._targets = {}
            changed = (*(site.id for site in registry.sites()), *(sensor.id for sensor in registry.sensors()))
        for name in changed:
            self._targets.pop(name, None)
        self._targets.update((target.id, target) for target in map(self._target, changed) if target is not None)

    def _target(self, name: str) -> Sensor | None:
        """A site, a sensor, or both where they share an id."""
        site, sensor = self._registry.site(name), self._registry.sensor(name)
        of_site = None if site is None or site.retired else _of_site(site, _measured(self._registry, site))
        if sensor is None or not self._registry.has_sensor(name):
            return of_site
        return _of_sensor(sensor, self.table, () if of_site is None else of_site.quantities)

    @property
    def table(self) -> QuantityTable:
        """The quantities of the city."""
        return self._registry.quantities

    def all(self) -> list[Sensor]:
        """Every target of the city file."""
        return list(self._targets.values())

    def sites_of(self, group: str) -> Set[str]:
        """The sites at which sensors of a group stand; none where there is no such group."""
        if self._groups is None:
            self._groups = {}
            for target in self._targets.values():
                for name in target.groups:
                    self._groups.setdefault(name, set()).add(target.site)
        return self._groups.get(group, set())

    def get(self, target_id: str) -> Sensor | None:
        """One target; a sensor that is retired too."""
        return self._targets.get(target_id) or self._registry.sensor(target_id)


def is_derived(quantity: str, table: QuantityTable) -> bool:
    """Whether Siaga computes a quantity itself."""
    row = table.get(quantity)
    return row is not None and row.derived


def _of_sensor(sensor: Sensor, table: QuantityTable, more: tuple[str, ...]) -> Sensor:
    return msgspec.structs.replace(sensor, quantities=(*sensor.quantities, *_derived(sensor, table), *more))


def _derived(sensor: Sensor, table: QuantityTable) -> Iterator[str]:
    for quantity in sensor.quantities:
        yield from series_of_sensor(quantity, sensor.interval_s)
        if quantity in table.own and has_hours(sensor.interval_s):
            yield hour_of(quantity)


def _measured(registry: Registry, site: Site) -> set[str]:
    return {quantity for sensor in registry.sensors_at(site.id) for quantity in sensor.quantities}


def _of_site(site: Site, measured: set[str]) -> Sensor:
    unknown = {name for name, of in (("capacity_used", site.capacity), ("crowd_density", site.area_m2)) if not of}
    derived = tuple(name for name in series_of_site(measured) if name not in unknown)
    return Sensor(site.id, site.name, site.id, _NOBODY, derived)
