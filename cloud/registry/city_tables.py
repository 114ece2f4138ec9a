"""The tables of city.toml, and what may stand in each key: the form of a site, whoever writes it.

[city]  name, zone          [[sites]]    id, name, place, latitude, longitude, zone?, contacts?, …
[[gateways]]  id, name, site     [[sensors]]  id, name, site, gateway, quantities, interval_s?, calibration?, …
"""

import difflib
import functools
import re
import zoneinfo
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat, ValidationInfo, field_validator

from cloud.core.printable import PrintableText
from i18n.message import LocalizedMessage
from rules.level import height_mistake
from runtime.settings import Settings
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


@functools.cache
def _known_zones() -> frozenset[str]:
    """All that this machine knows: some 600 files are looked at for it, which takes 20 ms."""
    return frozenset(zoneinfo.available_timezones())


def _zone(text: str) -> str:
    known = _known_zones()
    if known and text not in known:  # a machine without time zones knows none: then nothing can be said
        close = _nearest_zone(text, known)
        raise ValueError(
            LocalizedMessage("no such time zone; write {close}", close=close)
            if close
            else LocalizedMessage("no such time zone; write one such as Asia/Jayapura")
        )
    return text


def _nearest_zone(text: str, known: frozenset[str]) -> str:
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
        raise ValueError(
            LocalizedMessage("write a date and time with its offset and without quotes, as 2026-11-20T09:00:00+09:00")
        )
    return moment


def _height(mounting_height_cm: float) -> float:
    mistake = height_mistake(mounting_height_cm)
    if mistake is not None:
        raise ValueError(mistake)
    return mounting_height_cm


def _not_zero(scale: float) -> float:
    if scale == 0:
        raise ValueError(LocalizedMessage("a scale of 0 makes every value the same; write another"))
    return scale


Name = Annotated[str, AfterValidator(lambda text: check_name("id", text))]
Text = Annotated[PrintableText, Field(min_length=1, max_length=200)]
Zone = Annotated[str, AfterValidator(_zone)]
Moment = Annotated[datetime, BeforeValidator(_dated)]
Phone = Annotated[PrintableText, Field(max_length=40, pattern=r"^(\+?[0-9][0-9 ()./-]*)?$")]
Corner = tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]]
"""Latitude and longitude, WGS 84 degrees."""


class CityTable(Settings):
    """`[city]`."""

    name: Text
    zone: Zone


class ContactTable(Settings):
    """`[[sites.contacts]]`: whom to call about a site."""

    name: Text
    role: Annotated[PrintableText, Field(max_length=200)] = ""
    phone: Phone = ""
    email: Annotated[PrintableText, Field(max_length=200)] = ""


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
    contacts: Annotated[tuple[ContactTable, ...], Field(max_length=20)] = ()

    @field_validator("polygon")
    @classmethod
    def _polygon_has_corners(cls, corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
        if 0 < len(corners) < 3:
            raise ValueError(
                LocalizedMessage("an area has at least three corners; write them as [[latitude, longitude], …]")
            )
        return corners


class GatewayTable(Settings):
    """`[[gateways]]`."""

    id: Name
    name: Text
    site: Name


class CalibrationTable(Settings):
    """`calibration = { water_level = { scale = 1.0, offset = -2.5 } }`."""

    scale: Annotated[FiniteFloat, AfterValidator(_not_zero)] = 1.0
    offset: FiniteFloat = 0.0


class SensorTable(Settings):
    """`[[sensors]]`."""

    id: Name
    name: Text
    site: Name
    gateway: Name
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
            raise ValueError(
                LocalizedMessage("is an end of the interval that a reading speaks for; write interval_s = 600.0 too")
            )
        return stamped
