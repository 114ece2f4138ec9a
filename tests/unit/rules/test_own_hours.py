"""An hour of a quantity that a city added: by its way, with its completeness."""

import pytest

from rules.marks import Mark
from rules.own_hours import OwnHour, ReadingOfHour, hour_of
from rules.timing import Timing
from wire import HourOf

HOUR, MINUTE = 3_600_000, 60_000
TEN_MINUTES = Timing(600.0)
SPIKE, STUCK = int(Mark.SPIKE), int(Mark.STUCK)


def heard(*values: float, every_ms: int = 10 * MINUTE, marks: int = 0) -> list[ReadingOfHour]:
    return [ReadingOfHour(number * every_ms, value, marks) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("way", "value"), [(HourOf.MEAN, 3.5), (HourOf.SUM, 21.0), (HourOf.LAST, 2.0), (HourOf.MAX, 6.0)]
)
def test_a_whole_hour_is_made_by_its_way(way: HourOf, value: float):
    assert hour_of(way, heard(1, 3, 4, 5, 6, 2), 0, HOUR, TEN_MINUTES) == OwnHour(value, 100.0)


@pytest.mark.parametrize(("way", "value"), [(HourOf.SUM, 4.0), (HourOf.LAST, 3.0), (HourOf.MAX, 3.0)])
def test_a_third_of_an_hour_has_all_but_a_mean(way: HourOf, value: float):
    found, mean = (hour_of(each, heard(1, 3), 0, HOUR, TEN_MINUTES) for each in (way, HourOf.MEAN))
    assert found is not None
    assert mean is not None
    assert (found.value, mean.value) == (value, None)
    assert found.completeness == mean.completeness == pytest.approx(100 / 3)


def test_a_mean_needs_three_quarters_of_the_hour():
    quarters = Timing(900.0)
    assert hour_of(HourOf.MEAN, heard(1, 2, 3, every_ms=15 * MINUTE), 0, HOUR, quarters) == OwnHour(2.0, 75.0)
    assert hour_of(HourOf.MEAN, heard(1, 2, every_ms=15 * MINUTE), 0, HOUR, quarters) == OwnHour(None, 50.0)


def test_what_nobody_believes_counts_for_nothing_beside_what_is_believed():
    readings = [*heard(1, 1, 1, 1, 1), ReadingOfHour(50 * MINUTE, 900.0, SPIKE)]
    for way, value in ((HourOf.MEAN, 1.0), (HourOf.MAX, 1.0), (HourOf.LAST, 1.0), (HourOf.SUM, 5.0)):
        found = hour_of(way, readings, 0, HOUR, TEN_MINUTES)
        assert found is not None
        assert (found.value, found.doubts) == (value, 0)
        assert found.completeness < 100.0


def test_an_hour_of_doubts_alone_is_known_by_its_highest_and_said_to_be_doubted():
    doubted = heard(5, 9, marks=SPIKE)
    assert hour_of(HourOf.MAX, doubted, 0, HOUR, TEN_MINUTES) == OwnHour(9.0, 0.0, SPIKE)
    for way in (HourOf.MEAN, HourOf.SUM, HourOf.LAST):
        assert hour_of(way, doubted, 0, HOUR, TEN_MINUTES) == OwnHour(None, 0.0)


def test_an_hour_in_which_nothing_was_heard_is_none():
    assert hour_of(HourOf.SUM, [], 0, HOUR, TEN_MINUTES) is None
    assert hour_of(HourOf.MAX, heard(5, marks=int(Mark.WITHDRAWN)), 0, HOUR, TEN_MINUTES) is None


def test_a_value_that_does_not_move_counts_and_is_no_reason_for_a_hole():
    assert hour_of(HourOf.MEAN, heard(*[4.0] * 6, marks=STUCK), 0, HOUR, TEN_MINUTES) == OwnHour(4.0, 100.0)
