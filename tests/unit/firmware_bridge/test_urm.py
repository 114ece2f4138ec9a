"""DFRobot URM: units of its documents, several sensors on a line, other masters, and silence."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.catalog import find
from firmware_bridge.families import urm
from tests.vectors import cases

OF_URM06, OF_URM07 = bytes.fromhex("55aa11020212345a"), bytes.fromhex("55aa11020200cade")


def decoder(**options: Any):
    return SERIAL_FAMILIES["urm"].decoder(options, {})


def feed(data: bytes, **options: Any):
    return decoder(**options).feed(data)


@pytest.mark.parametrize("case", cases("urm"), ids=lambda case: case["id"])
def test_the_worked_cases_of_these_sensors_hold(case: dict[str, Any]):
    assert case["kind"] == "frame"
    expected, unit = case["expect"], case["expect"].get("unit", "cm")
    [frame] = feed(bytes.fromhex(case["input"]), unit=unit)
    value = expected["cel"] if "cel" in expected else expected["value"] * urm.STEPS_MM[unit] / 10
    assert [sample.value for sample in frame.samples] == [value]


def test_the_frames_of_the_documents_are_built_and_read():
    assert urm.encode(urm.DISTANCE, 0x11) == bytes.fromhex("55aa11000212")
    assert urm.encode(urm.TEMPERATURE, 0x11) == bytes.fromhex("55aa11000313")
    assert urm.build(0x1234) == OF_URM06
    assert urm.build(202) == OF_URM07
    assert feed(OF_URM06, unit="mm") == [Frame((Sample("distance", 466.0, "17"),))]
    assert feed(OF_URM07, unit="cm") == [Frame((Sample("distance", 202.0, "17"),))]


@pytest.mark.parametrize(
    ("name", "value", "cm"),
    [
        ("URM06", 4_660, 466.0),
        ("SEN0149", 4_660, 466.0),
        ("sen0150", 201, 20.1),
        ("URM-07", 202, 202.0),
        ("SEN0153", 750, 750.0),
        ("URM04", 266, 266.0),
        ("SEN0002", 5, 5.0),
    ],
)
def test_a_model_has_the_unit_of_its_document(name, value, cm):
    found = find(name)
    assert found is not None
    assert feed(urm.build(value), **found.options) == [Frame((Sample("distance", cm, "17"),))]


def test_without_a_unit_nothing_is_read():
    with pytest.raises(OptionError, match=r"^unit: is missing; documents .* write mm or cm, or the model$"):
        decoder()
    assert feed(OF_URM07, model="urm07", unit="mm") == [Frame((Sample("distance", 20.2, "17"),))]


@pytest.mark.parametrize(
    ("value", "options", "note"),
    [
        (0xFFFF, {"unit": "cm"}, "no target in range"),
        (0, {"unit": "cm"}, "no target in range"),
        (200, {"model": "urm06"}, "target inside the blind zone"),
        (20, {"model": "urm07"}, "target inside the blind zone"),
        (4_660, {"unit": "cm"}, "4660 cm is beyond what it can measure: is unit that of the sensor?"),
        (751, {"model": "urm07"}, "751 cm is beyond what it can measure: is unit that of the sensor?"),
    ],
)
def test_what_is_no_distance_says_why(value, options, note):
    assert feed(urm.build(value), mounting_height_cm=450, **options) == [Frame((), note)]


def test_a_temperature_may_be_below_zero():
    frame = urm.build(-15, command=urm.TEMPERATURE)
    assert feed(frame, unit="cm") == [Frame((Sample("temperature", -1.5, "17"),))]
    assert feed(urm.build(0xFFFF, command=urm.TEMPERATURE), unit="cm") == [Frame((), "no temperature")]


def talk(made, answers: dict[int, bytes], seconds: int) -> tuple[list[int], str]:
    """Who is asked in so many seconds by a decoder whose line has sensors with `answers`; and what is wrong then."""
    asked: list[int] = []
    for tenth in range(10 * seconds):
        poll = made.poll(tenth / 10)
        if poll.send:
            asked.append(poll.send[2])
            made.feed(answers.get(poll.send[2], b""))
    return asked, made.poll(float(seconds)).trouble


def test_the_sensors_of_a_line_are_asked_in_turn_and_each_has_its_channel_and_height():
    made = decoder(
        unit="cm", channels={"17": "river-1", "18": "river-2"}, mounting_heights_cm={"18": 500}, mounting_height_cm=400
    )
    assert talk(made, {17: urm.build(202), 18: urm.build(202, address=18)}, 6) == ([17, 18, 17, 18], "")
    assert made.feed(urm.build(202)) == [Frame((Sample("distance", 202.0, "17"), Sample("water_level", 198.0, "17")))]
    assert made.feed(urm.build(202, address=18)) == [
        Frame((Sample("distance", 202.0, "18"), Sample("water_level", 298.0, "18")))
    ]


def test_a_silent_sensor_stops_no_other_and_is_named():
    made = decoder(unit="cm", channels={"17": "river-1", "18": "river-2"}, every_s=2)
    asked, trouble = talk(made, {18: urm.build(202, address=18)}, 12)
    assert asked.count(17) == asked.count(18) == 6
    assert trouble.startswith("no answer from sensor 17 (asked ")
    assert "18" not in trouble
    made.feed(urm.build(202))
    assert made.poll(12.1).trouble == ""


def test_a_late_answer_of_one_sensor_is_not_taken_for_that_of_the_next():
    made = decoder(unit="cm", channels={"17": "river-1", "18": "river-2"})
    made.poll(0.0)
    assert made.poll(0.6).send[2] == 18
    made.feed(urm.build(202))
    assert made.poll(0.7).send == b""  # it still waits for sensor 18
    assert made.feed(urm.build(303, address=18))[0].samples == (Sample("distance", 303.0, "18"),)


def test_a_sensor_that_is_not_configured_is_no_reading_of_one_that_is():
    [frame] = feed(urm.build(202, address=19), unit="cm", channels={"17": "river-1"})
    assert frame == Frame((), "sensor 19 is heard, and not configured: name it in channels")
    first, second = feed(urm.build(202, address=19) + OF_URM07, unit="cm")
    assert first.samples
    assert not second.samples


def test_the_echo_of_a_question_and_that_of_another_master_are_told_apart():
    made = decoder(unit="cm")
    sent = made.poll(0.0).send
    assert made.feed(sent) == [Frame((), "the adapter echoes what is sent")]
    assert made.feed(sent) == [Frame((), "another master asks sensor 17 on this line")]
    assert made.feed(OF_URM07)[0].samples
    assert feed(urm.encode(urm.DISTANCE, 20), unit="cm") == [Frame((), "another master asks sensor 20 on this line")]


def test_the_temperature_is_asked_where_it_is_wanted():
    made = decoder(unit="cm", temperature=True)
    assert made.poll(0.0).send == urm.encode(urm.DISTANCE, 17)
    made.feed(OF_URM07)
    assert made.poll(0.1).send == urm.encode(urm.TEMPERATURE, 17)


def test_torn_frames_give_no_reading():
    torn = OF_URM07[:6] + OF_URM06
    outcomes = feed(torn, unit="mm")
    assert outcomes == [Noise(6, "sum is wrong"), Frame((Sample("distance", 466.0, "17"),))]


def test_a_reading_can_be_the_median_of_several_distances_of_a_sensor():
    made = decoder(unit="cm", median_of=3, channels={"17": "a", "18": "b"})
    values = [(17, 202), (18, 300), (17, 650), (18, 301), (17, 204), (18, 302)]
    found = made.feed(b"".join(urm.build(value, address=address) for address, value in values))
    assert [sample for frame in found for sample in frame.samples] == [
        Sample("distance", 204.0, "17"), Sample("distance", 301.0, "18"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"unit": "inch"}, "unit: 'inch': write one of: mm, cm"),
        ({"unit": "cm", "address": 5}, "address: 5: write a number from 17 to 128"),
        (
            {"unit": "cm", "channels": {"9": "a"}},
            "channels: '9' is no channel; write addresses from 17 (0x11) to 128, as decimal numbers",
        ),
        (
            {"unit": "cm", "mounting_heights_cm": {"0x11": 450}},
            "mounting_heights_cm: '0x11' is no address; write addresses from 17 (0x11) to 128, as decimal numbers",
        ),
    ],
)
def test_a_wrong_option_is_one_sentence(options, sentence):
    with pytest.raises(OptionError) as caught:
        decoder(**options)
    assert str(caught.value) == sentence


def test_a_wrong_height_of_one_sensor_is_a_mistake():
    with pytest.raises(OptionError, match=r"4\.5 m are 450 cm"):
        decoder(unit="cm", mounting_heights_cm={"17": 4.5})
