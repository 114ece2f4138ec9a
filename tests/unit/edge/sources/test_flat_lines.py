"""A sensor that repeats one value for longer than its quantity ever stands still is said."""

import logging

import pytest

from edge.sources.flat_lines import MOST_SERIES, FlatLines
from edge.sources.tally import SourceTally
from rules.quality_policies import POLICIES
from wire import Reading, SourceStatus

DAY_S = 86_400.0


def reading(value: float, *, sensor: str = "air-1", quantity: str = "pm2_5") -> Reading:
    return Reading(sensor, quantity, 0, value)


def test_the_same_value_for_longer_than_the_cloud_believes_it_is_said_and_another_ends_that():
    flat = FlatLines()
    for now_s in range(0, int(DAY_S) + 3_600, 3_600):
        assert flat.sentence(now_s=now_s) == ""
        flat.record([reading(12.3)], now_s=now_s)
    flat.record([reading(12.3)], now_s=DAY_S + 3_600)
    assert flat.sentence(now_s=DAY_S + 3_600) == (
        "air-1 has said the same for long: pm2_5 12.3 ug/m3 for 25 h, which no working sensor does; look whether it is "
        "stuck, blocked or dry"
    )
    flat.record([reading(12.4)], now_s=DAY_S + 3_700)
    assert flat.sentence(now_s=DAY_S + 3_700) == ""


@pytest.mark.parametrize(("quantity", "stands_s"), [("people_in", 1e9), ("rainfall", 1e9), ("water_level", 59 * DAY_S)])
def test_what_may_stand_still_is_not_said(quantity: str, stands_s: float):
    flat = FlatLines()
    flat.record([reading(0.0, quantity=quantity)], now_s=0.0)
    assert flat.sentence(now_s=stands_s) == ""


def test_the_longest_is_named_and_the_others_are_counted_and_no_more_are_watched_than_may_be():
    flat = FlatLines()
    for number in range(MOST_SERIES + 50):
        flat.record([reading(1.0, sensor=f"air-{number}")], now_s=float(number))
    said = flat.sentence(now_s=2 * DAY_S)
    assert said.startswith("air-0 has said the same for long: ")
    assert f"(so have {MOST_SERIES - 1} others)" in said


def test_a_source_says_it_in_its_status_once_and_is_well_all_the_same(caplog: pytest.LogCaptureFixture):
    changes: list[None] = []
    tally = SourceTally("air", silent_s=60.0, now_s=0.0, on_change=lambda: changes.append(None))
    caplog.set_level(logging.WARNING)
    stuck_s = POLICIES["pm2_5"].stuck_s

    def comes(value: float, now_s: float) -> None:
        tally.keep_values([reading(value)], now_s=now_s)
        tally.received(1, time_ms=0, now_s=now_s, sensor="air-1")
        tally.poll(now_s=now_s)

    for minute in range(int(stuck_s) // 60 + 100):
        comes(12.3, minute * 60.0)
    assert tally.state().state is SourceStatus.OK
    assert "pm2_5 12.3 ug/m3 for 2" in tally.state().detail
    assert [record.getMessage()[:43] for record in caplog.records] == ["source air: air-1 has said the same for lon"]
    comes(12.5, stuck_s + 6_060)
    assert tally.state().detail == ""
    assert caplog.records[-1].getMessage() == "source air: what stood still moves again"
