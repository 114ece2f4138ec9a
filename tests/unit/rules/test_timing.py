"""What a reading speaks for, and how much is covered: it adds up however it is cut."""

import random

import pytest

from rules.timing import Heard, Timing
from wire import Stamped

MINUTE, HOUR = 60_000, 3_600_000


def test_a_reading_belongs_to_where_the_middle_of_its_interval_lies():
    hourly = 3_600.0
    assert 7 * HOUR + Timing(hourly, Stamped.END).shift_ms == 6.5 * HOUR
    assert 7 * HOUR + Timing(hourly, Stamped.START).shift_ms == 7.5 * HOUR
    assert Timing(hourly).shift_ms == Timing(None).shift_ms == 0
    assert Timing(hourly, Stamped.END).begins_ms == -HOUR
    assert Timing(hourly, Stamped.START).begins_ms == Timing(hourly).begins_ms == 0


def test_what_is_heard_is_what_readings_cover_and_not_how_many_came():
    assert Heard([0, 10_000, 20_000], each_ms=MINUTE).between(0, HOUR) == 80_000
    assert Heard([0, 10 * MINUTE], each_ms=5 * MINUTE).between(2 * MINUTE, 12 * MINUTE) == 5 * MINUTE
    assert Heard([], each_ms=MINUTE).between(0, HOUR) == 0
    assert Heard([-MINUTE], each_ms=3 * MINUTE).between(0, HOUR) == 2 * MINUTE, "one before speaks on"


@pytest.mark.parametrize("seed", range(20))
def test_what_is_heard_adds_up_however_the_time_is_cut(seed):
    chance = random.Random(seed)
    begins = [chance.randrange(-HOUR, HOUR) for _ in range(chance.randrange(1, 60))]
    each_ms = chance.randrange(1, 20 * MINUTE)
    cuts = sorted({0, HOUR, *(chance.randrange(HOUR) for _ in range(chance.randrange(8)))})
    whole = Heard(begins, each_ms=each_ms)
    known = [Heard([one for one in begins if one < end], each_ms=each_ms) for end in cuts[1:]]
    parts = [heard.between(start, end) for heard, start, end in zip(known, cuts, cuts[1:], strict=False)]
    assert sum(parts) == whole.between(0, HOUR)
    assert 0 <= whole.between(0, HOUR) <= HOUR
