"""Tipping buckets: totals over restarts and wraps, garbled lines, bounces, how hard it rains."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.families import tipping_bucket
from firmware_bridge.family import Asking


def decoder(memory: dict[str, int] | None = None, **options: Any):
    made = SERIAL_FAMILIES["tipping_bucket"].decoder(options, memory or {})
    assert isinstance(made, Asking)
    return made


def rain(outcomes: list[Frame | Noise], quantity: str = "rainfall") -> list[float]:
    frames = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    return [sample.value for frame in frames for sample in frame.samples if sample.quantity == quantity]


def lines(*totals: object) -> bytes:
    return b"".join(f"{total}\r\n".encode() for total in totals)


@pytest.mark.parametrize("form", ["{}", "tips={}", "Count: {}", "rain {} tips", " {}", "+{}", "#{};", "T{}"])
def test_a_total_is_read_however_it_is_dressed(form: str):
    assert rain(decoder().feed(lines(form.format(480), form.format(482)))) == [0.4]


@pytest.mark.parametrize("tip_mm", [0.1, 0.2, 0.25, 0.254, 0.5, 1.0])
def test_a_tip_is_what_the_sheet_of_the_gauge_says(tip_mm: float):
    assert rain(decoder(tip_mm=tip_mm).feed(lines(5, 8))) == [round(3 * tip_mm, 4)]


def test_models_bring_the_size_of_their_bucket():
    assert SERIAL_FAMILIES["tipping_bucket"].models["te525mm"] == {"tip_mm": 0.1}


def test_dry_weather_is_a_reading():
    assert rain(decoder().feed(lines(5, 5, 5))) == [0.0, 0.0]


def test_rain_while_the_gateway_was_off_is_not_lost_and_nothing_is_counted_twice():
    before = decoder()
    before.feed(lines(480, 483))
    after = decoder(before.memory())
    assert rain(after.feed(lines(490))) == [1.4]
    assert rain(decoder(after.memory()).feed(lines(490, 491))) == [0.0, 0.2]


def test_much_rain_while_the_gateway_was_off_counts_when_the_next_total_confirms_it():
    assert rain(decoder({"tips": 480}).feed(lines(700, 700, 701))) == [44.0, 0.2]


@pytest.mark.parametrize(
    ("options", "totals", "expected"),
    [
        ({}, (65_533, 65_534, 2), [0.2, 0.8]),
        ({"bits": 16}, (65_533, 65_534, 2), [0.2, 0.8]),
        ({"bits": 8}, (250, 254, 3), [0.8, 1.0]),
        ({"bits": 32}, (2**32 - 2, 2**32 - 1, 1), [0.2, 0.4]),
        ({}, (32_766, 32_767, -32_768, -32_767), [0.2, 0.2, 0.2]),
        ({}, (65_534, 65_535, 65_536, 65_538), [0.2, 0.2, 0.4]),
    ],
)
def test_a_total_that_wraps_goes_on(options: dict[str, Any], totals: tuple[int, ...], expected: list[float]):
    assert rain(decoder(**options).feed(lines(*totals))) == expected


def test_a_counter_that_began_again_at_0_goes_on_from_there():
    assert rain(decoder().feed(lines(480, 480, 0, 0, 1, 2, 3, 4))) == [0.0, 0.6, 0.2]


def test_an_older_total_that_was_kept_over_a_power_cut_makes_no_rain():
    assert sum(rain(decoder().feed(lines(480, 483, 310, 311, 312, 313)))) == pytest.approx(0.6 + 0.6)


@pytest.mark.parametrize("garbled", [12_483, 999, 83, 4_830, 48, 0])
def test_a_garbled_total_makes_no_rain(garbled: int):
    assert sum(rain(decoder().feed(lines(480, 480, garbled, 481, 481)))) == pytest.approx(0.2)


def test_a_number_in_a_text_at_power_up_is_no_first_total():
    assert rain(decoder().feed(lines("Rain counter 2", 480, 481))) == [0.2]


@pytest.mark.parametrize(
    ("line", "options", "reason"),
    [
        ("Ready", {}, "line has no number"),
        ("480 481", {}, "line has 2 numbers; set number to the one that is the total"),
        ("480", {"number": 2}, "line has 1 numbers, and number 2 was configured"),
        ("24.6", {}, "total 24.6 is no whole number of tips; is it mm? Then set sends"),
        ("99999999999999", {}, "total 99999999999999 is too large"),
        ("300", {"bits": 8}, "total 300 does not fit into 8 bits"),
        ("-70000", {}, "total -4464 does not fit into 32 bits"),
    ],
)
def test_a_line_without_a_total_says_why(line: str, options: dict[str, Any], reason: str):
    assert decoder(**options).feed(lines(line)) == [Noise(len(line) + 1, reason)]


def test_one_of_several_numbers_is_the_total():
    assert rain(decoder(number=2).feed(lines("1764392400 480 23.5", "1764392410 481 23.5"))) == [0.2]


def test_totals_in_mm_are_read_with_a_point_or_a_comma():
    assert rain(decoder(sends="mm").feed(lines("24.6 mm", "24,8 mm", "25 mm"))) == [0.2, 0.2]


def test_it_rains_so_hard_as_the_tips_of_a_minute_say():
    made, found = decoder(), []
    for second in range(0, 190, 10):
        found += rain(made.feed(lines(480 + second // 30)), "rain_rate")
        made.poll(float(second))
    assert found == [24.0, 24.0]


def test_without_a_clock_there_is_no_rate():
    assert rain(decoder().feed(lines(*range(100))), "rain_rate") == []


def test_a_text_for_each_tip_is_counted():
    made = decoder(sends="tips", tip="T")
    assert made.feed(b"TT\r\nT") == [
        Frame((Sample("rainfall", 0.2),)), Frame((Sample("rainfall", 0.2),)), Frame(()), Frame(()),
        Frame((Sample("rainfall", 0.2),)),
    ]  # fmt: skip
    assert made.memory() == {"counted": 3}
    assert decoder(made.memory(), sends="tips", tip="T").memory() == {"counted": 3}


def test_a_contact_that_bounces_is_one_tip():
    made = decoder(sends="tips", tip="T", bounce_s=0.5)
    made.poll(0.0)
    found = made.feed(b"TT")
    assert rain(found) == [0.2]
    assert found[1] == Frame((), "a tip within the time of the last one: its contact bounces")
    assert made.poll(0.01).again_s == pytest.approx(0.5)
    assert rain(made.feed(b"T")) == []
    made.poll(0.2)
    made.poll(0.52)
    assert rain(made.feed(b"T")) == [0.2]
    made.poll(0.53)
    made.poll(9.0)
    assert rain(made.feed(b"T")) == [0.2]


def test_hard_rain_is_no_bounce():
    """A tip of 0.2 mm each second are 720 mm/h."""
    made, found = decoder(sends="tips", tip="T"), []
    for second in range(130):
        made.poll(second + 0.9)
        found += made.feed(b"T")
        made.poll(second + 1.0)
        made.poll(second + 1.5)
    assert len(rain(found)) == 130
    assert rain(found, "rain_rate") == [pytest.approx(720, rel=0.02)] * 2


@pytest.mark.parametrize("tip", ["", " ", "T\n", "x" * 41])
def test_a_text_that_cannot_be_that_of_a_tip_is_one_sentence(tip: str):
    with pytest.raises(OptionError, match=r"^tip: .*: write the text that the counter writes for each tip"):
        decoder(sends="tips", tip=tip)


def test_lines_are_built_as_they_are_read():
    for sends in ("total", "mm"):
        built = b"".join(tipping_bucket.build(tips, sends=sends) for tips in (480, 482))
        assert rain(decoder(sends=sends).feed(built)) == [0.4]
