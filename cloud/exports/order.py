"""What is exported: which series, of which time, how dense, in which form; and what is too much for one file.

ExportOrder(series=(ExportSeries("river", "water_level", "cm", "daruba", "Asia/Jayapura"),), start_ms=…, end_ms=…)
file_name("daruba", "water_level", order) == "daruba-water_level-2026-11-01-2026-11-30.csv"
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from cloud.core.times import parse_step, rfc_3339
from cloud.readings.retention import KeptFrom
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from wire.durations import DAY_MS, MINUTE_MS

MOST_SERIES = 200
MOST_DAYS = 3_660
"""Ten years."""
MOST_ROWS = 10_000_000
"""Of one file: ten years of a series with two readings a minute, a gigabyte of CSV."""
USUAL_INTERVAL_S = 60.0
"""How often a series speaks of which nobody says it."""
_LONGEST_NAME = 60
_UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")


class ExportFormat(StrEnum):
    """The form of a file; `csv-semicolon` has decimal commas, as spreadsheets of Indonesia read them."""

    CSV = "csv"
    CSV_SEMICOLON = "csv-semicolon"
    PARQUET = "parquet"


class ExportStep(StrEnum):
    """How long the steps are of which a file has one row each."""

    MINUTE = "1m"
    TEN_MINUTES = "10m"
    HOUR = "1h"


class ExportRefused(Exception):
    """What is not exported, and why in one sentence; `kind` is that of the problem that the API answers."""

    def __init__(self, kind: str, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


class ExportSeries(msgspec.Struct, frozen=True):
    """One series: what it measures in which unit (UCUM), at which site, in whose time zone (IANA), how often."""

    sensor: str
    quantity: str
    unit: str
    site: str
    zone: str
    interval_s: float = USUAL_INTERVAL_S


class ExportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported of start <= time < end (UTC ms); without a `step` every reading."""

    series: Sequence[ExportSeries]
    start_ms: int
    end_ms: int
    step: ExportStep | None = None
    form: ExportFormat = ExportFormat.CSV

    @property
    def step_ms(self) -> int | None:
        """The length of a step."""
        return None if self.step is None else parse_step(self.step)


def series_of(registry: Registry, named: Iterable[tuple[str, str]]) -> list[ExportSeries]:
    """The series that are `named` by sensor and quantity, in that order; of what nobody registered none."""
    found = []
    for name, quantity in named:
        sensor = registry.sensor(name)
        if sensor is not None and quantity in registry.quantities:
            found.append(_series(registry, sensor, quantity))
    return found


def check_order(order: ExportOrder) -> None:
    """Refuse what is too much for one file, before it begins: ExportRefused."""
    span_ms = order.end_ms - order.start_ms
    if len(order.series) > MOST_SERIES:
        raise ExportRefused(
            "too-much-asked",
            LocalizedMessage(
                "{n} series are asked for and one file has at most {most}; choose a sensor or a quantity.",
                n=len(order.series), most=MOST_SERIES,
            ),
        )  # fmt: skip
    if span_ms > MOST_DAYS * DAY_MS:
        raise ExportRefused(
            "too-much-asked",
            LocalizedMessage("One file has at most {n} days; choose a shorter time.", n=MOST_DAYS),
        )
    if _expected_rows(order, span_ms) > MOST_ROWS:
        raise too_many_rows()


def check_kept(order: ExportOrder, kept: KeptFrom) -> None:
    """Refuse what begins before the time since which the store has rows as dense as that: ExportRefused."""
    kept_ms = kept.readings_ms
    if order.step is not None:
        kept_ms = kept.hours_ms if order.step is ExportStep.HOUR else kept.minutes_ms
    if order.start_ms < kept_ms:
        raise ExportRefused(
            "bad-parameter",
            LocalizedMessage(
                "What was before {time} was removed, or is kept in longer steps alone; choose a later start or longer"
                " steps.", time=rfc_3339(kept_ms),
            ),
        )  # fmt: skip


def too_many_rows() -> ExportRefused:
    """That there are more rows than one file has."""
    return ExportRefused(
        "too-much-asked",
        LocalizedMessage(
            "That is more than {n} rows, the most that one file has; choose a shorter time, fewer series or longer"
            " steps.",
            n=MOST_ROWS,
        ),
    )


def file_name(place: str, quantity: str, order: ExportOrder) -> str:
    """What the file is called, in safe characters: of what, and from which day to which, where it was measured."""
    zone = ZoneInfo(order.series[0].zone) if order.series else ZoneInfo("UTC")
    days = (datetime.fromtimestamp(time_ms / 1_000, zone).date() for time_ms in (order.start_ms, order.end_ms - 1))
    parts = (place, quantity, *(day.isoformat() for day in days), order.step or "")
    ending = "parquet" if order.form is ExportFormat.PARQUET else "csv"
    return "-".join(_safe(part) for part in parts if part) + f".{ending}"


def _safe(text: str) -> str:
    return "-".join(_UNSAFE.sub("_", part) for part in text[:_LONGEST_NAME].split("-"))


def _expected_rows(order: ExportOrder, span_ms: int) -> float:
    """How many rows there would be if every series had spoken all the time."""
    step_ms = order.step_ms or 0
    return sum(span_ms / max(step_ms, series.interval_s * 1_000) for series in order.series)


def _series(registry: Registry, sensor: Sensor, quantity: str) -> ExportSeries:
    row, site = registry.quantities[quantity], registry.site(sensor.site)
    zone = site.zone if site is not None and site.zone else registry.city.zone
    interval_s = sensor.interval_s or USUAL_INTERVAL_S
    return ExportSeries(
        sensor.id,
        quantity,
        row.unit,
        sensor.site,
        zone,
        max(interval_s, MINUTE_MS / 1_000) if row.derived else interval_s,
    )
