"""Indices as people are told them: value, category in both languages, official colour, and what they stand on.

Indices(registry, newest).of_site("daruba-market") ─► [IndexNow("ispu", 87, Sedang, Biru, critical="pm2_5", parts=…), …]

From the newest readings in memory alone, so that a page may ask as often as it likes.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from cloud.derived.series_writer import VERSION_OF
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from rules import footfall, ispu, rain, scales, siaga, usaqi, who2021
from rules.ispu import P14_2020, TABLE_OF_NUMBER, TABLES
from rules.marks import DOUBTED, Mark, names_of
from rules.siaga import GaugeLimits
from wire import AIR_PARAMETERS, ISPU_OF_VERSIONS, ISPU_TABLE, QUANTITIES
from wire.durations import DAY_MS

PART_OF_INDEX_MS = DAY_MS
"""How old a parameter's index may be beside that of its site."""


class IndexCategory(msgspec.Struct, frozen=True):
    """A category in both languages, and its colour: by its official name where it has one, and as #rrggbb."""

    english: str
    indonesian: str
    colour: str
    colour_indonesian: str
    hex: str


class IndexPart(msgspec.Struct, frozen=True):
    """The index of one parameter at one sensor; completeness in %, time in ms of UTC."""

    parameter: str
    sensor: str
    value: float
    category: IndexCategory
    completeness: float | None
    time_ms: int


class IndexNow(msgspec.Struct, frozen=True, kw_only=True):
    """An index as it stands: `sensor` is the site's id where it is of the whole site.

    `completeness` in %, None where nothing was to be completed; `version` of the computation, None of what is read
    straight from the newest reading. `above_scale`: the index is at the end of its scale, and the air may be worse.
    `doubts` are the marks, by name, that speak against the value.
    """

    index: str
    site: str
    sensor: str
    value: float
    unit: str
    category: IndexCategory
    source: str
    time_ms: int
    critical: str | None = None
    parts: tuple[IndexPart, ...] = ()
    completeness: float | None = None
    version: int | None = None
    above_scale: bool = False
    doubts: tuple[str, ...] = ()


Readings = Mapping[str, StoredReading]
"""The newest readings of one sensor or site, by quantity."""


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
        sensors = [sensor for sensor in self._registry.sensors() if sensor.site == site_id]
        own = self._of(site_id)
        found = [
            _air(site, own, "ispu", self._parts(sensors, "ispu", own)),
            *(_air(site, own, f"ispu_{key}", self._parts(sensors, f"ispu_{key}", own)) for key in TABLES),
            _air(site, own, "us_aqi", self._parts(sensors, "us_aqi", own)),
        ]
        for sensor in sensors:
            readings = self._of(sensor.id)
            found += [_who(sensor, readings, pollutant) for pollutant, span in who2021.GUIDELINES if span == "24h"]
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
        parts = [_part(index, parameter, self._of(sensor.id)) for sensor in sensors for parameter in AIR_PARAMETERS]
        fresh = [part for part in parts if part is not None and part.time_ms > of_site.time_ms - PART_OF_INDEX_MS]
        return tuple(sorted(fresh, key=lambda part: -part.value))


def _part(index: str, parameter: str, readings: Readings) -> IndexPart | None:
    kind = _kind(index)
    plain = readings.get(f"{kind}_{parameter}")
    reading = readings.get(f"{index}_{parameter}", plain if parameter not in ISPU_OF_VERSIONS else None)
    if reading is None:
        return None
    completeness = _beside(reading, readings, f"{kind}_{parameter}_completeness")
    category = _air_category(index, reading.value)
    return IndexPart(parameter, reading.sensor, reading.value, category, completeness, reading.time_ms)


def _air(site: Site, own: Readings, index: str, parts: tuple[IndexPart, ...]) -> IndexNow | None:
    reading = own.get(index)
    if reading is None:
        return None
    kind, critical = _kind(index), _beside(reading, own, f"{index}_critical")
    return _index(
        site.id,
        reading,
        own,
        category=_air_category(index, reading.value),
        source=_table(index, reading, own).source if kind == "ispu" else usaqi.SOURCE,
        critical=None if critical is None else AIR_PARAMETERS[int(critical)],
        parts=parts,
        above_scale=kind == "ispu" and reading.value >= ispu.INDEX_LIMITS[-1],
        of=kind,
    )


