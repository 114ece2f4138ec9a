"""What is held of a series is what the store has of it, or is said to be unknown."""

from zoneinfo import ZoneInfo

from cloud.derived.held_counts import MOST_MINUTES, HeldCounts
from cloud.derived.held_hours import HeldHours
from cloud.derived.held_levels import HeldLevels
from cloud.derived.held_series import HeldSeries
from cloud.readings.contract import Point
from rules.marks import Mark
from rules.timing import Timing
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, ZONE
from wire import Stamped

WIT = ZoneInfo(ZONE)


def hours(timing: Timing = Timing(600)) -> HeldHours:  # noqa: B008
    return HeldHours(("air", "pm2_5"), timing, WIT, lambda _held: None, lambda _held, _end_ms: None)


def levels() -> HeldLevels:
    return HeldLevels(("river", "water_level"), Timing(60), WIT, lambda _held: None, lambda _held, _end_ms: None)


def read(held: HeldSeries, first_ms: int, *points: Point) -> None:
    assert held.begin_read()
    held.end_read(first_ms, points)


def test_nothing_is_known_of_a_series_that_nobody_read():
    held = hours()
    held.add([NINE], [1.0])
    assert held.hour(NINE, NINE + HOUR) is None
    read(held, NINE, Point(NINE, 1.0), Point(NINE + MINUTE, 3.0))
    held.add([NINE + 2 * MINUTE], [5.0])
    assert held.hour(NINE, NINE + HOUR).mean == 3
    assert held.hour(NINE + HOUR, NINE + 2 * HOUR).count == 0, "and nothing came of the next hour"
    assert held.hour(NINE - HOUR, NINE) is None


def test_what_comes_late_or_twice_has_its_hour_read_again_and_no_later_one():
    for again_ms in (NINE + 5 * MINUTE, NINE + 10 * MINUTE):
        held = hours()
        read(held, NINE)
        held.add([NINE + 10 * MINUTE], [1.0])
        held.add([again_ms], [2.0])
        assert held.hour(NINE, NINE + HOUR) is None
        assert held.news_ms == again_ms if again_ms < NINE + 10 * MINUTE else NINE + 10 * MINUTE
        held.add([NINE + HOUR], [7.0])
        assert held.hour(NINE + HOUR, NINE + 2 * HOUR).total == 7
        assert held.hour(NINE, NINE + HOUR) is None


def test_what_is_told_while_the_series_is_read_counts_once():
    held = hours()
    read(held, NINE)
    held.add([NINE], [1.0])
    assert held.begin_read()
    assert not held.begin_read(), "somebody is at it"
    held.add([NINE + MINUTE], [2.0])
    held.end_read(NINE, [Point(NINE, 1.0), Point(NINE + MINUTE, 2.0)])  # stored and read before it was told
    assert held.hour(NINE, NINE + HOUR).total == 3


def test_a_read_that_failed_changes_nothing_and_forgets_nothing_that_was_told():
    held = hours()
    read(held, NINE)
    held.add([NINE], [1.0])
    assert held.begin_read()
    held.add([NINE + MINUTE], [2.0])
    held.end_read(NINE, None)
    assert held.hour(NINE, NINE + HOUR).total == 3


def test_readings_that_nobody_believes_make_an_hour_that_was_read_as_they_make_it_of_the_store():
    held = hours()
    read(held, NINE, Point(NINE, 900.0, int(Mark.SPIKE)))
    found = held.hour(NINE, NINE + HOUR)
    assert (found.count, found.worst, found.doubts) == (0, 900.0, int(Mark.SPIKE))


def test_two_hours_are_held_and_the_third_is_read():
    held = hours()
    read(held, NINE)
    held.add([NINE, NINE + HOUR, NINE + 2 * HOUR], [1.0, 2.0, 3.0])
    assert held.hour(NINE, NINE + HOUR) is None
    assert held.hour(NINE + HOUR, NINE + 2 * HOUR).total == 2


def test_a_reading_counts_in_the_hour_to_which_it_belongs():
    held = hours(Timing(600, Stamped.END))
    read(held, NINE)
    held.add([NINE + HOUR], [4.0])
    assert held.hour(NINE, NINE + HOUR).total == 4


def test_levels_are_held_as_long_as_a_rate_looks_back_on_them():
    held = levels()
    read(held, NINE)
    for second in range(0, 4 * 3_600, 2):
        held.add([NINE + second * 1_000], [float(second)])
        if second % 60 == 0:
            held.begin_rating(NINE + second * 1_000)
            held.end_rating(NINE + max(60, second) * 1_000)
    assert held.size < 5_000, "less than three hours"
    end_ms = NINE + 4 * HOUR
    found = held.points(end_ms - 31 * MINUTE, end_ms)
    assert found is not None
    assert len(found) == 31 * 30
    assert held.points(NINE, end_ms) is None


def test_the_rate_of_a_minute_is_new_where_one_of_its_readings_is():
    held = levels()
    read(held, NINE)
    held.add([NINE + 30 * MINUTE], [1.0])
    held.take_news()
    held.begin_rating(NINE + 40 * MINUTE)
    held.add([NINE + 35 * MINUTE + 5], [2.0])  # while rates are computed
    held.end_rating(NINE + MINUTE)
    assert held.is_rated(NINE + 35 * MINUTE)
    assert not held.is_rated(NINE + 36 * MINUTE)


def test_counts_are_held_by_the_minute_and_no_more_minutes_than_stated():
    held = HeldCounts(("gate", "people_in"), Timing(60), WIT, lambda _held: None)
    read(held, NINE)
    held.add([NINE + 1, NINE + 2, NINE + MINUTE], [1.0, 2.0, 5.0])
    assert held.minutes(NINE, NINE + HOUR) == {NINE + MINUTE: 3, NINE + 2 * MINUTE: 5}
    for minute in range(2, 3 * MOST_MINUTES):
        held.add([NINE + minute * MINUTE], [1.0])
    assert held.minutes(NINE, NINE + HOUR) is None
    last_ms = NINE + 3 * MOST_MINUTES * MINUTE
    found = held.minutes(last_ms - 2 * HOUR, last_ms)
    assert found is not None
    assert len(found) == 120
