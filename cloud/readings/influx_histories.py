"""Many series asked for at once: one request for the sensors and quantities of one measurement and time range.

SELECT "pm2_5", "pm10", marks FROM "air" WHERE (sensor = 'a' OR sensor = 'b') AND time >= … GROUP BY sensor;
SELECT marks FROM "verdict" WHERE (sensor = 'a' OR sensor = 'b') AND time >= … GROUP BY sensor, quantity
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from cloud.readings.contract import Point, SeriesRange
from cloud.readings.influx_answers import Result, is_number, marks_of
from cloud.readings.influxql import identifier, literal
from cloud.readings.lines import MARKS, VERDICT
from rules.marks import with_verdict
from wire import QUANTITIES

SENSORS = 20
"""Sensors of one request: proxies take 8 KiB of a URL, and each sensor stands in both statements."""
QUANTITIES_AT_ONCE = 20
"""Quantities of one request."""

Series = tuple[str, str]
"""(sensor, quantity)."""


class Question(msgspec.Struct, frozen=True):
    """What one request asks: `ranges` of one measurement, all from `start_ms` to `end_ms` (UTC)."""

    measurement: str
    quantities: Sequence[str]
    ranges: Sequence[SeriesRange]

    @property
    def statements(self) -> str:
        """The statements of the request: what was read, and the verdicts on it."""
        named = " OR ".join(f"sensor = {literal(name)}" for name in dict.fromkeys(each.sensor for each in self.ranges))
        first = self.ranges[0]
        where = f"WHERE ({named}) AND time >= {first.start_ms}ms AND time < {first.end_ms}ms"
        fields = ", ".join(map(identifier, self.quantities))
        readings = f"SELECT {fields}, {MARKS} FROM {identifier(self.measurement)} {where} GROUP BY sensor"  # noqa: S608 - escaped
        verdicts = f'SELECT "{MARKS}" FROM "{VERDICT}" {where} GROUP BY sensor, quantity'  # noqa: S608 - escaped
        return f"{readings}; {verdicts}"


def questions_of(ranges: Sequence[SeriesRange]) -> Iterator[Question]:
    """Sort `ranges` into as few questions as may be, by measurement and time."""
    alike: defaultdict[tuple[str, int, int], list[SeriesRange]] = defaultdict(list)
    for asked in dict.fromkeys(ranges):
        alike[QUANTITIES[asked.quantity].domain, asked.start_ms, asked.end_ms].append(asked)
    for (measurement, _, _), found in alike.items():
        for sensors in _parts(sorted({each.sensor for each in found}), SENSORS):
            of_sensors = [each for each in found if each.sensor in sensors]
            for quantities in _parts(sorted({each.quantity for each in of_sensors}), QUANTITIES_AT_ONCE):
                yield Question(measurement, quantities, [each for each in of_sensors if each.quantity in quantities])


def points_of(question: Question, readings: Result, verdicts: Result) -> dict[SeriesRange, list[Point]]:
    """The points of each range of `question`, by what a server answered: the readings with the marks that hold."""
    rows: defaultdict[str, list[list[object]]] = defaultdict(list)
    for series in readings.series:
        rows[series.tags.get("sensor", "")] += series.values
    held = _marks_by_verdict(verdicts)
    place = {name: number for number, name in enumerate(question.quantities, start=1)}
    return {
        asked: _points(rows[asked.sensor], place[asked.quantity], held.get((asked.sensor, asked.quantity), {}))
        for asked in question.ranges
    }


def _points(rows: Sequence[Sequence[object]], place: int, held: Mapping[int, int]) -> list[Point]:
    return [
        Point(time_ms, value, with_verdict(marks_of(marks), held.get(time_ms)))
        for row in rows
        for time_ms, value, marks in ((row[0], row[place], row[-1]),)
        if isinstance(time_ms, int) and isinstance(value, (int, float)) and is_number(value)
    ]


def _marks_by_verdict(verdicts: Result) -> dict[Series, dict[int, int]]:
    found: defaultdict[Series, dict[int, int]] = defaultdict(dict)
    for series in verdicts.series:
        of_series = found[series.tags.get("sensor", ""), series.tags.get("quantity", "")]
        of_series.update((time_ms, marks_of(marks)) for time_ms, marks in series.values)
    return found


def _parts(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), most):
        yield names[first : first + most]
