import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.times import parse_step, step_text
from cloud.readings.buckets import STEPS_MS, TimeBucket, fold, merged, one_of_each_time, step_of, unit_of
from cloud.readings.contract import Point
from rules.marks import MARK_NAMES, Mark
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

T0 = 1_764_000_000_000


def folded(points: Sequence[Point], step_ms: int = HOUR_MS) -> list[TimeBucket]:
    return list(fold(points, step_ms))


def test_a_bucket_has_the_least_the_greatest_and_the_last_of_what_is_believed():
    (bucket,) = folded([Point(T0, 2.0), Point(T0 + 1, 1.0), Point(T0 + 2, 9.0, int(Mark.BACKFILL)), Point(T0 + 3, 4.0)])
    assert (bucket.min, bucket.max, bucket.last, bucket.mean) == (1.0, 9.0, 4.0, 4.0)
    assert (bucket.first_ms, bucket.last_ms, bucket.marks) == (T0, T0 + 3, Mark.BACKFILL)


@pytest.mark.parametrize("mark", [
    Mark.SPIKE, Mark.STUCK, Mark.TWINS_DISAGREE, Mark.TWIN_ASTRAY, Mark.CLOCK_UNKNOWN, Mark.WITHDRAWN
])  # fmt: skip
def test_what_is_doubted_is_in_no_value_of_what_is_believed(mark: Mark):
    (bucket,) = folded([Point(T0, 2.0), Point(T0 + 1, 900.0, int(mark)), Point(T0 + 2, 4.0)])
    assert (bucket.count, bucket.min, bucket.max, bucket.mean) == (2, 2.0, 4.0, 3.0)
    assert (bucket.doubted, bucket.doubted_min, bucket.doubted_max, bucket.marks) == (1, 900.0, 900.0, mark)


def test_a_bucket_of_doubted_readings_alone_is_there_and_has_no_value():
    (bucket,) = folded([Point(T0, 2.0, int(Mark.SPIKE))])
    assert (bucket.count, bucket.min, bucket.max, bucket.last, bucket.mean) == (0, None, None, None, None)
    assert bucket.doubted == 1


def test_a_step_without_readings_has_no_bucket():
    hour = T0 - T0 % HOUR_MS
    buckets = folded([Point(hour + HOUR_MS - 1, 1.0), Point(hour + 3 * HOUR_MS, 2.0)])
    assert [bucket.time_ms - hour for bucket in buckets] == [0, 3 * HOUR_MS]


def test_steps_begin_where_a_clock_that_is_ahead_says_so():
    midnight = T0 - T0 % DAY_MS - 9 * HOUR_MS
    hours = folded([Point(midnight + hour * HOUR_MS, float(hour)) for hour in range(-1, 25)])
    days = list(merged(hours, DAY_MS, offset_ms=9 * HOUR_MS))
    assert [(day.time_ms - midnight, day.count) for day in days] == [(-DAY_MS, 1), (0, 24), (DAY_MS, 1)]


def test_of_two_readings_of_one_time_the_later_given_counts():
    points = [Point(T0, 1.0), Point(T0, 2.0), Point(T0 + 1, 3.0)]
    assert one_of_each_time(points) == points[1:]
    assert one_of_each_time(points[1:]) is not None


def test_a_sum_that_no_float_holds_stays_at_the_greatest_one():
    huge = 1.7e308
    (bucket,) = folded([Point(T0 + n, -huge) for n in range(3)])
    assert bucket.total == -1.7976931348623157e308
    assert math.isfinite(bucket.mean or 0.0)


points_of_days = st.lists(
    st.builds(
        Point, st.integers(T0, T0 + 3 * DAY_MS), st.floats(-1e12, 1e12), st.sampled_from([0, 0, *map(int, MARK_NAMES)])
    ),
    max_size=60,
    unique_by=lambda point: point.time_ms,
).map(lambda points: sorted(points, key=lambda point: point.time_ms))


@given(points_of_days, st.sampled_from([MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS]), st.data())
def test_it_does_not_matter_where_readings_are_parted_into_whole_units(points: list[Point], step_ms: int, data: Any):
    unit_ms = unit_of(step_ms)
    parts = folded(points, unit_ms)
    whole = list(merged(parts, step_ms))
    assert sum(bucket.count + bucket.doubted for bucket in whole) == len(points)
    cut_ms = data.draw(st.integers(T0, T0 + 3 * DAY_MS)) // unit_ms * unit_ms
    early = folded([point for point in points if point.time_ms < cut_ms], unit_ms)
    late = folded([point for point in points if point.time_ms >= cut_ms], unit_ms)
    again = [*early, *late]
    assert list(merged(again, step_ms)) == whole


@given(st.integers(-(10**12), 10**13), st.integers(1, 10**13), st.integers(2, 4_000))
def test_a_step_cuts_any_time_into_at_most_so_many_buckets(start_ms: int, length_ms: int, points: int):
    step_ms = step_of(start_ms, start_ms + length_ms, points)
    assert (start_ms + length_ms - 1) // step_ms - start_ms // step_ms + 1 <= points
    assert step_ms % 1_000 == 0


def test_a_step_is_no_longer_than_it_must_be():
    day_ms = T0 - T0 % DAY_MS
    assert step_of(day_ms, day_ms + DAY_MS, 24) == HOUR_MS
    assert step_of(day_ms, day_ms + DAY_MS, 23) == 2 * HOUR_MS
    assert step_of(day_ms, day_ms + 1, 4_000) == 1_000


def test_every_step_can_be_written_and_is_made_of_whole_units():
    for step_ms in STEPS_MS:
        assert parse_step(step_text(step_ms)) == step_ms
        assert step_ms % unit_of(step_ms) == 0
