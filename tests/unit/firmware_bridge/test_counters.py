"""The delta rule: growth, wrap, first count, and what a total that falls is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.counters import Counted, CounterStep, begins_at_zero, step


@pytest.mark.parametrize(
    ("last", "now", "bits", "expected"),
    [
        (120, 125, 32, CounterStep(5)),
        (120, 120, 32, CounterStep(0)),
        (0, 3, 32, CounterStep(3)),
        (65_530, 4, 16, CounterStep(10, "counter wrapped")),
        (2**32 - 1, 0, 32, CounterStep(1, "counter wrapped")),
    ],
)
def test_a_step_is_growth_or_a_wrap(last, now, bits, expected):
    assert step(Counted(last), now, bits=bits) == (Counted(now), expected)


def test_the_first_count_adds_nothing():
    assert step(None, 120, bits=32) == (Counted(120), CounterStep(None, "first count"))


def added(*totals: int, bits: int = 32) -> list[int | None]:
    known, steps = None, []
    for total in totals:
        known, what = step(known, total, bits=bits)
        steps.append(what.added)
    return steps


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ((483, 310), [None, None]),
        ((483, 482), [None, None]),
        ((483, 482, 484), [None, None, 1]),
        ((483, 482, 482, 483, 485), [None, None, None, 0, 2]),
        ((470, 0, 471), [None, None, 1]),
        ((470, 0, 0, 0, 0, 471), [None, None, None, None, None, 1]),
        ((470, 0, 469, 471), [None, None, None, 1]),  # 469 is no growth of a counter at 0, and waits for more like it
        ((483, 310, 310, 311, 311, 313, 314, 320), [None, None, None, None, None, None, 4, 6]),
        ((483, 310, 600), [None, None, 117]),
        ((483, 310, 200, 201, 202, 203), [None, None, None, None, None, 3]),
        ((120, 3, 4, 5, 6, 7), [None, None, None, None, 3, 1]),
    ],
)
def test_a_total_that_falls_adds_nothing_until_it_goes_on(totals, expected):
    assert added(*totals) == expected


def test_far_from_the_end_of_its_range_no_counter_wraps():
    assert added(60_000, 3, bits=16) == [None, None]  # 5,539 to the end


def test_a_fall_is_noted_and_so_is_its_end():
    known, what = step(Counted(470), 0, bits=32)
    assert what.note == "counter fell from 470 to 0: nothing added"
    assert step(known, 471, bits=32) == (Counted(471), CounterStep(1, "counter is back at 471 after 0"))


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(0, 10_000)), max_size=40))
def test_garbled_totals_between_true_ones_never_add_what_was_not_counted(counted):
    total, totals = 1_000, [1_000]
    for more, garbled in counted:
        if garbled is not None:
            totals.append(min(garbled, total))  # one garbled total, never two
        total += more
        totals.append(total)
    assert sum(steps := [one or 0 for one in added(*totals)]) == total - 1_000, steps


@pytest.mark.parametrize(
    ("total", "uptime_ms", "frames", "expected"),
    [
        (25, 10_000, 1, True),
        (310, 30_000, 3, False),
        (310, 0, 1, False),
        (25, 0, 1, True),
        (310, 0, 6, True),
        (0, 1, 1, True),
    ],
)
def test_a_total_is_held_against_the_time_since_the_start(total, uptime_ms, frames, expected):
    assert begins_at_zero(total, uptime_ms=uptime_ms, frames=frames, most_a_second=3.0) is expected
