"""Plantower: worked cases, captures, commands, and frames of another model than was configured."""

import csv
from functools import partial
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, OptionError, Sample
from firmware_bridge.catalog import find
from firmware_bridge.families import plantower
from tests.recorded import Source, recorded, text_of
from tests.synthetic import frames as made
from tests.vectors import cases

ATMOSPHERIC = ("pm1", "pm2_5", "pm10")
COUNTS = ("particles_0_3", "particles_0_5", "particles_1", "particles_2_5", "particles_5", "particles_10")
READ, WAKE, SLEEP = plantower.encode(0xE2), plantower.encode(0xE4, 1), plantower.encode(0xE4, 0)
ACTIVE, PASSIVE = plantower.encode(0xE1, 1), plantower.encode(0xE1, 0)


def decoder(model: str, **options: Any):
    found = find(model)
    assert found is not None
    return found.entry.decoder({**found.options, **options}, {})


def values(frame: Frame, names: tuple[str, ...]) -> list[float]:
    by_name = {sample.quantity: sample.value for sample in frame.samples}
    return [by_name[name] for name in names]


@pytest.mark.parametrize("case", cases("pms"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_sensor_hold(case: dict[str, Any]):
    data, expect = bytes.fromhex(case["input"]), case["expect"]
    match case["kind"]:
        case "frame":
            [frame] = decoder("PMS5003", particles=True).feed(data)
            assert values(frame, ATMOSPHERIC) == expect["atm"]
            assert values(frame, COUNTS) == expect["n_per_0_1L"]
        case "frame_3003":
            [frame] = decoder("PMS3003").feed(data)
            assert values(frame, ATMOSPHERIC) == expect["atm"]
        case "ack_in_stream":
            before, after = plantower.build([1] * 12 + [0x9700]), plantower.build([2] * 12 + [0x9700])
            first, reply, second = decoder("PMS5003").feed(before + data + after)
            assert (values(first, ATMOSPHERIC), values(second, ATMOSPHERIC)) == ([1.0] * 3, [2.0] * 3)
            assert (reply.samples, reply.note) == ((), "reply to a command, not a measurement")
        case other:
            pytest.fail(f"nobody asks about cases of the kind {other}")


def _capture(model: str, name: str) -> Any:
    return recorded(f"pm_serial/{name}.hexdump", model, partial(text_of, f"pm_serial/{name}.csv"))


@pytest.mark.parametrize(
    ("dump", "model", "decoded"),
    [
        pytest.param(made.plantower_hexdump, "pms5003", made.plantower_csv, id="synthetic"),
        _capture("pms5003", "PMSx003"),
        _capture("pms3003", "PMS3003"),
    ],
)
def test_a_captured_stream_gives_the_values_its_recorder_decoded(dump: Source, model: str, decoded: Source):
    stream = "".join(line[10:].partition("  ")[0] for line in dump().splitlines())
    rows = list(csv.DictReader(decoded().splitlines(), skipinitialspace=True))
    outcomes = decoder(model).feed(bytes.fromhex(stream))
    assert len(rows) == 10
    assert [values(outcome, ATMOSPHERIC) for outcome in outcomes] == [
        [float(row[name]) for name in ("pm01", "pm25", "pm10")] for row in rows
    ]


def test_commands_are_those_of_the_data_sheet():
    assert [command.hex() for command in (PASSIVE, ACTIVE, READ, SLEEP, WAKE)] == [
        "424de100000170", "424de100010171", "424de200000171", "424de400000173", "424de400010174",
    ]  # fmt: skip


def test_the_model_must_be_said_and_its_name_says_it():
    with pytest.raises(OptionError, match="model: is missing"):
        SERIAL_FAMILIES["plantower"].decoder({}, {})
    assert find("PMS-5003ST").options == {"model": "pms5003st"}


def test_a_temperature_below_zero_is_one():
    words = [5, 13, 22, 5, 13, 22, 765, 252, 29, 15, -105, 806, 0x9700]
    [frame] = decoder("pms5003t").feed(plantower.build(words))
    assert values(frame, ("temperature", "humidity")) == [-10.5, 80.6]


@pytest.mark.parametrize(
    ("model", "words", "sentence"),
    [
        ("pms3003", [1] * 13, "frame of 13 words, and the model has 9"),
        ("pms5003", [1] * 9, "frame of 9 words, and the model has 13"),
        ("pms5003", [5, 13, 22, 5, 13, 22, 765, 252, 29, 15, 285, 806, 0x9700], "is the model right?"),
        ("pms7003", [5, 13, 22, 5, 13, 22, 765, 252, 29, 15, 6, 6, 0x9704], "the sensor reports error 04"),
        ("pms5003", [0] * 12 + [0x9700], "warming up"),
    ],
)
def test_a_frame_that_gives_no_reading_says_why(model: str, words: list[int], sentence: str):
    [frame] = decoder(model).feed(plantower.build(words))
    assert frame.samples == ()
    assert sentence in frame.note


def test_the_cleanest_air_is_a_reading_where_particles_are_counted():
    [frame] = decoder("pmsa003").feed(plantower.build([0] * 6 + [36, 7, 1, 1, 1, 0, 0x9700]))
    assert frame.samples == tuple(Sample(name, 0.0) for name in ATMOSPHERIC)


def test_a_sensor_that_is_asked_is_made_passive_first():
    asked = decoder("pms5003", mode="query", every_s=20.0)
    assert asked.poll(0.0).send == WAKE
    assert asked.poll(1.0).send == PASSIVE
    asked.feed(plantower.build([1] * 12 + [0x9700]))  # it still reports by itself
    assert asked.poll(1.1).send == b""
    asked.feed(plantower.build_reply(0xE1))
    assert asked.poll(1.2).send == READ
    asked.feed(plantower.build([1] * 12 + [0x9700]))
    assert asked.poll(1.3).again_s == pytest.approx(19.9)


def test_a_sensor_that_sleeps_is_woken_half_a_minute_before_it_is_asked():
    asked = decoder("pms5003", mode="query", sleep=True, every_s=300.0)
    assert [asked.poll(now).send for now in (0.0, 1.0)] == [WAKE, PASSIVE]
    asked.feed(plantower.build_reply(0xE1))
    assert asked.poll(2.0).send == WAKE
    assert asked.poll(31.9).send == b""
    assert asked.poll(32.0).send == READ
    asked.feed(plantower.build([1] * 12 + [0x9700]))
    assert asked.poll(33.0).send == SLEEP
    assert asked.poll(40.0).again_s == pytest.approx(262.0)


def test_a_sensor_cannot_sleep_between_questions_that_come_too_soon():
    with pytest.raises(OptionError, match="every_s: 20: with sleep write 60 or more"):
        decoder("pms5003", mode="query", sleep=True, every_s=20.0)
