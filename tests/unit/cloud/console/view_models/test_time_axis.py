from datetime import datetime

import pytest

from cloud.console.view_models.time_axis import MOST_MARKS, time_marks
from i18n.catalog import catalog_of
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

EN, ID = catalog_of("en"), catalog_of("id")


@pytest.mark.parametrize(("length_ms", "words"), [
    (HOUR_MS, ["11:20", "11:30", "11:40", "11:50", "12:00", "12:10"]),
    (DAY_MS, ["16:00", "20:00", "24 Nov", "04:00", "08:00", "12:00"]),
    (7 * DAY_MS, ["19 Nov", "21 Nov", "23 Nov"]),
    (30 * DAY_MS, ["30 Oct", "4 Nov", "9 Nov", "14 Nov", "19 Nov", "24 Nov"]),
    (365 * DAY_MS, ["Jan 2026", "Apr", "Jul", "Oct"]),
    (5 * 365 * DAY_MS, ["2022", "2023", "2024", "2025", "2026"]),
    (10 * 365 * DAY_MS, ["2018", "2020", "2022", "2024", "2026"]),
], ids=["hour", "day", "week", "month", "year", "five-years", "ten-years"])  # fmt: skip
def test_the_marks_are_full_hours_days_months_or_years(length_ms: int, words: list[str]):
    assert [word for _, word in time_marks(EN, NOON_MS - length_ms, NOON_MS, WIT)] == words


def test_months_are_in_the_language_and_begin_on_the_first_of_the_place():
    marks = list(time_marks(ID, NOON_MS - 150 * DAY_MS, NOON_MS, WIT))
    assert [words for _, words in marks] == ["Jul 2026", "Agu", "Sep", "Okt", "Nov"]
    firsts = [datetime.fromtimestamp(time_ms / 1_000, WIT) for time_ms, _ in marks]
    assert {(first.day, first.hour) for first in firsts} == {(1, 0)}


@pytest.mark.parametrize(
    "length_ms", [10 * MINUTE_MS, 5 * HOUR_MS, 40 * HOUR_MS, 20 * DAY_MS, 80 * DAY_MS, 700 * DAY_MS]
)
def test_there_are_a_few_and_all_of_them_within(length_ms: int):
    marks = list(time_marks(EN, NOON_MS - length_ms, NOON_MS, WIT))
    assert 2 <= len(marks) <= MOST_MARKS + 1
    assert all(NOON_MS - length_ms <= time_ms <= NOON_MS for time_ms, _ in marks)
