"""How far the water at each gauge is from the next level of its rules: in cm, and in hours at the present rate.

river  212 cm  rising 20 cm/h   38 cm to Siaga 2; rising 20 cm/h, there in about 1.9 h        distance=38 hours=1.9
canal   96 cm  falling 3 cm/h   54 cm to Siaga 3; falling 3 cm/h                              distance=54
ditch  doubted                  not known: the newest reading is doubted                      trend=-2, and no figure

A river that falls or stands has no hours; one that is silent, doubted or refused has no figure at all, and says why.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint, Value
from cloud.situation import WATER, is_silent
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import Bilingual, LocalizedMessage, in_context
from i18n.units import shown
from rules.exact import cleaned
from rules.marks import DOUBTED, Mark
from rules.rise_rate import STEADY_CM_H
from rules.rule import Level, Rule, RuleKind
from wire.durations import HOUR_MS, MINUTE_MS
from wire.measurements import TREND_UNKNOWN

FARTHEST_H = 24.0
"""A rate of half an hour says nothing of the day after tomorrow."""
RATE_LEAST_MS = 10 * MINUTE_MS
"""A rate that is older than this (or than two intervals) beside the level is none of now."""
_TELLING = (WATER, "distance")
Message = LocalizedMessage | Bilingual


class _Gauge(msgspec.Struct, frozen=True):
    """What is known of a gauge: its level and rate now (None: not), the levels of its rules, why nothing is known."""

    level_cm: float | None
    rate_cm_h: float | None = None
    levels: Sequence[Level] = ()
    why: Message | None = None

    @property
    def above(self) -> Level | None:
        """The next level: the lowest that is not reached."""
        ahead = [level for level in self.levels if self.level_cm is not None and not _reached(level, self.level_cm)]
        return min(ahead, key=lambda level: level.limit, default=None)

    @property
    def hours(self) -> float | None:
        """How long the water takes to the next level at the present rate; None where it does not rise towards one."""
        if self.above is None or self.level_cm is None or self.trend != 1 or not self.rate_cm_h:
            return None
        hours = max(0.0, self.above.limit - self.level_cm) / self.rate_cm_h
        return hours if hours <= FARTHEST_H else None

    @property
    def trend(self) -> int | None:
        """-1 falling, 0 steady, 1 rising; None: not known."""
        if self.rate_cm_h is None:
            return None
        return 0 if abs(self.rate_cm_h) < STEADY_CM_H else 1 if self.rate_cm_h > 0 else -1


def next_level_points(snapshot: PlatformSnapshot, rules_of: Callable[[str], Iterable[Rule]]) -> Iterator[ReportPoint]:
    """Yield a point for each gauge; `rules_of` gives the rules that hold for a sensor now."""
    readings = {(reading.sensor, reading.quantity): reading for reading in snapshot.readings}
    for sensor in snapshot.sensors():
        if WATER in sensor.quantities:
            level, rate = readings.get((sensor.id, WATER)), readings.get((sensor.id, "rise_rate"))
            why = _why_unknown(snapshot, sensor, level)
            if why is not None or level is None:
                gauge = _Gauge(None, why=why)
            else:
                gauge = _Gauge(level.value, _rate(sensor, level, rate), _rising_levels(rules_of(sensor.id)))
            yield _point(snapshot.now_ms, sensor, gauge)


def _why_unknown(snapshot: PlatformSnapshot, sensor: Sensor, level: StoredReading | None) -> Message | None:
    if any((sensor.id, quantity) in snapshot.refused for quantity in _TELLING):
        return in_context("dashboards", "not known: its readings are refused")
    if level is None:
        return in_context("dashboards", "not known: no reading yet")
    if is_silent(level, {sensor.id: sensor}, snapshot.now_ms):
        age = _duration((snapshot.now_ms - level.time_ms) / HOUR_MS)
        return in_context("dashboards", "not known: silent for {age}", age=age)
    return in_context("dashboards", "not known: the newest reading is doubted") if level.marks & DOUBTED else None


def _rate(sensor: Sensor, level: StoredReading, rate: StoredReading | None) -> float | None:
    oldest_ms = max(RATE_LEAST_MS, round(2_000 * (sensor.interval_s or 0)))
    if rate is None or rate.marks & (DOUBTED | Mark.WITHDRAWN) or rate.time_ms < level.time_ms - oldest_ms:
        return None
    return rate.value


def _rising_levels(rules: Iterable[Rule]) -> list[Level]:
    held = [rule for rule in rules if rule.enabled and rule.quantity == WATER and rule.kind is RuleKind.ABOVE]
    return [level for rule in held for level in rule.levels]


def _reached(level: Level, cm: float) -> bool:
    return cleaned(cm) > level.limit or (level.inclusive and cleaned(cm) == level.limit)


def _point(now_ms: int, sensor: Sensor, gauge: _Gauge) -> ReportPoint:
    above, text = gauge.above, _sentence(gauge)
    fields: dict[str, Value | None] = {
        "trend": TREND_UNKNOWN if gauge.trend is None else gauge.trend,
        "water_level": gauge.level_cm,
        "rate": gauge.rate_cm_h,
        "limit": None if above is None else float(above.limit),
        "distance": None if above is None or gauge.level_cm is None else max(0.0, above.limit - gauge.level_cm),
        "hours": gauge.hours,
        "severity": None if above is None else above.severity.rank,
        "next": None if above is None else above.name,
        "next_id": None if above is None else above.name_id or above.name,
        "text": catalog_of(LanguageCode.ENGLISH).said(text),
        "text_id": catalog_of(LanguageCode.INDONESIAN).said(text),
        "name": sensor.name,
    }
    return ReportPoint(
        "next_level", now_ms, {"gateway": sensor.gateway, "sensor": sensor.id, "site": sensor.site}, fields
    )


def _sentence(gauge: _Gauge) -> Message:
    if gauge.why is not None:
        return gauge.why
    return in_context("dashboards", "{place}; {motion}", place=_place(gauge), motion=_motion(gauge))


def _place(gauge: _Gauge) -> Message:
    above, level_cm = gauge.above, gauge.level_cm
    if above is not None and level_cm is not None:
        distance = _figure(max(0.0, above.limit - level_cm), "cm")
        return in_context("dashboards", "{distance} to {level}", distance=distance, level=_named(above))
    if gauge.levels:
        highest = max(gauge.levels, key=lambda level: level.limit)
        return in_context("dashboards", "above {level}, the highest level", level=_named(highest))
    return in_context("dashboards", "no levels are set for this gauge")


def _motion(gauge: _Gauge) -> Message:
    if gauge.rate_cm_h is None:
        return in_context("dashboards", "rate of rise not known")
    rate = _figure(abs(gauge.rate_cm_h), "cm/h")
    if gauge.trend == 0:
        return in_context("dashboards", "steady")
    if gauge.trend == -1:
        return in_context("dashboards", "falling {rate}", rate=rate)
    if gauge.above is None:
        return in_context("dashboards", "rising {rate}", rate=rate)
    if gauge.hours is None:
        return in_context("dashboards", "rising {rate}, more than a day away", rate=rate)
    return in_context("dashboards", "rising {rate}, there in about {time}", rate=rate, time=_duration(gauge.hours))


def _named(level: Level) -> Bilingual:
    return Bilingual(level.name, level.name_id or level.name)


def _duration(hours: float) -> Message:
    if hours < 1.5:
        return in_context("dashboards", "{minutes} min", minutes=max(1, round(hours * 60)))
    return in_context("dashboards", "{hours} h", hours=_number(hours))


def _figure(value: float, ucum: str) -> Bilingual:
    number = _number(value)
    return Bilingual(f"{number.english} {shown(ucum, 'en')}", f"{number.indonesian} {shown(ucum, 'id')}")


def _number(value: float) -> Bilingual:
    """A figure of two places or more as a whole number, a smaller one with one decimal."""
    decimals = 0 if value >= 10 else 1
    return Bilingual(*(catalog_of(code).short_number(value, decimals) for code in ("en", "id")))
