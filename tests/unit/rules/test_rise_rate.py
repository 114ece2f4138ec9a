import pytest

from rules.rise_rate import WINDOW_MS, rate_per_hour, window_ms

MINUTE = 60_000
NOW = 1_764_000_000_000


def rate(levels: dict[int, float], *, over_ms: int = WINDOW_MS) -> float | None:
    """The rate of levels by the minutes before now."""
    times_ms = [NOW - minutes * MINUTE for minutes in levels]
    return rate_per_hour(times_ms, list(levels.values()), end_ms=NOW, over_ms=over_ms)


def rising(cm_a_minute: float) -> dict[int, float]:
    return {minutes: 100 - cm_a_minute * minutes for minutes in range(30, -1, -1)}


@pytest.mark.parametrize("cm_a_minute", [0.5, 0.0, -2.0])
def test_the_rate_is_the_change_by_the_hour(cm_a_minute: float):
    assert rate(rising(cm_a_minute)) == pytest.approx(60 * cm_a_minute)


def test_a_wrong_reading_anywhere_moves_it_by_little():
    for wrong in (30, 25, 12, 3, 0):
        assert rate(rising(0.5) | {wrong: 900.0}) == pytest.approx(30, abs=4), wrong


def test_what_is_not_known_at_both_ends_of_the_window_has_no_rate():
    assert rate({}) is None
    assert rate({0: 100.0}) is None
    assert rate({9: 100.0, 5: 104.0, 0: 108.0}) is None, "of ten minutes nobody makes an hour"
    assert rate({30: 100.0, 28: 101.0, 22: 103.0}) is None, "silent since"
    assert rate({30: 100.0, 15: 105.0, 0: 110.0}) == pytest.approx(20)


def test_a_gauge_that_measures_seldom_is_looked_at_for_longer():
    assert window_ms(0) == window_ms(60_000) == WINDOW_MS
    assert rate({60: 100.0, 45: 102.0, 30: 104.0, 15: 106.0, 0: 108.0}, over_ms=window_ms(15 * MINUTE)) == 8


def test_what_lies_outside_of_the_window_counts_for_nothing():
    assert rate({31: -500.0} | rising(1.0)) == pytest.approx(60)
