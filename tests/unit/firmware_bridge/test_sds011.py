"""Nova SDS011: captures, published frames, replies, warming up."""

import csv

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, Sample
from tests.unit.firmware_bridge.shared import recorded, vectors


def feed(text: str):
    return SERIAL_FAMILIES["sds011"].decoder({}, {}).feed(bytes.fromhex(text))


def test_a_captured_stream_gives_the_values_its_recorder_decoded():
    lines = recorded("data/pm_serial/SDS01x.hexdump").read_text(encoding="utf-8").splitlines()
    stream = "".join(line[10:39] for line in lines)
    rows = list(csv.DictReader(recorded("data/pm_serial/SDS01x.csv").open(encoding="utf-8"), skipinitialspace=True))
    assert len(rows) == 10
    assert feed(stream) == [
        Frame((Sample("pm2_5", float(row["pm25"])), Sample("pm10", float(row["pm10"])))) for row in rows
    ]


def test_captured_single_frames_are_whole():
    rows = csv.DictReader(recorded("data/pm_serial/captures_time_sensor_hex.csv").open(encoding="utf-8"))
    frames = [feed(row["hex"]) for row in rows if row["sensor"] == "SDS01x"]
    assert len(frames) == 10
    assert all(len(outcomes) == 1 and isinstance(outcomes[0], Frame) for outcomes in frames)


def test_the_open_vectors_of_this_sensor_hold():
    kinds = {case["kind"] for case in vectors("sds011")}
    assert kinds == {"frame", "bad_checksum", "warmup_zero"}
    for case in vectors("sds011"):
        outcomes = feed(case["input"])
        if case["kind"] == "frame":
            expect = case["expect"]
            assert outcomes == [Frame((Sample("pm2_5", expect["pm25"]), Sample("pm10", expect["pm10"])))]
        elif case["kind"] == "warmup_zero":
            assert outcomes == [Frame((), "warming up")]
        else:
            assert not any(isinstance(outcome, Frame) for outcome in outcomes)


def test_a_sensor_that_wakes_up_gives_no_reading_of_clean_air():
    assert feed("aac000000000a16001ab") == [Frame((), "warming up")]


def test_one_of_two_values_may_be_zero():
    [frame] = feed("aac000000100a16002ab")
    assert frame.samples == (Sample("pm2_5", 0.0), Sample("pm10", 0.1))


@pytest.mark.parametrize(("text", "word"), [("aac502010000a16004ab", "reply"), ("aacf0e001000e9050cab", "SDS198")])
def test_other_frames_of_nova_are_whole_and_hold_no_samples(text, word):
    [frame] = feed(text)
    assert frame.samples == ()
    assert word in frame.note


def test_a_plantower_on_the_line_is_noise():
    outcomes = feed("424d001c00000008000800000008000800d20046002d001e00000000970002c5" * 4)
    assert outcomes
    assert all(isinstance(outcome, Noise) for outcome in outcomes)
