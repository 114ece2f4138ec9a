"""What the cloud refused, counted and told."""

import pytest

from edge.refusals import Refusals
from wire import refused_readings


def test_refusals_are_counted_by_reason_and_logged_when_a_reason_is_new(caplog: pytest.LogCaptureFixture):
    refusals = Refusals()
    for second in range(10):
        refused = refused_readings([("air-pier", "unknown_sensor", 12), ("river-1", "out_of_bounds", 3)])
        assert refused is not None
        refusals.record(refused, now_s=float(second))
    assert len(caplog.records) == 1
    assert "120 unknown_sensor, 30 out_of_bounds" in refusals.note(now_s=10.0)
    assert "add the sensor at the server" in refusals.note(now_s=10.0)
    assert refusals.note(now_s=10_000.0) == ""
