"""A02YYUW and its kin: worked cases, models and units, what is no distance, and what a weak checksum lets through."""

from random import Random
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.catalog import find
from firmware_bridge.families import a02yyuw
from tests.vectors import cases


def decoder(**options: Any):
    return SERIAL_FAMILIES["a02yyuw"].decoder({"median_of": 1, **options}, {})


def feed(text: str, **options: Any):
    return decoder(**options).feed(bytes.fromhex(text))


def distances(outcomes) -> list[float]:
    return [sample.value for outcome in outcomes if isinstance(outcome, Frame) for sample in outcome.samples]


@pytest.mark.parametrize("case", cases("a02yyuw"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_sensor_hold(case: dict[str, Any]):
    expected = [] if case["expect"] == "reject" else [case["expect"]["mm"] / 10]
    assert distances(feed(case["input"])) == expected


@pytest.mark.parametrize(
    ("name", "value", "cm"),
    [
        ("A02YYUW", 1_953, 195.3),
        ("a0221au", 1_953, 195.3),
        ("SEN0311", 31, 3.1),
        ("SEN-0312", 281, 28.1),
        ("SEN0313", 7_500, 750.0),
        ("JSN-SR04T", 6_000, 600.0),
        ("JSN SR04T", 251, 25.1),
        ("SEN0207", 251, 25.1),
        ("AJ-SR04M", 201, 20.1),
        ("SEN0627", 195, 195.0),
    ],
)
def test_a_model_has_its_unit_and_its_reach(name: str, value: int, cm: float):
    found = find(name)
    assert found is not None
    assert found.entry.name == "a02yyuw"
    assert distances(decoder(**found.options).feed(a02yyuw.build(value))) == [cm]


@pytest.mark.parametrize("written", ["JSN-SR04T", "jsn_sr04t", "jsnsr04t", "JSN SR04T"])
def test_the_option_model_is_understood_in_any_spelling(written: str):
    assert feed("ff00faf9", model=written) == [Frame((), "target inside the blind zone")]


@pytest.mark.parametrize(
    ("value", "options", "note"),
    [
        (0, {}, "no target in range"),
        (30, {}, "target inside the blind zone"),
        (4_501, {}, "no target in range"),
        (5_500, {}, "no target in range"),
        (0xFFFD, {}, "no target in range"),
        (0xFFFE, {}, "another ultrasonic sensor is heard"),
        (280, {"model": "sen0312"}, "target inside the blind zone"),
        (7_501, {"model": "a01nyub"}, "no target in range"),
        (3, {"model": "sen0627"}, "target inside the blind zone"),
        (301, {"max_mm": 3_000, "unit": "cm"}, "no target in range"),
    ],
)
def test_what_is_no_distance_says_why(value: int, options: dict[str, Any], note: str):
    frame = a02yyuw.build(value) + b"\xff"
    assert decoder(mounting_height_cm=450, **options).feed(frame) == [Frame((), note)]


def test_the_unit_of_the_model_can_be_overruled():
    assert distances(feed("ff00c3c2", unit="cm")) == [195.0]
    assert distances(feed("ff00c3c2", model="sen0627", unit="mm")) == [19.5]


def test_millimetres_from_a_sensor_that_is_said_to_write_centimetres_are_no_reading():
    [noise, *_] = feed("ff07a1a7" * 2, model="sen0627")
    assert noise == Noise(4, "1953 cm is beyond what it can measure: is model, which has the unit, that of its label?")


def test_a_frame_that_another_cuts_short_is_not_taken_for_one_with_its_head():
    outcomes = feed("ff09" + "ff07a1a7" + "ff07a1a7")
    assert distances(outcomes) == [195.3, 195.3]
    assert outcomes[0] == Noise(2, "another frame begins inside")


def test_a_whole_frame_with_an_ff_in_its_second_half_waits_for_one_byte_more():
    made = decoder()
    assert made.feed(bytes.fromhex("ff01ffff")) == []
    assert made.held == 4
    assert distances(made.feed(b"\xff")) == [51.1]
    assert distances(feed("ff07ff05" + "ff07ff05" + "ff")) == [204.7, 204.7]


def test_it_is_asked_where_it_waits_for_that_and_its_silence_is_said():
    made = decoder(model="jsn-sr04t", mode="query", every_s=2)
    sent = [now for now in range(7) if made.poll(float(now)).send == b"\x55"]
    assert sent == [0, 2, 4, 6]
    assert "does not answer: asked 4 times (a distance)" in made.poll(6.6).trouble
    made.poll(8.0)
    made.feed(a02yyuw.build(1_953))
    assert made.poll(8.1).trouble == ""


def test_an_answer_whose_end_only_the_next_frame_shows_is_an_answer():
    made = decoder(mode="query")
    for now in range(10):
        made.poll(float(now))
        made.feed(a02yyuw.build(2_047))
        assert made.poll(now + 0.6).trouble == ""


def test_each_model_is_asked_its_own_question_and_one_that_is_listened_to_none():
    assert decoder(model="aj-sr04m", mode="query").poll(0.0).send == b"\x01"
    assert decoder(model="jsn-sr04t").poll(0.0).send == b""


def test_a_reading_is_the_median_of_a_group_of_frames():
    values = (1_953, 1_954, 0, 4_000, 1_950, 1_955, 1_952)
    outcomes = decoder(median_of=7).feed(b"".join(map(a02yyuw.build, values)))
    assert [frame.samples for frame in outcomes] == [()] * 6 + [(Sample("distance", 195.35),)]


def test_frames_that_chance_made_of_a_wrong_baud_rate_are_no_reading():
    dice = Random(5)
    garbage = b"".join(dice.randbytes(400) + a02yyuw.build(dice.randrange(31, 4_000)) for _ in range(20))
    frames = [outcome for outcome in decoder(median_of=7).feed(garbage) if isinstance(outcome, Frame)]
    assert len(frames) >= 14
    assert not any(frame.samples for frame in frames)
    assert any("bytes of noise among 7 frames: look at the baud rate" in frame.note for frame in frames)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"unit": "inch"}, "unit: 'inch': write one of: mm, cm"),
        ({"mode": "auto"}, "mode: 'auto': write one of: listen, query"),
        ({"max_mm": 50}, "max_mm: 50: write a number from 500 to 10000"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: dict[str, Any], sentence: str):
    with pytest.raises(OptionError) as caught:
        decoder(**options)
    assert str(caught.value) == sentence
