"""Indices as people are told them: value, category in both languages, official colour, and what they stand on.

Indices(registry, newest).of_site("daruba-market") ─► [IndexNow("ispu", 87, Sedang, Biru, critical="pm2_5", parts=…), …]

From the newest readings in memory alone, so that a page may ask as often as it likes.
"""

from collections.abc import Callable, Iterable

from cloud.derived.air_indices import air_index, air_part, who_index
from cloud.derived.index_records import IndexCategory, IndexNow, IndexPart, Readings, index_of
from cloud.readings.newest import Newest
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from rules import footfall, rain, scales, siaga, who2021
from rules.ispu import TABLES
from rules.marks import DOUBTED, Mark, names_of
from rules.siaga import GaugeLimits
from wire import AIR_PARAMETERS, QUANTITIES
from wire.durations import DAY_MS

PART_OF_INDEX_MS = DAY_MS
"""How old a parameter's index may be beside that of its site."""


class Indices:
    """The indices of each site; `gauges` gives the Siaga limits in force of a gauge by its sensor's id."""

    def __init__(self, registry: Registry, newest: Newest, *, gauges: Callable[[str], GaugeLimits | None]) -> None:
        self._registry = registry
        self._newest = newest
        self._gauges = gauges

    def of_site(self, site_id: str) -> list[IndexNow]:
        """Every index that the site has, in the order air, water, people; LookupError where there is no such site."""
        site = self._registry.site(site_id)
        if site is None:
            raise LookupError(site_id)
        sensors = self._registry.sensors_at(site_id)
        own = self._of(site_id)
        found = [
            air_index(site, own, "ispu", self._parts(sensors, "ispu", own)),
            *(air_index(site, own, f"ispu_{key}", self._parts(sensors, f"ispu_{key}", own)) for key in TABLES),
            air_index(site, own, "us_aqi", self._parts(sensors, "us_aqi", own)),
        ]
        for sensor in sensors:
            readings = self._of(sensor.id)
            found += [
                who_index(sensor, readings, pollutant, self._registry.air_corrections)
                for pollutant, span in who2021.GUIDELINES if span == "24h"
            ]  # fmt: skip
            found += [_rain(sensor, readings, "rain_hour"), _rain(sensor, readings, "rain_day")]
            found.append(_siaga(sensor, readings, self._gauges(sensor.id)))
        found += [_capacity(site, own), _density(site, own)]
        return [index for index in found if index is not None]

    def _of(self, sensor: str) -> Readings:
        held = (reading for reading in self._newest.sensor(sensor) if not reading.marks & Mark.WITHDRAWN)
        return {reading.quantity: reading for reading in held}

    def _parts(self, sensors: Iterable[Sensor], index: str, own: Readings) -> tuple[IndexPart, ...]:
        """What the index of the site stands on, the largest first."""
        of_site = own.get(index)
        if of_site is None:
            return ()
        parts = [
            air_part(index, parameter, self._of(sensor.id), self._registry.air_corrections)
            for sensor in sensors for parameter in AIR_PARAMETERS
        ]  # fmt: skip
        fresh = [part for part in parts if part is not None and part.time_ms > of_site.time_ms - PART_OF_INDEX_MS]
        return tuple(sorted(fresh, key=lambda part: -part.value))


def _rain(sensor: Sensor, readings: Readings, name: str) -> IndexNow | None:
    reading = readings.get(name)
    if reading is None:
        return None
    row = rain.class_of_hour(reading.value) if name == "rain_hour" else rain.class_of_day(reading.value)
    category = IndexCategory(row.english, row.indonesian, row.colour, row.colour_indonesian, row.hex)
    return index_of(sensor.site, reading, readings, category=category, source=rain.SOURCE)


def _siaga(sensor: Sensor, readings: Readings, gauge: GaugeLimits | None) -> IndexNow | None:
    """The stage of the newest level, where somebody has set limits; `doubts` say why it may not be so."""
    reading = readings.get("water_level")
    if gauge is None or reading is None:
        return None
    stage = siaga.siaga_of(gauge, reading.value)
    step = scales.FLOOD.step(str(stage))
    return IndexNow(
        index="siaga",
        site=sensor.site,
        sensor=sensor.id,
        value=stage,
        unit=QUANTITIES["siaga"].unit,
        category=IndexCategory(*scales.FLOOD.shown(step), "", "", step.hex),
        source=siaga.SOURCE,
        time_ms=reading.time_ms,
        doubts=tuple(names_of(reading.marks & DOUBTED)),
    )


def _capacity(site: Site, own: Readings) -> IndexNow | None:
    reading = own.get("capacity_used")
    if reading is None:
        return None
    row = footfall.fullness_of(reading.value)
    category = IndexCategory(row.english, row.indonesian, "", "", row.hex)
    return index_of(site.id, reading, own, category=category, source="Cifuentes 1992; Yulianda 2007", of="visitors")


def _density(site: Site, own: Readings) -> IndexNow | None:
    reading = own.get("crowd_density")
    if reading is None:
        return None
    row = footfall.density_of(reading.value)
    category = IndexCategory(row.english, row.indonesian, "", "", row.hex)
    return index_of(site.id, reading, own, category=category, source="Fruin 1971", of="visitors")
