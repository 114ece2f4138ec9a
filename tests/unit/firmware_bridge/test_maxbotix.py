"""MaxBotix lines: distances, levels, and what is neither."""

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.catalog import find
from firmware_bridge.families import maxbotix
from tests.unit.firmware_bridge import laws
from tests.vectors import cases


def feed(data: bytes, *, median_of=1, **options):
    options["median_of"] = median_of
    return SERIAL_FAMILIES["maxbotix"].decoder(options, {}).feed(data)


def test_the_worked_cases_of_this_sensor_hold():
    published = {case["input"]: case["expect"] for case in cases("maxbotix")}
    assert published.keys() == {r"R1234\r", r"R5000\r"}
    assert published[r"R1234\r"] == {"mm": 1234}
    assert feed(b"R1234\r") == [Frame((Sample("distance", 123.4),))]
    assert feed(b"R5000\r") == [Frame((), "no target in range")]


def test_the_level_is_the_mounting_height_less_the_distance():
    assert feed(b"R1234\r", mounting_height_cm=450)[0].samples[1] == Sample("water_level", 326.6)
    assert feed(b"R4999\r", mounting_height_cm=450.55)[0].samples[1] == Sample("water_level", -49.35)


@pytest.mark.parametrize(
    ("text", "max_mm", "note"),
    [
        (b"R5000\r", 5_000, "no target in range"),
        (b"R5001\r", 5_000, "no target in range"),
        (b"R9999\r", 9_999, "no target in range"),
        (b"R0300\r", 5_000, "target inside the blind zone"),
        (b"R0000\r", 5_000, "target inside the blind zone"),
        (b"R0500\r", 9_999, "target inside the blind zone"),
    ],
)
def test_the_limits_of_a_model_are_never_a_level(text, max_mm, note):
    assert feed(text, max_mm=max_mm, mounting_height_cm=450) == [Frame((), note)]


def test_just_inside_the_limits_is_a_level():
    assert feed(b"R4999\r")[0].samples == (Sample("distance", 499.9),)
    assert feed(b"R5000\r", max_mm=9_999)[0].samples == (Sample("distance", 500.0),)
    assert feed(b"R0301\r")[0].samples == (Sample("distance", 30.1),)


def test_models_in_centimetres_write_three_digits():
    assert feed(b"R076\r", unit="cm") == [Frame((Sample("distance", 76.0),))]
    assert feed(b"R765\r", unit="cm") == [Frame((), "no target in range")]
    assert feed(b"R020\r", unit="cm") == [Frame((), "target inside the blind zone")]


@pytest.mark.parametrize(("text", "unit"), [(b"R123\r", "mm"), (b"R1234\r", "cm")])
def test_a_line_that_lost_or_won_a_digit_is_noise_and_no_distance(text, unit):
    assert not any(isinstance(outcome, Frame) for outcome in feed(text + b"...", unit=unit))


def test_a_space_before_the_end_is_allowed():
    assert feed(b"R0480 \r") == [Frame((Sample("distance", 48.0),))]


def test_a_stray_ff_costs_nothing_but_itself():
    outcomes = feed(b"R1234\r\xffR1235\r")
    assert outcomes == [
        Frame((Sample("distance", 123.4),)),
        Noise(1, "no frame starts here"),
        Frame((Sample("distance", 123.5),)),
    ]


def test_text_at_power_up_is_noise_and_the_first_line_after_it_is_read():
    outcomes = feed(
        b"HRXL-MaxSonar-WRLS\rPN:MB7389\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090 0713\rTempI\rR1234\r"
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, Frame)] == [Frame((Sample("distance", 123.4),))]


def test_a_reading_is_the_median_of_a_group_of_lines():
    lines = b"R1234\rR1236\rR1231\rR4000\rR1233\rR1240\rR1235\r"
    outcomes = feed(lines + lines[:-6], median_of=7)
    assert [frame.samples for frame in outcomes] == [()] * 6 + [(Sample("distance", 123.5),)] + [()] * 6


def test_single_lines_without_a_target_do_not_move_the_median_and_many_leave_no_reading():
    assert feed(b"R1234\rR5000\rR1236\r", median_of=3)[-1].samples == (Sample("distance", 123.5),)
    assert feed(b"R5000\rR5000\rR1236\r", median_of=3)[-1] == Frame((), "no target in range")


def test_a_reading_takes_seven_lines_where_nothing_else_is_said():
    outcomes = SERIAL_FAMILIES["maxbotix"].decoder({}, {}).feed(b"R1234\r" * 15)
    assert sum(isinstance(outcome, Frame) and bool(outcome.samples) for outcome in outcomes) == 2


def test_built_lines_are_those_of_the_data_sheet():
    assert maxbotix.build(distance_mm=480, space=True) == b"R0480 \r"
    assert maxbotix.build(distance_mm=760, unit="cm") == b"R076\r"


