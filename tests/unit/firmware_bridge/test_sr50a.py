"""Campbell SR50A: units, what is no reading, quality, temperature, addresses, and questions."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.catalog import find
from firmware_bridge.families import sr50a
from tests.vectors import cases

OF_THE_MANUAL = b"\x0233;1838;194;11011;2C\r\n\x03"


def decoder(**options: Any):
    return SERIAL_FAMILIES["sr50a"].decoder(options, {})


def frames(data: bytes, **options: Any) -> list[Frame]:
    return [outcome for outcome in decoder(**options).feed(data) if isinstance(outcome, Frame)]


def packet(fields: str) -> bytes:
    """What a sensor sends for fields that `build` would not write."""
    body, tail = b"\x02" + fields.encode() + b";", b"\r\n\x03"
    return body + b"%02X" % (-sum(body + tail) & 0xFF) + tail


def test_the_worked_cases_of_this_sensor_hold():
    [case] = cases("sr50a")
    assert case["input"].encode().decode("unicode_escape").encode() == OF_THE_MANUAL
    assert case["expect"] == {"distance_mm": 1_838, "quality": 194}
    said = sr50a.parse(OF_THE_MANUAL)
    assert (said.distance_mm, said.quality) == (1_838.0, 194)


def test_the_packet_of_the_manual_is_built_and_read():
    built = sr50a.build(distance_mm=1_838, unit="mm", quality=194, diagnostics="11011")
    assert built == OF_THE_MANUAL == packet("33;1838;194;11011")
    assert frames(OF_THE_MANUAL) == [Frame((Sample("distance", 183.8),))]


@pytest.mark.parametrize(
    ("written", "options", "cm"),
    [
        ("1.838", {}, 183.8),
        ("10.120", {}, 1_012.0),
        ("183.80", {}, 183.8),
        ("1012.00", {}, 1_012.0),
        ("1838", {}, 183.8),
        ("06.030", {"unit": "ft"}, 183.79),
        ("072.36", {"unit": "in"}, 183.79),
        ("183.80", {"unit": "cm"}, 183.8),
    ],
)
def test_the_form_of_a_distance_tells_its_unit_but_for_feet_and_inches(written, options, cm):
    [frame] = frames(packet(f"33;{written};194;11111"), **options)
    assert frame.samples == (Sample("distance", cm),)


@pytest.mark.parametrize("unit", sr50a.UNITS)
def test_a_distance_means_what_was_built_in_every_unit(unit):
    [frame] = frames(sr50a.build(distance_mm=3_048, unit=unit), unit=unit)
    assert frame.samples[0].value == pytest.approx(304.8, abs=0.02)
    assert frames(sr50a.build(distance_mm=None, unit=unit), unit=unit) == [Frame((), "no valid reading")]


@pytest.mark.parametrize(
    ("fields", "options", "note"),
    [
        ("33;0.000;000;11111", {}, "no valid reading"),
        ("33;000.00", {}, "no valid reading"),
        ("33;00.000", {"unit": "ft"}, "no valid reading"),
        ("33;-999", {}, "no valid reading"),
        ("33;9999", {}, "no target in range"),
        ("33;0.480;180", {}, "target inside the blind zone"),
        ("33;12.500", {"unit": "m"}, "distance is beyond the reach of the sensor"),
        ("33;06.030", {}, "distance 06.030 looks like feet: write unit"),
        ("33;1838", {"unit": "cm"}, "distance 1838 is not in cm: is unit the Output Units of the sensor?"),
        ("33;1.838;350;11111", {"worst_quality": 300}, "quality 350 is beyond 300"),
        ("33;1.838;194;01111", {}, "ROM of the sensor fails its test"),
    ],
)
def test_what_is_no_distance_says_why(fields, options, note):
    assert frames(packet(fields), mounting_height_cm=450, **options) == [Frame((), note)]


def test_a_doubtful_distance_is_a_reading_with_its_doubt():
    [frame] = frames(packet("33;1.838;350;11111"))
    assert frame == Frame((Sample("distance", 183.8),), "quality 350 of 152 to 600: the distance is uncertain")
    [frame] = frames(packet("33;1.838;194;10111"))
    assert frame.note == "the sensor has started again by itself (watchdog)"


def test_the_temperature_of_an_sr50at_is_a_reading_and_that_of_another_is_none():
    assert frames(packet("33;1.838;194;28.50;11111"))[0].samples[1:] == (Sample("temperature", 28.5),)
    assert frames(packet("33;0.000;000;-5.25;11111")) == [Frame((Sample("temperature", -5.25),), "no valid reading")]
    assert frames(packet("33;1.838;194;-999.00;11111"))[0].samples == (Sample("distance", 183.8),)


def test_a_sensor_without_a_thermometer_is_corrected_by_the_usual_temperature():
    [frame] = frames(packet("33;4.000"), air_temperature=28)
    assert frame.samples == (Sample("distance", 420.0),)  # 400 cm * sqrt(301.15 K / 273.15 K)
    [frame] = frames(packet("33;4.000"), air_temperature=0)
    assert frame.samples == (Sample("distance", 400.0),)


def test_of_two_sensors_on_a_line_one_is_read_and_the_other_named():
    first, second = frames(packet("33;1.838") + packet("34;1.500"))
    assert first.samples
    assert second == Frame((), "a sensor of address 34 is heard beside 33: write address")
    assert frames(packet("33;1.838") + packet("34;1.500"), address="34")[1].samples == (Sample("distance", 150.0),)


@pytest.mark.parametrize("spoilt", [OF_THE_MANUAL.replace(b"1838", b"1839"), OF_THE_MANUAL.replace(b"2C", b"C2")])
def test_a_wrong_checksum_is_noise(spoilt):
    assert decoder().feed(spoilt) == []
    assert decoder().feed(spoilt + OF_THE_MANUAL)[0] == Noise(len(spoilt), "checksum is wrong")


def test_what_the_sensor_says_of_itself_is_no_reading():
    information = b"\x0233;01234;1.0;2.1;12345;54321\r\n\x03"
    assert frames(information + OF_THE_MANUAL) == [Frame((Sample("distance", 183.8),))]


def test_it_is_asked_by_its_address_and_its_silence_is_said():
    made = decoder(mode="query", address="34", every_s=10)
    assert [now for now in range(41) if made.poll(float(now)).send == b"p34\r"] == [0, 10, 20, 30, 40]
    assert "the sensor of address 34 does not answer: asked 4 times" in made.poll(40.5).trouble
    made.feed(sr50a.build(distance_mm=1_838, address="34"))
    assert made.poll(41.0).trouble == ""
    assert decoder(mode="query").poll(0.0).send == b"p33\r"
    assert decoder().poll(0.0).send == b""


def test_models_are_found_by_their_names():
    for name in ("SR50A", "sr50at", "SR50-ATH"):
        found = find(name)
        assert found is not None
        assert found.entry.name == "sr50a"


def test_a_wrong_option_is_one_sentence():
    with pytest.raises(OptionError, match=r"^unit: 'yard': write one of: m, cm, mm, ft, in$"):
        decoder(unit="yard")
    with pytest.raises(OptionError, match=r"^address: '333': write two letters or digits: 33$"):
        decoder(address="333")
