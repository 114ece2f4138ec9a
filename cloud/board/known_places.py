"""What the registry says of places, taken when it has another edition: which places it changes is worked out once.

registry, edition 7 ─► renew() ─► the ids of places whose site or sensors are others, or of all where the table is
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from wire import QuantityTable


class KnownPlaces:
    """The sites and sensors of `registry` by id, as they were when they were taken last."""

    def __init__(self, registry: Registry) -> None:
        self.sites: dict[str, Site] = {}
        self.sensors: dict[str, Sensor] = {}
        self.measured: dict[str, Sequence[str]] = {}
        """The domains of which each sensor measures something."""
        self._registry = registry
        self._edition: object = None
        self._table: QuantityTable | None = None

    def is_old(self) -> bool:
        """Whether the registry has another edition."""
        return self._registry.edition != self._edition

    def renew(self) -> list[str]:
        """Take what the registry says now; return the places that it changes."""
        self._edition = self._registry.edition
        sites_before, sensors_before, measured_before = self.sites, self.sensors, self.measured
        is_other_table, self._table = self._registry.quantities is not self._table, self._registry.quantities
        self.sites = {site.id: site for site in self._registry.sites()}
        self.sensors = {sensor.id: sensor for sensor in self._registry.sensors()}
        changed = set(self.sensors) if is_other_table else _changed(sensors_before, self.sensors)
        self.measured = {
            sensor.id: _measured(sensor, self._table) if sensor.id in changed else measured_before[sensor.id]
            for sensor in self.sensors.values()
        }
        if is_other_table:
            return list(self.sites)
        several = (known.get(name) for known in (sensors_before, self.sensors) for name in changed)
        places = {sensor.site for sensor in several if sensor is not None}
        return [site for site in places | _changed(sites_before, self.sites) if site in self.sites]

    def of_sensors(self, sensors: Iterable[str]) -> Iterable[str]:
        """The places of sensors; a place may speak for itself."""
        for name in sensors:
            known = self.sensors.get(name)
            site = name if known is None else known.site
            if site in self.sites:
                yield site


_Record = TypeVar("_Record", Site, Sensor)


def _changed(before: Mapping[str, _Record], after: Mapping[str, _Record]) -> set[str]:
    """The ids of records that have come, gone or changed."""
    gone = before.keys() - after.keys()
    return gone | {name for name, each in after.items() if (held := before.get(name)) is not each and held != each}


def _measured(sensor: Sensor, table: QuantityTable) -> Sequence[str]:
    """The domains of which a sensor measures something; a gateway's own health is no measurement."""
    if sensor.id == sensor.gateway:
        return ()
    return sorted({table[name].domain for name in sensor.quantities if name in table})
