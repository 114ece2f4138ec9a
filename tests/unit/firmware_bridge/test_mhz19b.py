"""Winsen MH-Z19B: worked cases, commands, and what is no concentration."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, Sample
from firmware_bridge.families import mhz19b
from tests.vectors import cases


def decoder(**options: Any):
    return SERIAL_FAMILIES["mhz19b"].decoder(options, {})


@pytest.mark.parametrize("case", cases("mhz19"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_sensor_hold(case: dict[str, Any]):
    assert case["kind"] == "frame"
    assert decoder().feed(bytes.fromhex(case["input"])) == [Frame((Sample("co2", float(case["expect"]["co2_ppm"])),))]


def test_commands_are_those_of_the_data_sheet():
    assert mhz19b.encode(mhz19b.READ) == bytes.fromhex("ff0186000000000079")
    assert mhz19b.encode(mhz19b.SELF_CALIBRATION, mhz19b.ON) == bytes.fromhex("ff0179a000000000e6")
    assert mhz19b.encode(mhz19b.SELF_CALIBRATION, mhz19b.OFF) == bytes.fromhex("ff0179000000000086")


def test_it_is_asked_each_ten_seconds_and_its_silence_is_said():
    made = decoder()
    sent = [now for now in range(31) if made.poll(float(now)).send == mhz19b.encode(mhz19b.READ)]
    assert sent == [0, 10, 20, 30]
    assert "does not answer: asked 3 times (the concentration)" in made.poll(30.5).trouble
    made.feed(mhz19b.build(ppm=450))
    assert made.poll(30.6).trouble == ""


def test_self_calibration_is_set_once_and_before_the_first_question():
    made = decoder(self_calibration=False)
    assert made.poll(0.0).send == mhz19b.encode(mhz19b.SELF_CALIBRATION, mhz19b.OFF)
    made.feed(mhz19b.build(ppm=450))  # an answer to something else
    assert made.poll(0.1).send == b""
    made.feed(mhz19b.build_reply(mhz19b.SELF_CALIBRATION))
    assert made.poll(0.2).send == mhz19b.encode(mhz19b.READ)


def test_air_without_any_co2_is_a_sensor_that_warms_up():
    assert decoder().feed(mhz19b.build(ppm=0)) == [Frame((), "warming up")]


def test_more_than_it_can_measure_is_no_frame_of_it():
    [first, *_] = decoder().feed(mhz19b.build(ppm=10_001) + mhz19b.build(ppm=400))
    assert first == Noise(9, "10001 ppm is beyond what the sensor can measure: is it of this family?")


def test_a_torn_answer_makes_no_reading_with_the_next_one_behind_it():
    whole = mhz19b.build(ppm=500, cell_cel=-40)
    for size in range(1, mhz19b.SIZE):
        found = decoder().feed(bytes.fromhex("ff8600ff8601f40000")[:size] + whole)
        assert [outcome for outcome in found if isinstance(outcome, Frame)] == [Frame((Sample("co2", 500.0),))]


def test_the_most_it_can_measure_is_a_reading():
    assert decoder().feed(mhz19b.build(ppm=10_000)) == [Frame((Sample("co2", 10_000.0),))]


def test_the_question_of_another_master_is_noise_and_its_answer_a_reading():
    outcomes = decoder().feed(mhz19b.encode(mhz19b.READ) + mhz19b.build(ppm=700))
    assert outcomes == [Noise(9, "no frame starts here"), Frame((Sample("co2", 700.0),))]
