"""How sources are counted, and when they are silent."""

from typing import Any

import pytest

from edge.sources.tally import SourceTally
from wire import SourceStatus


def test_a_source_is_silent_after_its_time_and_says_when_only_noise_comes():
    changes: list[bool] = []
    tally = SourceTally("river", silent_s=60.0, now_s=0.0, on_change=lambda: changes.append(True))
    tally.poll(now_s=60.0)
    assert tally.status.value == "starting"
    tally.noise(12, "CRC is wrong")
    tally.poll(now_s=60.1)
    assert tally.status is SourceStatus.SILENT
    assert tally.detail == "nothing heard for 60 s; only noise came: CRC is wrong"
    tally.received(2, time_ms=77, now_s=61.0, note="warming up")
    state = tally.state()
    assert (state.state, state.readings, state.noise_bytes, state.last_ms) == (SourceStatus.OK, 2, 12, 77)
    assert len(changes) == 2


def test_a_failed_source_stays_failed_however_long_it_is_silent():
    tally = SourceTally("river", silent_s=60.0, now_s=0.0, on_change=lambda: None)
    tally.failed("gone")
    tally.poll(now_s=1_000.0)
    assert tally.status is SourceStatus.FAILED


def tally(**how: Any) -> SourceTally:
    chosen = {"silent_s": 60.0, "now_s": 0.0, "on_change": lambda: None, **how}
    return SourceTally("river", **chosen)


def test_a_wrong_baud_after_a_silence_is_told_from_a_silence():
    river = tally()
    river.opened(now_s=0.0)
    river.poll(now_s=61.0)
    assert river.detail == "nothing heard for 60 s"
    river.noise(7, "checksum is wrong")
    river.poll(now_s=62.0)
    assert river.detail == "nothing heard for 60 s; only noise came: checksum is wrong"
    river.poll(now_s=200.0)
    assert river.detail == "nothing heard for 60 s"


def test_frames_that_give_no_readings_are_silence_with_a_reason():
    river = tally()
    river.opened(now_s=0.0)
    for second in range(120):
        river.received(0, time_ms=0, now_s=float(second), note="no sensor that is known here")
        river.poll(now_s=float(second))
    assert river.status.value == "silent"
    assert river.detail == "frames come, and no reading is made of them: no sensor that is known here"
    river.received(1, time_ms=1, now_s=120.0)
    assert river.status is SourceStatus.OK


def test_silence_that_changes_its_particulars_is_said_once():
    changes: list[bool] = []
    river = tally(on_change=lambda: changes.append(True))
    for second in range(61, 100):
        river.noise(1, f"noise number {second}")
        river.poll(now_s=float(second))
    assert len(changes) == 1


def test_four_numbers_say_where_readings_are_lost():
    river = tally()
    river.came(70)
    river.noise(10, "checksum is wrong")
    river.received(2, time_ms=5, now_s=1.0, sensor="river-1")
    river.received(0, time_ms=5, now_s=1.0, note="no target in range")
    river.refused_by_the_cloud(1, "the cloud refuses readings of river-1", now_s=2.0)
    state = river.state()
    assert (state.heard_bytes, state.noise_bytes, state.frames, state.readings, state.refused) == (70, 10, 2, 2, 1)
    assert state.detail == "the cloud refuses readings of river-1"
    river.received(2, time_ms=5, now_s=5_000.0, sensor="river-1")
    assert river.detail == ""


def test_a_refusal_by_the_cloud_is_logged_once(caplog: pytest.LogCaptureFixture):
    river = tally()
    for second in range(50):
        river.refused_by_the_cloud(1, "the cloud refuses readings of river-1", now_s=float(second))
    assert len(caplog.records) == 1


def test_a_receiver_that_only_tells_where_it_is_is_not_silent():
    gps = tally(silent_s=60.0, now_s=0.0)
    gps.opened(now_s=0.0)
    for second in range(0, 300, 30):
        gps.received(0, time_ms=0, now_s=float(second), note="position 2.03456, 128.29010", has_fix=True)
        gps.poll(now_s=float(second))
        assert gps.status is SourceStatus.OK
    assert gps.detail == "position 2.03456, 128.29010"
    gps.poll(now_s=400.0)
    assert gps.status is SourceStatus.SILENT
