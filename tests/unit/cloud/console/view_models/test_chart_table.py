import pytest

from cloud.console.view_models.chart import ChartHistory
from cloud.console.view_models.chart_span import SPANS, ChartSpan
from cloud.console.view_models.chart_table import MOST_ROWS, ChartTable, chart_table, row_length
from cloud.readings.buckets import fold, merged
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from rules.marks import Mark
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT
from wire import QUANTITIES
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

EN = catalog_of("en")
ZONE_MS = 9 * HOUR_MS
END_MS = NOON_MS // HOUR_MS * HOUR_MS


def table(
    points: list[Point], *, length_ms: int, step_ms: int, people: tuple[Point, ...] = (), of_sums: bool = False
) -> ChartTable:  # fmt: skip
    unit_ms = min(step_ms, HOUR_MS)
    buckets = tuple(merged(fold(points, unit_ms), step_ms, offset_ms=ZONE_MS))
    history = ChartHistory(END_MS - length_ms, END_MS, step_ms, buckets, of_sums, ZONE_MS)
    name = "people_in" if of_sums else "water_level"
    return chart_table(EN, QUANTITIES[name], history, people, WIT)


def before(back_ms: int, value: float, mark: Mark = Mark.NONE) -> Point:
    return Point(END_MS - back_ms, value, int(mark))


def test_rows_are_the_extremes_and_the_mean_of_all_readings_and_what_people_read():
    points = [before(HOUR_MS, 10.0), before(HOUR_MS - 1, 20.0), before(HOUR_MS - 2, 60.0), before(MINUTE_MS, 7.0)]
    people = tuple(before(HOUR_MS - number, 11.0 + number) for number in range(5))
    found = table(points, length_ms=DAY_MS, step_ms=2 * MINUTE_MS, people=people)
    assert found.heads == ("Lowest", "Mean", "Highest")
    newest, older, oldest = found.rows[0], found.rows[1], found.rows[2]
    assert (newest.when, newest.figures) == ("11:00", ("7.0", "24.2", "60.0"))
    assert (older.when, older.figures, older.read) == ("10:00", (), "")
    assert (newest.read, oldest.read, found.has_read) == ("11.0, 12.0, 13.0 +2", "", True)


def test_what_is_doubted_stands_beside_and_a_row_of_nothing_else_says_so():
    points = [before(90 * MINUTE_MS, 890.0, Mark.SPIKE), before(89 * MINUTE_MS, 512.0, Mark.STUCK),
              before(MINUTE_MS, 7.0), before(1, 900.0, Mark.SPIKE)]  # fmt: skip
    newest, older = table(points, length_ms=DAY_MS, step_ms=2 * MINUTE_MS).rows[:2]
    assert (newest.figures, newest.doubted) == (("7.0", "7.0", "7.0"), "1 doubted reading: 900.0")
    assert (older.figures, older.doubted) == ((), "2 doubted readings: 512.0–890.0")


def test_amounts_are_a_sum_and_their_doubted_values_are_no_part_of_it():
    points = [before(DAY_MS + HOUR_MS, 3.0), before(DAY_MS, 4.0), before(DAY_MS - 1, 99.0, Mark.SPIKE)]
    found = table(points, length_ms=30 * DAY_MS, step_ms=DAY_MS, of_sums=True)
    assert found.heads == ("Sum",)
    assert (found.rows[1].when, found.rows[1].figures, found.rows[1].doubted) == (
        "23 Nov 2026", ("7",), "1 doubted reading"
    )  # fmt: skip


@pytest.mark.parametrize(("name", "when"), [
    ("1h", "11:58"), ("24h", "11:00"), ("7d", "24 Nov 06:00"), ("30d", "24 Nov 2026"), ("1y", "19 Nov 2026")
])  # fmt: skip
def test_a_row_is_named_by_its_day_where_it_is_one(name: str, when: str):
    span = SPANS[name]
    found = table([], length_ms=span.length_ms, step_ms=span.step_ms(END_MS, of_sums=False))
    assert found.rows[0].when == when


@pytest.mark.parametrize("days", [1, 2, 7, 20, 30, 100, 365, 1_000, 5 * 365, 3_652])
def test_there_are_few_rows_of_whole_steps(days: int):
    span = ChartSpan(start_ms=END_MS - days * DAY_MS, end_ms=END_MS)
    step_ms = span.step_ms(END_MS, of_sums=False)
    found = table([], length_ms=days * DAY_MS, step_ms=step_ms)
    assert 8 <= len(found.rows) <= MOST_ROWS
    history = ChartHistory(END_MS - days * DAY_MS, END_MS, step_ms, ())
    assert row_length(history) % step_ms == 0
