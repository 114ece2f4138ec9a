"""How fast a count grows of late."""

from edge.rates import SAMPLES, RateWindow


def test_a_rate_is_of_the_last_minutes_and_not_of_ever():
    window = RateWindow(now_s=0.0, every_s=10.0)
    count = 0
    for second in range(1, 1_001):  # one each second for a quarter of an hour, then nothing
        count += second <= 500
        window.record(count, now_s=float(second))
        if second == 500:
            assert window.per_s(count, now_s=500.0) == 1.0
    assert window.per_s(count, now_s=1_000.0) == 0.0
    assert len(window._samples) == SAMPLES


def test_a_rate_is_not_guessed_of_two_seconds():
    window = RateWindow(now_s=0.0)
    assert window.per_s(7, now_s=2.0) is None
    assert window.per_s(7, now_s=7.0) == 1.0


def test_what_was_before_the_port_was_opened_again_does_not_count():
    window = RateWindow(now_s=0.0)
    window.restart(100, now_s=600.0)
    assert window.per_s(120, now_s=610.0) == 2.0
