"""Many series asked for at once: one request for the sensors and quantities of one measurement and time range.

SELECT "pm2_5", "pm10", marks FROM "air" WHERE (sensor = 'a' OR sensor = 'b') AND time >= … GROUP BY sensor;
SELECT marks FROM "verdict" WHERE (sensor = 'a' OR sensor = 'b') AND time >= … GROUP BY sensor, quantity

SELECT sum("people_in"), sum("people_out") FROM "footfall" WHERE … GROUP BY sensor, time(60000ms) fill(none)
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cloud.readings.contract import Point, SeriesRange
from cloud.readings.influx_answers import Result, is_number, marks_of
from cloud.readings.influxql import identifier, literal
from cloud.readings.lines import MARKS, VERDICT
from rules.marks import with_verdict
from wire import QuantityTable

SENSORS = 20
"""Sensors of one request: proxies take 8 KiB of a URL, and each sensor stands in both statements."""
QUANTITIES_AT_ONCE = 20
"""Quantities of one request."""

NONE = Result()
"""What aggregated readings have of verdicts."""

Series = tuple[str, str]
"""(sensor, quantity)."""


class Question(msgspec.Struct, frozen=True):
    """What one request asks: `ranges` of one measurement, all from `start_ms` to `end_ms` (UTC)."""

    measurement: str
    quantities: Sequence[str]
    ranges: Sequence[SeriesRange]

    @property
    def statements(self) -> list[str]:
        """The statements of the request: what was read, and, where it is not aggregated, the verdicts on it."""
        asked = self.ranges[0]
        named = " OR ".join(f"sensor = {literal(name)}" for name in dict.fromkeys(each.sensor for each in self.ranges))
        source = f"FROM {identifier(self.measurement)} WHERE"
        where = f"({named}) AND time >= {asked.start_ms}ms AND time < {asked.end_ms}ms"
        if asked.every_ms is None:
            fields = ", ".join(map(identifier, self.quantities))
            return [
                f"SELECT {fields}, {MARKS} {source} {where} GROUP BY sensor",
                f'SELECT "{MARKS}" FROM "{VERDICT}" WHERE {where} GROUP BY sensor, quantity',  # noqa: S608 - escaped
            ]
        steps = ", ".join(f"{asked.agg}({identifier(quantity)})" for quantity in self.quantities)
        return [f"SELECT {steps} {source} {where} GROUP BY sensor, time({asked.every_ms}ms) fill(none)"]


def questions_of(ranges: Sequence[SeriesRange], table: QuantityTable) -> Iterator[Question]:
    """Sort `ranges` of quantities in `table` into as few questions as may be, by measurement, time and steps."""
    alike: defaultdict[tuple[object, ...], list[SeriesRange]] = defaultdict(list)
    for asked in dict.fromkeys(ranges):
        domain = table[asked.quantity].domain
        alike[domain, asked.start_ms, asked.end_ms, asked.every_ms, asked.agg].append(asked)
    for found in alike.values():
        measurement = table[found[0].quantity].domain
        for sensors in _parts(sorted({each.sensor for each in found}), SENSORS):
            of_sensors = [each for each in found if each.sensor in sensors]
            for quantities in _parts(sorted({each.quantity for each in of_sensors}), QUANTITIES_AT_ONCE):
                yield Question(measurement, quantities, [each for each in of_sensors if each.quantity in quantities])


def points_of(question: Question, readings: Result, verdicts: Result = NONE) -> dict[SeriesRange, list[Point]]:
    """The points of each range of `question`, by what a server answered: the readings with the marks that hold."""
    rows: defaultdict[str, list[list[Any]]] = defaultdict(list)
    for series in readings.series:
        rows[series.tags.get("sensor", "")] += series.values
    held = _marks_by_verdict(verdicts)
    place = {name: number for number, name in enumerate(question.quantities, start=1)}
    return {
        asked: _points(rows[asked.sensor], place[asked.quantity], held.get((asked.sensor, asked.quantity), {}))
        if asked.every_ms is None
        else _steps(rows[asked.sensor], place[asked.quantity])
        for asked in question.ranges
    }


def _points(rows: Sequence[Sequence[Any]], place: int, held: Mapping[int, int]) -> list[Point]:
    return [
        Point(row[0], row[place], with_verdict(marks_of(row[-1]), held.get(row[0])))
        for row in rows
        if is_number(row[place])
    ]


def _steps(rows: Sequence[Sequence[Any]], place: int) -> list[Point]:
    return [Point(row[0], row[place]) for row in rows if is_number(row[place])]


def _marks_by_verdict(verdicts: Result) -> dict[Series, dict[int, int]]:
    found: defaultdict[Series, dict[int, int]] = defaultdict(dict)
    for series in verdicts.series:
        of_series = found[series.tags.get("sensor", ""), series.tags.get("quantity", "")]
        of_series.update((time_ms, marks_of(marks)) for time_ms, marks in series.values)
    return found


def _parts(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), most):
        yield names[first : first + most]
