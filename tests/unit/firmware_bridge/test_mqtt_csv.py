"""CSV over MQTT: columns by number and by name, broken rows, hostile messages, mistakes in the options."""

from typing import Any

import pytest

from edge.sources.configured import mistakes_in
from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.device_json import MAX_PAYLOAD
from firmware_bridge.dialects import mqtt_csv
from wire import BUILT_IN


def parse(payload: bytes, **options: Any) -> Frame | Noise:
    return MQTT_DIALECTS["csv"].parser(options)("a/topic", payload)


def values(payload: bytes, **options: Any) -> list[tuple[str, float]]:
    outcome = parse(payload, **options)
    return [(sample.quantity, sample.value) for sample in outcome.samples] if isinstance(outcome, Frame) else []


@pytest.mark.parametrize(
    ("payload", "options", "found"),
    [
        (b"23.4,55", {"columns": {"temperature": 1, "humidity": 2}}, [("temperature", 23.4), ("humidity", 55.0)]),
        (b"23.4\t55", {"columns": {"humidity": 2}, "separator": "tab"}, [("humidity", 55.0)]),
        (b"23.4   55", {"columns": {"humidity": 2}, "separator": "blanks"}, [("humidity", 55.0)]),
        (b'"a,b",55', {"columns": {"humidity": 2}}, [("humidity", 55.0)]),
        (b"T,H\n23.4,55", {"columns": {"humidity": "H"}}, [("humidity", 55.0)]),
        (b"H,T\n55,23.4", {"columns": {"humidity": " h "}}, [("humidity", 55.0)]),
        (b"23.4,55", {"columns": {"humidity": "H"}, "header": "T,H"}, [("humidity", 55.0)]),
        (b"H,T\n55,23.4", {"columns": {"humidity": "H"}, "header": "T,H"}, [("humidity", 55.0)]),
        (b"1,2\n3,4\n", {"columns": {"noise": 2}}, [("noise", 2.0), ("noise", 4.0)]),
        (b"29.92", {"columns": {"pressure": 1}, "units": {"pressure": "inHg"}}, [("pressure", 1013.207589)]),
        (b"0.5", {"columns": {"co": 1}, "units": {"co": "mg/m3"}}, [("co", 500.0)]),
        (b"9", {"columns": {"water_level": 1}, "scale": {"water_level": 0.5}, "offset": {"water_level": 1}},
         [("water_level", 5.5)]),
    ],
)  # fmt: skip
def test_a_row_means_what_its_columns_are(payload: bytes, options: dict[str, Any], found: list[tuple[str, float]]):
    assert values(payload, **options) == found


def test_two_sensors_of_a_row_are_told_apart():
    options = {"columns": {"temperature__in": 1, "temperature__out": 2}}
    assert parse(b"20,25", **options) == Frame((Sample("temperature", 20.0, "in"), Sample("temperature", 25.0, "out")))
    table = {"name": "a", "family": "csv", "topic": "a", "channels": {"in": "air-1", "out": "air-2"}, **options}
    assert list(mistakes_in(table, BUILT_IN)) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message is empty"),
        (b"\r\n\r\n", "message is empty"),
        (b"23.4", "row has 1 columns, and column 2 was configured"),
        (b"x" * (MAX_PAYLOAD + 1), "message is longer than 262144 bytes"),
    ],
)
def test_what_is_no_row_is_noise(payload: bytes, reason: str):
    assert parse(payload, columns={"humidity": 2}) == Noise(len(payload), reason)


def test_a_message_without_its_header_is_noise_and_says_which_names_it_lacks():
    assert parse(b"23.4,55", columns={"humidity": "H"}) == Noise(
        7, "message does not begin with the names of its columns: h"
    )


def test_a_message_that_is_a_header_alone_says_so():
    assert parse(b"T,H\n", columns={"humidity": "H"}) == Frame((), "message has no rows")


def test_of_very_many_rows_the_first_thousand_are_read_and_it_is_said():
    outcome = parse(mqtt_csv.build([[1]] * 1_005), columns={"noise": 1})
    assert isinstance(outcome, Frame)
    assert len(outcome.samples) == 1_000
    assert outcome.note == "5 rows after the first 1000 are left out"


@pytest.mark.parametrize("payload", [b'"' * 200_000, b'"a,' * 80_000, b"," * 200_000, b"\xff\xfe" * 90_000, b"\0" * 9])
def test_a_hostile_message_holds_no_sample_and_its_note_is_short(payload: bytes):
    outcome = parse(payload, columns={"noise": 1})
    assert isinstance(outcome, Noise) or (outcome.samples == () and len(outcome.note) <= 300)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "columns: is missing; add it"),
        ({"columns": {}}, "columns: is empty; name at least one quantity"),
        ({"columns": {"noise": 0}}, "columns.noise: 0 is no column; they are counted from 1"),
        ({"columns": {"noise": " "}}, "columns.noise: ' ' is no column"),
        ({"columns": {"nois": 1}}, "columns: 'nois' is no quantity; did you mean noise?"),
        ({"columns": {"time": 1}}, "columns: names no quantity"),
        ({"columns": {"noise": "dB"}, "header": "a,b"}, "header: 'a,b': has not all of the names in columns: db"),
        ({"columns": {"noise": 1}, "units": {"noise": "m"}}, "units.noise: 'm' is no unit of noise"),
    ],
)
def test_a_mistake_in_the_options_is_one_sentence(options: dict[str, Any], sentence: str):
    with pytest.raises(OptionError) as caught:
        parse(b"", **options)
    assert str(caught.value).startswith(sentence)
