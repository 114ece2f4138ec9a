"""What the snapshot of a gateway is reckoned from."""

import pytest

from edge.control.snapshot import decode_snapshot
from edge.control.status import SHOWN_VALUES, _source, drained_in_s, full_in_s
from edge.sources.tally import MOST_VALUES, SourceTally
from tests.unit.edge.control.snapshots import snapshot
from wire import BUILT_IN, Clock, Reading
from wire.status import SPOOL_BYTES_A_READING

DAY_S = 86_400


def tally() -> SourceTally:
    return SourceTally("river", silent_s=60.0, now_s=0.0, on_change=lambda: None)


def reading(sensor: str, value: float, quantity: str = "water_level") -> Reading:
    return Reading(sensor, quantity, 0, value, Clock.SYNCED)


def test_the_spool_is_told_in_days_at_the_present_rate():
    assert full_in_s(512 * 2**20, 20.0) == pytest.approx(8.6 * DAY_S, rel=0.01)
    assert full_in_s(SPOOL_BYTES_A_READING, 1.0) == 1.0
    assert full_in_s(10**9, 0.0) is None
    assert full_in_s(10**9, None) is None


def test_a_backlog_is_drained_by_what_is_acknowledged_beyond_what_comes():
    assert drained_in_s(40_000, 2.0, 1_002.0) == 40.0
    assert drained_in_s(40_000, 2.0, 2.0) is None
    assert drained_in_s(40_000, 2.0, None) is None


def test_of_each_sensor_the_last_value_is_kept_and_how_long_ago_it_came():
    river = tally()
    river.received(2, time_ms=1, now_s=10.0)
    river.keep_values([reading("a", 1.0), reading("b", 2.0)], now_s=10.0)
    river.keep_values([reading("a", 3.0)], now_s=14.0)
    shown = _source(river, BUILT_IN, 15.0)
    assert [(each.sensor, each.value, each.unit, each.age_s) for each in shown.values] == [
        ("a", 3.0, "cm", 1.0),
        ("b", 2.0, "cm", 5.0),
    ]
    assert river.sensors >= {"a", "b"}
    assert shown.rate_s == pytest.approx(2 / 15)


def test_a_flood_of_sensors_fills_no_memory_and_no_answer():
    river = tally()
    for number in range(MOST_VALUES + 300):
        river.keep_values([reading(f"s{number}", 1.0)], now_s=float(number))
    assert len(river.values) == MOST_VALUES
    shown = _source(river, BUILT_IN, 600.0)
    assert len(shown.values) == SHOWN_VALUES
    assert shown.more_values == MOST_VALUES - SHOWN_VALUES
    assert "s499" in {each.sensor for each in shown.values}


def test_a_snapshot_is_read_as_it_was_written():
    import msgspec

    assert decode_snapshot(msgspec.json.encode(snapshot())) == snapshot()
