"""Nova SDS011: captures, published frames, replies, warming up."""

import csv
from functools import partial
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, Sample
from firmware_bridge.families import sds011
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


def test_a_reply_to_a_command_is_whole_and_holds_no_samples():
    [frame] = feed("aac502010000a16004ab")
    assert frame.samples == ()
    assert "reply" in frame.note


def test_a_plantower_on_the_line_is_noise():
    outcomes = feed("424d001c00000008000800000008000800d20046002d001e00000000970002c5" * 4)
    assert outcomes
    assert all(isinstance(outcome, Noise) for outcome in outcomes)


def asked(**options: Any):
    return SERIAL_FAMILIES["sds011"].decoder(options, {})


def test_commands_are_those_of_the_protocol_document():
    assert sds011.encode(sds011.QUERY).hex() == "aab404000000000000000000000000ffff02ab"
    assert sds011.encode(sds011.PERIOD, 5, device=0xA160).hex() == "aab4080105000000000000000000" + "00a1600fab"


def test_a_sensor_that_is_only_listened_to_hears_nothing():
    assert asked().poll(0.0).send == b""


def test_what_is_set_already_is_not_set_again():
    made = asked(mode="query", period_min=5)
    assert made.poll(0.0).send == sds011.encode(sds011.SLEEP, 1)
    made.feed(sds011.build_reply(sds011.SLEEP, is_set=True, value=1))
    assert made.poll(0.1).send == sds011.encode(sds011.MODE)
    made.feed(sds011.build_reply(sds011.MODE, is_set=False, value=1))
    assert made.poll(0.2).send == sds011.encode(sds011.PERIOD)
    made.feed(sds011.build_reply(sds011.PERIOD, is_set=False, value=0))
    assert made.poll(0.3).send == sds011.encode(sds011.PERIOD, 5)
    made.feed(sds011.build_reply(sds011.PERIOD, is_set=True, value=0))  # one that does not take it
    assert made.poll(0.4).send == sds011.encode(sds011.QUERY), "its flash must not be written for ever"
    made.feed(sds011.build(pm2_5=1.0, pm10=2.0))
    assert made.poll(0.5).send == b""
    assert made.poll(10.4).send == sds011.encode(sds011.QUERY)


@pytest.mark.parametrize("options", [{}, {"model": "sds198"}])
def test_an_sds198_measures_pm100(options):
    decoder = asked(**options)
    assert decoder.feed(bytes.fromhex("aacf0e001000e9050cab")) == [Frame((Sample("pm100", 16.0),))]
    assert decoder.feed(sds011.build_sds198(pm100=0)) == [Frame((), "warming up")]


def test_a_model_that_was_named_is_held_to_its_frames():
    [other] = asked(model="sds011").feed(sds011.build_sds198(pm100=16))
    assert other == Frame((), 'frame is of another model; write model = "sds198"')
    [other] = asked(model="sds198").feed(sds011.build(pm2_5=1.0, pm10=2.0))
    assert other == Frame((), 'frame is of another model; write model = "sds011"')
