"""Sets of whole numbers as spans."""

from cloud.core.ranges import Ranges

LOW_AND_HIGH = Ranges(((1, 10), (21, 30)))


def test_a_span_that_fills_a_hole_makes_one_of_three():
    assert LOW_AND_HIGH.add(11, 20) == Ranges(((1, 30),))


def test_spans_that_only_touch_become_one():
    assert Ranges(((1, 10),)).add(11, 12) == Ranges(((1, 12),))


def test_a_span_between_others_stays_apart():
    assert LOW_AND_HIGH.add(14, 15) == Ranges(((1, 10), (14, 15), (21, 30)))


def test_an_empty_span_changes_nothing():
    assert LOW_AND_HIGH.add(12, 11) == LOW_AND_HIGH


def test_numbers_within_a_span_are_counted_once_each():
    assert LOW_AND_HIGH.within(5, 25) == 11
    assert LOW_AND_HIGH.within(11, 20) == 0
    assert LOW_AND_HIGH.common([(10, 21), (30, 99)]) == 3


def test_size_and_last_of_the_empty_set_are_0():
    assert (Ranges().size, Ranges().last) == (0, 0)
    assert (LOW_AND_HIGH.size, LOW_AND_HIGH.last) == (20, 30)
