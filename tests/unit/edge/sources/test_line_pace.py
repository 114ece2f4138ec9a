"""A line is read as fast as a line can be, and what floods waits at its port."""

import pytest

from edge.sources.line_pace import BURST_S, LEAST_BYTES_A_S, LinePace


@pytest.mark.parametrize("baud", [9_600, 115_200, 921_600])
def test_what_a_line_of_that_rate_can_carry_never_waits(baud: int):
    pace, now_s = LinePace(baud), 100.0
    for _ in range(10_000):
        now_s += 0.01
        assert pace.pause_s(round(baud / 10 * 0.01), now_s=now_s) == 0


def test_what_lay_at_the_port_is_read_at_once():
    assert LinePace(9_600).pause_s(int(LEAST_BYTES_A_S * BURST_S), now_s=5.0) == 0


def test_what_floods_is_read_at_the_pace_and_no_faster():
    pace, now_s, read = LinePace(9_600), 1_000.0, 0
    while now_s < 1_100.0:
        read += 4_096
        now_s += 0.0001 + pace.pause_s(4_096, now_s=now_s)
    assert read == pytest.approx(LEAST_BYTES_A_S * (100 + BURST_S), rel=0.01)


def test_a_clock_that_stood_still_gives_no_more_than_a_burst():
    pace = LinePace(9_600)
    pace.pause_s(1, now_s=10.0)
    assert pace.pause_s(int(LEAST_BYTES_A_S * (BURST_S + 1)), now_s=1e6) == pytest.approx(1.0)