@pytest.mark.parametrize(
    ("name", "text", "cm"),
    [
        ("MB7360", b"R1234\r", 123.4),
        ("mb7389", b"R4999\r", 499.9),
        ("MB-7363", b"R9998\r", 999.8),
        ("mb7386", b"R5000\r", 500.0),
        ("MB1443", b"R0480 \r", 48.0),
        ("mb7384", b"R0501\r", 50.1),
        ("MB7092", b"R056\r", 56.0),
        ("mb7076", b"R1000\r", 1_000.0),
        ("MB1240", b"R121\r", 121.0),
        ("MB1010", b"R100\r", 254.0),
        ("mb1001", b"R100 P0\r", 254.0),
    ],
)
def test_a_model_has_its_unit_its_reach_and_its_blind_zone(name, text, cm):
    found = find(name)
    assert found.entry.name == "maxbotix"
    assert feed(text, **found.options) == [Frame((Sample("distance", cm),))]


def test_an_option_overrules_what_is_known_of_a_model():
    assert feed(b"R076\r", model="mb7066", digits=3) == [Frame((Sample("distance", 76.0),))]
    assert feed(b"R4000\r", model="mb7389", max_mm=4_000) == [Frame((), "no target in range")]
    assert feed(b"R5000\r", model="MB7389", max_mm=9_999) == [Frame((Sample("distance", 500.0),))]


@pytest.mark.parametrize(("text", "model"), [(b"R123\r", "mb7389"), (b"R1234\r", "mb7060"), (b"R0123\r", "mb1010")])
def test_the_line_of_another_series_is_no_reading_and_says_where_to_look(text, model):
    first, *_ = feed(text * 2, model=model)
    assert isinstance(first, Noise)
    assert "digits of the model: is model, or unit, that of its label?" in first.reason


INVERTED = bytes.fromhex("abb696765600 ab76f69fe500 abd9f6f65600 abd69393e500")
"""R1234, R0480, R5000 and R0966 as a receiver of the other polarity has them."""


def test_a_sensor_of_the_other_polarity_is_said_to_be_one():
    outcomes = feed(INVERTED * 40)
    assert outcomes
    assert {outcome.reason.partition(":")[0] for outcome in outcomes} == {"bytes are no text"}
    assert "needs an RS-232 input or an inverter" in outcomes[0].reason


def test_text_at_power_up_is_not_said_to_be_of_the_other_polarity():
    text = b"HRXL-MaxSonar-WRL\rPN:MB7386\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090  0713\rTempI\r"
    noises = [outcome for outcome in feed((text + b"R1234\r") * 5) if isinstance(outcome, Noise)]
    assert noises
    assert not any("no text" in noise.reason for noise in noises)


POWER_UP = b"HRXL-MaxSonar-WRL\rPN:MB73%d\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090  0713\rTempI\r"


def read_after_power_up(of: int, text: bytes, **options):
    return [outcome for outcome in feed(POWER_UP % of + text, **options) if isinstance(outcome, Frame)]


def test_a_sensor_that_calls_itself_another_model_is_read_by_the_narrower_of_both_and_said():
    said = "the sensor says that it is an MB7389: write it as model"
    no_target, level, blind = read_after_power_up(89, b"R5000\rR1234\rR0400\r", model="mb7386")
    assert (no_target, level) == (Frame((), said), Frame((Sample("distance", 123.4),), said))
    assert blind == Frame((), said)
    [beyond] = read_after_power_up(86, b"R6000\r")
    assert beyond == Frame((), "the sensor says that it is an MB7386: write it as model")


def test_what_a_sensor_calls_itself_counts_from_there_on_however_the_bytes_arrive():
    stream = b"R5000\r" + POWER_UP % 89 + b"R5000\rR1234\r"

    def make():
        return SERIAL_FAMILIES["maxbotix"].decoder({"model": "mb7386", "median_of": 1}, {})

    laws.check_splitting_changes_nothing(make, stream, range(len(stream)))
    assert [outcome.samples[0].value for outcome in make().feed(stream) if getattr(outcome, "samples", ())] == [
        500.0, 123.4,
    ]  # fmt: skip


def test_a_sensor_that_calls_itself_by_the_name_of_its_model_or_of_one_like_it_is_not_doubted():
    for of, options in ((86, {"model": "mb7386"}), (80, {}), (86, {"max_mm": 9_999}), (99, {})):
        assert read_after_power_up(of, b"R1234\r", **options) == [Frame((Sample("distance", 123.4),))]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"unit": "feet"}, "unit: 'feet': write one of: mm, cm, inch"),
        ({"model": "mb7389", "unit": "cm"}, "unit: 'cm': MB7389 writes mm; take unit out"),
        ({"max_mm": 50}, "max_mm: 50: write a number from 1000 to 10680"),
        ({"digits": 5}, "digits: 5: write a number from 3 to 4"),
        ({"mounting_height_cm": -3}, "mounting_height_cm: -3: write a number from 0 to 10000"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, sentence):
    with pytest.raises(OptionError) as caught:
        feed(b"", **options)
    assert str(caught.value) == sentence
