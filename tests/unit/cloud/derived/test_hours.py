"""Hours of readings, asked of the store."""

from zoneinfo import ZoneInfo

from cloud.derived.hours import and_after
from cloud.derived.spans import spans
from tests.unit.cloud.derived.examples import HOUR


def test_times_are_read_in_stretches_and_never_into_the_future():
    assert and_after([0, HOUR], 2, zone=ZoneInfo("Asia/Jayapura"), now_ms=2 * HOUR) == [0, HOUR, 2 * HOUR]
    assert spans([9, 0, 1, 10], gap_ms=5) == [[0, 1], [9, 10]]
    assert spans([], gap_ms=5) == []
