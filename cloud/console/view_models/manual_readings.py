"""Readings by people as they are shown: what can be read at a place, and what was read there lately.

SeriesChoice("river/water_level", "River gauge · Water level", "cm", hint="The sensor said 132.4 cm at 14:02.", …)
SeenView("132 cm", "ani, 14:05", "The sensor said 131.2 cm then: they agree.")
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.ingest.manual.checks import quantities_by_eye
from cloud.ingest.manual.records import ManualReading
from cloud.readings.contract import Point, StoredReading
from cloud.registry.records import Sensor
from cloud.situation import OCCUPANCY, WATER
from i18n import figures
from i18n.catalog import Catalog
from rules.quality_policies import policy_of
from rules.twins import twins_disagree
from wire import Quantity, QuantityTable
from wire.durations import DAY_MS

MOST_SERIES = 200
"""Of one place: what people read by eye, and what is looked for beside them."""
SERIES = "{sensor}/{quantity}"
_FIRST = (WATER, OCCUPANCY)
"""What people read: the staff gauge, and heads."""


class SeriesChoice(msgspec.Struct, frozen=True):
    """A series that can be read by eye; a value beyond `low` to `high` cannot be, one beyond `likely` asks again."""

    id: str
    words: str
    unit: str
    hint: str
    low: float
    high: float
    likely_low: float
    likely_high: float


class SeenView(msgspec.Struct, frozen=True):
    """A reading by a person; `beside` says what the sensor said then, `differs` that it was something else.

    `counted` says until when it counts, or counted, in place of the sensor; `withdrawn` who has taken it back.
    """

    id: int
    quantity: str
    what: str
    value: str
    who: str
    beside: str = ""
    differs: bool = False
    counted: str = ""
    withdrawn: str = ""


def choice_of(
    _: Catalog, sensor: Sensor, row: Quantity, newest: StoredReading | None, *, now_ms: int, zone: ZoneInfo
) -> SeriesChoice:
    """One series, with what its sensor said last."""
    hint, likely = "", (row.low, row.high)
    if newest is not None:
        hint = _(
            "The sensor said {value} at {time}.",
            value=value_words(_, row, newest.value), time=_when(_, newest.time_ms, now_ms, zone),
        )  # fmt: skip
        likely = _likely(row, newest.value)
    return SeriesChoice(
        id=SERIES.format(sensor=sensor.id, quantity=row.name), words=f"{sensor.name} · {figures.name_of(_, row)}",
        unit=figures.unit_of(_, row), hint=hint, low=row.low, high=row.high,
        likely_low=likely[0], likely_high=likely[1],
    )  # fmt: skip


def series_by_eye(sensors: Sequence[Sensor], table: QuantityTable) -> list[tuple[Sensor, Quantity]]:
    """What can be read by eye at a place: first what matters most there, and always in the same order."""
    found = [(sensor, row) for sensor in sensors for row in quantities_by_eye(sensor, table)]
    return sorted(found, key=_order)[:MOST_SERIES]


def seen_view(
    _: Catalog, reading: ManualReading, row: Quantity, point: Point | None, *, sensor: str, now_ms: int, zone: ZoneInfo
) -> SeenView:
    """A reading beside what the sensor said at about that time, `point`."""
    counted = _counted(_, reading, now_ms, zone)
    beside, differs = _beside(_, reading, row, point, counts=bool(counted))
    return SeenView(
        id=reading.id, quantity=reading.quantity, what=f"{sensor} · {figures.name_of(_, row)}",
        value=value_words(_, row, reading.value),
        who=_("read by {person} at {time}", person=reading.person, time=_when(_, reading.time_ms, now_ms, zone)),
        beside=beside, differs=differs, counted=counted,
        withdrawn="" if reading.withdrawn_by is None or reading.withdrawn_ms is None else _(
            "withdrawn by {person} at {time}",
            person=reading.withdrawn_by, time=_when(_, reading.withdrawn_ms, now_ms, zone),
        ),
    )  # fmt: skip


def value_words(_: Catalog, row: Quantity, value: float) -> str:
    """A value with its unit."""
    return " ".join(part for part in figures.value_and_unit(_, row, value) if part)


def _order(series: tuple[Sensor, Quantity]) -> tuple[int, str, str, str]:
    sensor, row = series
    place = _FIRST.index(row.name) if row.name in _FIRST else len(_FIRST)
    return place, sensor.name, sensor.id, row.name


def _counted(_: Catalog, reading: ManualReading, now_ms: int, zone: ZoneInfo) -> str:
    """Whether it counts in place of the sensor, or did."""
    until_ms = reading.counts_until_ms
    if until_ms is None or reading.withdrawn_ms is not None:
        return ""
    time = _when(_, until_ms, now_ms, zone)
    if reading.counts(now_ms):
        return _("Counts until {time} in place of the sensor.", time=time)
    return _("Counted until {time} in place of the sensor.", time=time)


def _beside(
    _: Catalog, reading: ManualReading, row: Quantity, point: Point | None, *, counts: bool
) -> tuple[str, bool]:
    policy = policy_of(row)
    if point is None or policy is None:
        return "", False
    said = value_words(_, row, point.value)
    if not twins_disagree(policy, reading.value, point.value):
        return _("The sensor said {value} then: they agree.", value=said), False
    apart = value_words(_, row, abs(reading.value - point.value))
    if counts:
        return _("The sensor said {value} then, {apart} off.", value=said, apart=apart), True
    return _("The sensor said {value} then, {apart} off; alarms go by the sensor.", value=said, apart=apart), True


def _likely(row: Quantity, value: float) -> tuple[float, float]:
    policy = policy_of(row)
    if policy is None:
        return row.low, row.high
    fall = max(policy.least_step, min(60 * policy.fall_per_min, policy.fall_an_hour))
    rise = max(policy.least_step, min(60 * policy.rise_per_min, policy.rise_an_hour))
    return max(row.low, value - fall), min(row.high, value + rise)


def _when(_: Catalog, time_ms: int, now_ms: int, zone: ZoneInfo) -> str:
    is_today = now_ms - time_ms < DAY_MS // 2
    return figures.time_of_day(time_ms, zone)[:5] if is_today else figures.minute(_, time_ms, zone)
