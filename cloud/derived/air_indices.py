"""Indices of the air as people are told them: ISPU by each version of its table, US AQI, WHO's guidelines.

ispu 87 of the site ─► Sedang, Biru, critical pm2_5, and the parts of each sensor and parameter that it stands on
"""

from cloud.derived.index_records import (
    IndexCategory,
    IndexCorrection,
    IndexNow,
    IndexPart,
    Readings,
    index_of,
    value_beside,
)
from cloud.readings.contract import StoredReading
from cloud.registry.air_corrections import AirCorrections
from cloud.registry.records import Sensor, Site
from rules import ispu, usaqi, who2021
from rules.ispu import P14_2020, TABLE_OF_NUMBER, TABLES
from wire import AIR_PARAMETERS, ISPU_OF_VERSIONS, ISPU_TABLE


def air_part(index: str, parameter: str, readings: Readings, corrections: AirCorrections) -> IndexPart | None:
    """The index of one parameter at one sensor; None where there is none."""
    kind = _kind(index)
    plain = readings.get(f"{kind}_{parameter}")
    reading = readings.get(f"{index}_{parameter}", plain if parameter not in ISPU_OF_VERSIONS else None)
    if reading is None:
        return None
    completeness = value_beside(reading, readings, f"{kind}_{parameter}_completeness")
    category = _air_category(index, reading.value)
    correction = correction_of(reading, readings, parameter, corrections)
    return IndexPart(parameter, reading.sensor, reading.value, category, completeness, reading.time_ms, correction)


def correction_of(
    reading: StoredReading, readings: Readings, parameter: str, corrections: AirCorrections
) -> IndexCorrection | None:
    """What corrected the newest hour of a parameter, beside an index that stands on it; None where nothing did."""
    fact = value_beside(reading, readings, f"{parameter}_correction")
    dated = None if fact is None else corrections.by_fact(int(fact))
    if dated is None:
        return None
    known = value_beside(reading, readings, f"{parameter}_correction_completeness")
    return IndexCorrection(parameter, reading.sensor, dated.name, dated.fact, known)


def air_index(site: Site, own: Readings, index: str, parts: tuple[IndexPart, ...]) -> IndexNow | None:
    """An index of the air of a site; None where there is none."""
    reading = own.get(index)
    if reading is None:
        return None
    kind, critical = _kind(index), value_beside(reading, own, f"{index}_critical")
    return index_of(
        site.id,
        reading,
        own,
        category=_air_category(index, reading.value),
        source=_table(index, reading, own).source if kind == "ispu" else usaqi.SOURCE,
        critical=None if critical is None else AIR_PARAMETERS[int(critical)],
        parts=parts,
        above_scale=kind == "ispu" and reading.value >= ispu.INDEX_LIMITS[-1],
        of=kind,
        corrections=tuple(part.correction for part in parts if part.correction is not None),
    )


def _kind(index: str) -> str:
    """ispu_klh_2026 is an ISPU."""
    return "ispu" if index.startswith("ispu") else index


def _table(index: str, reading: StoredReading, own: Readings) -> ispu.Table:
    """The version of ISPU's table that an index was computed with."""
    by_name = TABLES.get(index.removeprefix("ispu_"))
    if by_name is not None:
        return by_name
    number = value_beside(reading, own, ISPU_TABLE)
    return TABLE_OF_NUMBER.get(int(number or 0), P14_2020)


def _air_category(index: str, value: float) -> IndexCategory:
    if _kind(index) == "ispu":
        of_ispu = ispu.category_of(value)
        colours = of_ispu.colour, of_ispu.colour_indonesian
        return IndexCategory(of_ispu.english, of_ispu.indonesian, *colours, of_ispu.hex)
    of_us = usaqi.category_of(value)
    return IndexCategory(of_us.english, of_us.indonesian, of_us.colour, "", of_us.hex)


def who_index(sensor: Sensor, readings: Readings, pollutant: str, corrections: AirCorrections) -> IndexNow | None:
    """How many times the guideline of 24 hours the mean of the last 24 hours is; WHO gives no colours."""
    reading = readings.get(f"{pollutant}_day")
    if reading is None:
        return None
    compared = who2021.compare(pollutant, "24h", reading.value)
    english, indonesian = who2021.MET[compared.met]
    correction = correction_of(reading, readings, pollutant, corrections)
    return index_of(
        sensor.site,
        reading,
        readings,
        name=f"who_2021_{pollutant}",
        value=compared.ratio,
        unit="1",
        category=IndexCategory(english, indonesian, "", "", ""),
        source=who2021.SOURCE,
        critical=pollutant,
        corrections=() if correction is None else (correction,),
    )
