"""Where a value goes, as an arrow and a few words: water by its rate, air and visitors beside what they were before.

rise_rate 12 cm/h                                -> TrendView("up", "rises 12 cm an hour")
PM2.5 31 ug/m3 in the last hour, 12 three before -> TrendView("up", "PM2.5 of the hour: 31 µg/m³, 12 three hours …")
31 % of 300 places half an hour ago, 46 % now    -> TrendView("up", "31 % half an hour before")

A mean of an hour is compared with that of three hours before: smoke comes and goes in hours, and the index itself, a
mean of 24 of them, also moves by what leaves it at its other end. Visitors of one place fill it in half an hour.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cloud.readings.contract import StoredReading
from cloud.situation import CAPACITY_USED, ISPU, OCCUPANCY, WATER
from i18n import figures
from i18n.catalog import Catalog
from rules.chance import particles_change, people_change
from rules.marks import DOUBTED, NOT_BELIEVED
from rules.rise_rate import STEADY_CM_H
from wire import QuantityTable
from wire.durations import HOUR_MS, MINUTE_MS

RISE_RATE = "rise_rate"
_RATE_HOLDS_MS = 10 * MINUTE_MS
"""A rate that is older says nothing of where the water goes now."""
_HOUR_HOLDS_MS = 90 * MINUTE_MS
"""The mean of an hour is followed by the next one within this."""
_PARTICLES = ("pm2_5", "pm10")
_ARROWS = {1: "up", 0: "steady", -1: "down"}
UNTOLD = DOUBTED | NOT_BELIEVED
"""A value with one of these marks is compared with nothing."""
Series = tuple[str, str]


class TrendView(msgspec.Struct, frozen=True):
    """Where a value goes: `arrow` is up, down or steady, `words` say how fast, or what it was."""

    arrow: str
    words: str


class Lookback(msgspec.Struct, frozen=True):
    """How far before a reading the one is that it is compared with; `slack_ms`: or so much further."""

    before_ms: int
    slack_ms: int = 0


LOOKBACKS: Mapping[str, Lookback] = {
    **{f"{parameter}_hour": Lookback(3 * HOUR_MS) for parameter in _PARTICLES},
    **dict.fromkeys((CAPACITY_USED, OCCUPANCY, "visitors_present"), Lookback(30 * MINUTE_MS, 10 * MINUTE_MS)),
}
"""Of which series a value of before is needed."""


class Beside(msgspec.Struct, frozen=True):
    """What a value is seen beside: the newest `readings` of its place, what series were `earlier`, its `capacity`."""

    readings: Sequence[StoredReading]
    earlier: Mapping[Series, float] = {}
    capacity: int | None = None


def trend_of(_: Catalog, table: QuantityTable, reading: StoredReading, beside: Beside, now_ms: int) -> TrendView | None:
    """Where a reading that is neither old nor doubted goes, where that is known now and believed."""
    if reading.quantity == WATER:
        return _water(_, reading.sensor, beside.readings, now_ms)
    if reading.quantity in (CAPACITY_USED, OCCUPANCY, "visitors_present"):
        return _visitors(_, table, reading, beside)
    return _air(_, table, reading, beside, now_ms)


def _water(_: Catalog, sensor: str, readings: Iterable[StoredReading], now_ms: int) -> TrendView | None:
    rate = next((one for one in readings if (one.sensor, one.quantity) == (sensor, RISE_RATE)), None)
    if rate is None or rate.marks & UNTOLD or not 0 <= now_ms - rate.time_ms <= _RATE_HOLDS_MS:
        return None
    speed = _.number(abs(rate.value), 0)
    if abs(rate.value) < STEADY_CM_H:
        return TrendView("steady", _("steady"))
    if rate.value > 0:
        return TrendView("up", _("rises {speed} cm an hour", speed=speed))
    return TrendView("down", _("falls {speed} cm an hour", speed=speed))


def _air(_: Catalog, table: QuantityTable, reading: StoredReading, beside: Beside, now_ms: int) -> TrendView | None:
    """Of an index the particles of its place, of those the worst; of particles those of the same sensor."""
    parameters = _PARTICLES if reading.quantity == ISPU else [
        one for one in _PARTICLES if reading.quantity in (one, f"{one}_hour")
    ]  # fmt: skip
    for parameter in parameters:
        hours = [
            one for one in beside.readings
            if one.quantity == f"{parameter}_hour"
            and (reading.quantity == ISPU or one.sensor == reading.sensor)
            and (one.sensor, one.quantity) in beside.earlier
            and not one.marks & UNTOLD and 0 <= now_ms - one.time_ms <= _HOUR_HOLDS_MS
        ]  # fmt: skip
        if hours:
            worst = max(hours, key=lambda one: one.value)
            before = beside.earlier[worst.sensor, worst.quantity]
            now, unit = figures.value_and_unit(_, table[parameter], worst.value)
            words = _(
                "{name} of the hour: {now} {unit}, {before} three hours before",
                name=figures.name_of(_, table[parameter]), now=now, unit=unit,
                before=figures.value_and_unit(_, table[parameter], before)[0],
            )  # fmt: skip
            return TrendView(_ARROWS[particles_change(before, worst.value)], words)
    return None


def _visitors(_: Catalog, table: QuantityTable, reading: StoredReading, beside: Beside) -> TrendView | None:
    """Compared as people, whatever they are shown as."""
    before = beside.earlier.get((reading.sensor, reading.quantity))
    is_share = reading.quantity == CAPACITY_USED
    if before is None or (is_share and not beside.capacity):
        return None
    people = (beside.capacity or 0) / 100 if is_share else 1.0
    value, unit = figures.value_and_unit(_, table[reading.quantity], before)
    words = _("{value} half an hour before", value=f"{value} {unit}".strip())
    return TrendView(_ARROWS[people_change(people * before, people * reading.value)], words)
