"""Nova SDS011: captures, published frames, replies, warming up."""

import csv
from functools import partial
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, Sample
from tests.recorded import Source, id_of, recorded, text_of
from tests.synthetic import frames
from tests.vectors import cases


def feed(text: str):
    return SERIAL_FAMILIES["sds011"].decoder({}, {}).feed(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("dump", "decoded"),
    [
        pytest.param(frames.sds011_hexdump, frames.sds011_csv, id="synthetic"),
        recorded("pm_serial/SDS01x.hexdump", partial(text_of, "pm_serial/SDS01x.csv")),
    ],
)
def test_a_captured_stream_gives_the_values_its_recorder_decoded(dump: Source, decoded: Source):
    stream = "".join(line[10:39] for line in dump().splitlines())
    rows = list(csv.DictReader(decoded().splitlines(), skipinitialspace=True))
    assert len(rows) == 10
    assert feed(stream) == [
        Frame((Sample("pm2_5", float(row["pm25"])), Sample("pm10", float(row["pm10"])))) for row in rows
    ]


@pytest.mark.parametrize(
    "source", [frames.captures_of_several_sensors, recorded("pm_serial/captures_time_sensor_hex.csv")], ids=id_of
)
def test_captured_single_frames_are_whole(source: Source):
    rows = csv.DictReader(source().splitlines())
    found = [feed(row["hex"]) for row in rows if row["sensor"] == "SDS01x"]
    assert len(found) == 10
    assert all(len(outcomes) == 1 and isinstance(outcomes[0], Frame) for outcomes in found)


@pytest.mark.parametrize("case", cases("sds011"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_sensor_hold(case: dict[str, Any]):
    outcomes, expect = feed(case["input"]), case["expect"]
    match case["kind"]:
        case "frame":
            assert outcomes == [Frame((Sample("pm2_5", expect["pm25"]), Sample("pm10", expect["pm10"])))]
        case "warmup_zero":
            assert outcomes == [Frame((), "warming up")]
        case "bad_checksum":
            assert not any(isinstance(outcome, Frame) for outcome in outcomes)
        case other:
            pytest.fail(f"nobody asks about cases of the kind {other}")


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
