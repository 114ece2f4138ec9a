"""The delta rule: growth, wrap, reset, first count."""

import pytest

from firmware_bridge.counters import Step, step


@pytest.mark.parametrize(
    ("last", "now", "bits", "expected"),
    [
        (None, 120, 32, Step(None, "first count")),
        (120, 125, 32, Step(5)),
        (120, 120, 32, Step(0)),
        (0, 3, 32, Step(3)),
        (65_530, 4, 16, Step(10, "counter wrapped")),
        (2**32 - 1, 0, 32, Step(1, "counter wrapped")),
        (120, 3, 16, Step(3, "counter started again at 0")),
        (120, 0, 32, Step(0, "counter started again at 0")),
        (60_000, 3, 16, Step(3, "counter started again at 0")),  # 5,539 to the end of the range: not near it
    ],
)
def test_a_step_is_growth_wrap_or_reset(last, now, bits, expected):
    assert step(last, now, bits=bits) == expected
