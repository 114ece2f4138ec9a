"""Hours of readings, asked of the store."""

from zoneinfo import ZoneInfo

from cloud.derived.hours import and_after
from tests.unit.cloud.derived.examples import HOUR


def test_times_are_never_read_into_the_future():
    assert and_after([0, HOUR], 2, zone=ZoneInfo("Asia/Jayapura"), now_ms=2 * HOUR) == [0, HOUR, 2 * HOUR]
