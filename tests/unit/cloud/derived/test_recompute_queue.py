"""Which hours wait to be computed again."""

from zoneinfo import ZoneInfo

from cloud.derived.recompute_queue import RecomputeQueue, local_hours, time_range_of
from cloud.readings.blocks import Block
from tests.unit.cloud.derived.examples import HOUR
from wire import Domain


def test_hours_are_noted_until_they_are_taken():
    queue = RecomputeQueue()
    queue.add("air", "pm2_5", HOUR - 1, HOUR)
    queue.add("air", "pm2_5", 5 * HOUR, 5 * HOUR)
    assert len(queue) == 3
    assert queue.pop([("air", "pm2_5"), ("air", "pm10")]) == {("air", "pm2_5"): {0, 1, 5}}
    assert len(queue) == 0
    queue.put_back({("air", "pm2_5"): {5}, ("air", "pm10"): set()})
    assert queue.pop([("air", "pm2_5"), ("air", "pm10")]) == {("air", "pm2_5"): {5}}


def test_an_hour_of_utc_touches_two_where_the_offset_is_no_whole_hour():
    assert local_hours([10], ZoneInfo("Asia/Jayapura")) == {10 * HOUR}
    assert local_hours([10], ZoneInfo("Asia/Kolkata")) == {10 * HOUR - HOUR // 2, 10 * HOUR + HOUR // 2}


def test_a_batch_is_noted_by_its_first_and_last_time():
    block = Block("daruba", "air", "gw", Domain.AIR, 0, [5, 3], (("pm2_5", [1.0, 2.0]), ("humidity", [50.0, 51.0])))
    assert time_range_of([block]) == (3, 5)
    assert time_range_of([]) is None