def _kind(index: str) -> str:
    """ispu_klh_2026 is an ISPU."""
    return "ispu" if index.startswith("ispu") else index


def _table(index: str, reading: StoredReading, own: Readings) -> ispu.Table:
    """The version of ISPU's table that an index was computed with."""
    by_name = TABLES.get(index.removeprefix("ispu_"))
    if by_name is not None:
        return by_name
    number = _beside(reading, own, ISPU_TABLE)
    return TABLE_OF_NUMBER.get(int(number or 0), P14_2020)


def _air_category(index: str, value: float) -> IndexCategory:
    if _kind(index) == "ispu":
        of_ispu = ispu.category_of(value)
        colours = of_ispu.colour, of_ispu.colour_indonesian
        return IndexCategory(of_ispu.english, of_ispu.indonesian, *colours, of_ispu.hex)
    of_us = usaqi.category_of(value)
    return IndexCategory(of_us.english, of_us.indonesian, of_us.colour, "", of_us.hex)


def _who(sensor: Sensor, readings: Readings, pollutant: str) -> IndexNow | None:
    """How many times the guideline of 24 hours the mean of the last 24 hours is; WHO gives no colours."""
    reading = readings.get(f"{pollutant}_day")
    if reading is None:
        return None
    compared = who2021.compare(pollutant, "24h", reading.value)
    english, indonesian = who2021.MET[compared.met]
    return _index(
        sensor.site,
        reading,
        readings,
        name=f"who_2021_{pollutant}",
        value=compared.ratio,
        unit="1",
        category=IndexCategory(english, indonesian, "", "", ""),
        source=who2021.SOURCE,
        critical=pollutant,
    )


def _rain(sensor: Sensor, readings: Readings, name: str) -> IndexNow | None:
    reading = readings.get(name)
    if reading is None:
        return None
    row = rain.class_of_hour(reading.value) if name == "rain_hour" else rain.class_of_day(reading.value)
    category = IndexCategory(row.english, row.indonesian, row.colour, row.colour_indonesian, row.hex)
    return _index(sensor.site, reading, readings, category=category, source=rain.SOURCE)


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
    return _index(site.id, reading, own, category=category, source="Cifuentes 1992; Yulianda 2007", of="visitors")


def _density(site: Site, own: Readings) -> IndexNow | None:
    reading = own.get("crowd_density")
    if reading is None:
        return None
    row = footfall.density_of(reading.value)
    category = IndexCategory(row.english, row.indonesian, "", "", row.hex)
    return _index(site.id, reading, own, category=category, source="Fruin 1971", of="visitors")


def _index(
    site: str,
    reading: StoredReading,
    readings: Readings,
    *,
    category: IndexCategory,
    source: str,
    name: str | None = None,
    value: float | None = None,
    unit: str | None = None,
    critical: str | None = None,
    parts: tuple[IndexPart, ...] = (),
    above_scale: bool = False,
    of: str | None = None,
) -> IndexNow:
    """The index of a derived reading, with what stands beside it: completeness (of `of`) and version."""
    row = QUANTITIES[reading.quantity]
    version = _beside(reading, readings, VERSION_OF[row.domain])
    return IndexNow(
        index=name or reading.quantity,
        site=site,
        sensor=reading.sensor,
        value=reading.value if value is None else value,
        unit=unit or row.unit,
        category=category,
        source=source,
        time_ms=reading.time_ms,
        critical=critical,
        parts=parts,
        completeness=_beside(reading, readings, f"{of or reading.quantity}_completeness"),
        version=None if version is None else int(version),
        above_scale=above_scale,
        doubts=tuple(names_of(reading.marks & DOUBTED)),
    )


def _beside(reading: StoredReading, readings: Readings, quantity: str) -> float | None:
    """A value that belongs to a reading: of the same time, or, where newer ones came without it, the newest."""
    found = readings.get(quantity)
    return None if found is None or found.time_ms < reading.time_ms else found.value
