"""city.toml: the city as people write it down, read with every mistake in it at once.

[city]  name, zone          [[sites]]    id, name, place, latitude, longitude, zone?
[[gateways]]  id, name, site     [[sensors]]  id, name, site, gateway, quantities, interval_s?, calibration?, …
[[domains]]   [[quantities]]     what the city adds to Siaga's own: city_quantities.py
What it says otherwise than the file before it becomes a dated fact: from `valid_from` of its sensor on, else from now.
"""

import difflib
import re
import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat, ValidationInfo, field_validator

from cloud.core.printable import PrintableText
from cloud.registry.city_quantities import Domains, Quantities, table_of
from cloud.registry.consistency import KINDS, Tables, consistency_problems
from cloud.registry.records import Calibration, City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.level import height_mistake
from runtime.settings import Settings, SettingsError, parse_settings, read_document
from wire import Stamped, check_name

_OF_INDONESIA = {
    # what people call it, and its offset: the name that computers have for it
    "WIB": "Asia/Jakarta",
    "WITA": "Asia/Makassar",
    "WIT": "Asia/Jayapura",
    "+7": "Asia/Jakarta",
    "+8": "Asia/Makassar",
    "+9": "Asia/Jayapura",
}
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*\+0?([789])(?::?00)?")


def _zone(text: str) -> str:
    known = zoneinfo.available_timezones()
    if known and text not in known:  # a machine without time zones knows none: then nothing can be said
        raise ValueError(f"no such time zone; write {_nearest_zone(text, known) or 'one such as Asia/Jayapura'}")
    return text


def _nearest_zone(text: str, known: set[str]) -> str:
    offset = _OFFSET.fullmatch(text.upper())
    named = _OF_INDONESIA.get(f"+{offset[1]}" if offset else text.upper().strip(" .()"))
    if named is not None:
        return named
    place = text.casefold().replace(" ", "_").rpartition("/")[2]
    cities = sorted(zone for zone in known if "/" in zone and zone.casefold().rpartition("/")[2] == place)
    close = difflib.get_close_matches(text, [zone for zone in known if "/" in zone], n=1)
    return next(iter(cities or close), "")


def _dated(moment: object) -> object:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("write a date and time with its offset and without quotes, as 2026-11-20T09:00:00+09:00")
    return moment


def _height(mounting_height_cm: float) -> float:
    mistake = height_mistake(mounting_height_cm)
    if mistake is not None:
        raise ValueError(mistake)
    return mounting_height_cm


def _not_zero(scale: float) -> float:
    if scale == 0:
        raise ValueError("a scale of 0 makes every value the same; write another")
    return scale


Name = Annotated[str, AfterValidator(lambda text: check_name("id", text))]
Text = Annotated[PrintableText, Field(min_length=1, max_length=200)]
Zone = Annotated[str, AfterValidator(_zone)]
Moment = Annotated[datetime, BeforeValidator(_dated)]
Corner = tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]]
"""Latitude and longitude, WGS 84 degrees."""


class CityTable(Settings):
    """`[city]`."""

    name: Text
    zone: Zone


class SiteTable(Settings):
    """`[[sites]]`: WGS 84 degrees."""

    id: Name
    name: Text
    place: Annotated[PrintableText, Field(max_length=200)] = ""
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    zone: Zone | None = None
    capacity: Annotated[int | None, Field(ge=1)] = None
    area_m2: Annotated[float | None, Field(gt=0)] = None
    closes: Annotated[str | None, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = None
    polygon: Annotated[tuple[Corner, ...], Field(max_length=1_000)] = ()

    @field_validator("polygon")
    @classmethod
    def _polygon_has_corners(cls, corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
        if 0 < len(corners) < 3:
            raise ValueError("an area has at least three corners; write them as [[latitude, longitude], …]")
        return corners


class GatewayTable(Settings):
    """`[[gateways]]`."""

    id: Name
    name: Text
    site: str


class CalibrationTable(Settings):
    """`calibration = { water_level = { scale = 1.0, offset = -2.5 } }`."""

    scale: Annotated[FiniteFloat, AfterValidator(_not_zero)] = 1.0
    offset: FiniteFloat = 0.0


class SensorTable(Settings):
    """`[[sensors]]`."""

    id: Name
    name: Text
    site: str
    gateway: str
    quantities: Annotated[list[str], Field(min_length=1)]
    interval_s: Annotated[float | None, Field(gt=0)] = None
    mounting_height_cm: Annotated[FiniteFloat, AfterValidator(_height)] | None = None
    calibration: Annotated[dict[str, CalibrationTable], Field(default_factory=dict)]
    groups: tuple[Name, ...] = ()
    twin: Name | None = None
    next_downstream: Name | None = None
    valid_from: Moment | None = None
    stamped: Stamped | None = None

    @field_validator("stamped")
    @classmethod
    def _stamped_is_of_an_interval(cls, stamped: Stamped | None, given: ValidationInfo) -> Stamped | None:
        if stamped is not None and given.data.get("interval_s") is None:
            raise ValueError("is an end of the interval that a reading speaks for; write interval_s = 600.0 too")
        return stamped


class CityFile(Settings):
    """The whole of city.toml."""

    city: CityTable
    domains: Domains = ()
    quantities: Quantities = ()
    sites: tuple[SiteTable, ...] = ()
    gateways: tuple[GatewayTable, ...] = ()
    sensors: tuple[SensorTable, ...] = ()


def read_city_file(file: Path) -> Registry:
    """Read the city that `file` describes; SettingsError lists every mistake."""
    document = read_document(file)
    problems = [f"{file.name}: {problem}" for problem in consistency_problems(_tables(document))]
    try:
        parsed = parse_settings(document, CityFile, file.name)
    except SettingsError as error:
        raise SettingsError(error.problems + problems) from None
    if problems:
        raise SettingsError(problems)
    return Registry(
        city=City(parsed.city.name, parsed.city.zone),
        sites=[Site(**dict(site) | {"zone": site.zone or parsed.city.zone}) for site in parsed.sites],
        gateways=[Gateway(**dict(gateway)) for gateway in parsed.gateways],
        sensors=[_sensor(sensor) for sensor in parsed.sensors],
        quantities=table_of(parsed.domains, parsed.quantities),
    )


def _tables(document: Mapping[str, Any]) -> Tables:
    named = {name: document.get(name) for name in KINDS}
    return {name: rows for name, rows in named.items() if isinstance(rows, list)}


def _sensor(table: SensorTable) -> Sensor:
    calibration = {name: Calibration(row.scale, row.offset) for name, row in table.calibration.items()}
    given = dict(table)
    valid_from = given.pop("valid_from")
    valid_from_ms = None if valid_from is None else int(valid_from.timestamp() * 1_000)
    dated = {"calibration": calibration, "valid_from_ms": valid_from_ms}
    return Sensor(**given | {"quantities": tuple(table.quantities)} | dated)
