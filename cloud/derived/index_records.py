"""An index as people are told it: value, category in both languages, official colour, and what it stands on.

IndexNow("ispu", 87, Sedang, Biru, critical="pm2_5", parts=…)
"""

from collections.abc import Mapping

import msgspec

from cloud.readings.contract import StoredReading
from rules.marks import DOUBTED, names_of
from wire import QUANTITIES
from wire.quantity_table import computation_of

Readings = Mapping[str, StoredReading]
"""The newest readings of one sensor or site, by quantity."""


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
    correction: "IndexCorrection | None" = None


class IndexCorrection(msgspec.Struct, frozen=True):
    """What corrected the newest hour of a parameter at a sensor that an index stands on: its name, and as its version
    the number of the fact that says so. `completeness` in % of what it needs beside the sensor: its humidity.
    """

    parameter: str
    sensor: str
    name: str
    fact: int
    completeness: float | None


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
    corrections: tuple[IndexCorrection, ...] = ()


def index_of(
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
    corrections: tuple[IndexCorrection, ...] = (),
) -> IndexNow:
    """The index of a derived reading, with what stands beside it: completeness (of `of`) and version."""
    row = QUANTITIES[reading.quantity]
    version = value_beside(reading, readings, computation_of(row.domain))
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
        completeness=value_beside(reading, readings, f"{of or reading.quantity}_completeness"),
        version=None if version is None else int(version),
        above_scale=above_scale,
        doubts=tuple(names_of(reading.marks & DOUBTED)),
        corrections=corrections,
    )


def value_beside(reading: StoredReading, readings: Readings, quantity: str) -> float | None:
    """A value that belongs to a reading: of the same time, or, where newer ones came without it, the newest."""
    found = readings.get(quantity)
    return None if found is None or found.time_ms < reading.time_ms else found.value
