"""What a second sensor may be: the series of a place first, then of the city, as many as a list can hold.

second_series(_, registry, "sensor:river", None) -> [("rain/rainfall", "Daruba bridge · Rain gauge · Rainfall"), …]
"""

from collections.abc import Iterator
from itertools import chain, islice

from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n import figures
from i18n.catalog import Catalog

SERIES_OFFERED = 150
"""Any other series can be written by its name, sensor/quantity."""


def second_series(_: Catalog, registry: Registry, scope: str, sites: frozenset[str] | None) -> list[tuple[str, str]]:
    """The names of series with their words, of `sites` or all."""
    kind, _colon, name = scope.partition(":")
    sensor = registry.sensor(name) if kind == "sensor" else None
    near = name if kind == "site" else sensor.site if sensor is not None else ""
    far = chain.from_iterable(registry.sensors_at(site.id) for site in registry.sites() if site.id != near)
    seen = (each for each in chain(registry.sensors_at(near), far) if sites is None or each.site in sites)
    return list(islice(_series(_, registry, seen), SERIES_OFFERED))


def _series(_: Catalog, registry: Registry, sensors: Iterator[Sensor]) -> Iterator[tuple[str, str]]:
    for sensor in sensors:
        site = registry.site(sensor.site)
        place = sensor.site if site is None else site.name
        for quantity in sensor.quantities if sensor.id != sensor.gateway else ():
            words = figures.name_of(_, registry.quantities.row(quantity))
            yield f"{sensor.id}/{quantity}", f"{place} · {sensor.name} · {words}"
