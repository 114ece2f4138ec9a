"""Sensirion SPS30: worked cases, stuffing, states, what it is asked and when, and what is no measurement."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError
from firmware_bridge.families import sps30
from firmware_bridge.family import QUANTITIES_KNOWN
from firmware_bridge.simulated.sps30 import SimulatedSps30
from tests.vectors import cases
from wire import DomainRow, Quantity, QuantityTable

MASSES = {"pm1": "pm1", "pm25": "pm2_5", "pm4": "pm4", "pm10": "pm10"}
AIR = {"pm1": 5.0, "pm2_5": 9.0, "pm4": 12.0, "pm10": 13.0}
DAY_S = 86_400.0


def decoder(**options: Any):
    return SERIAL_FAMILIES["sps30"].decoder(options, {})


def values(frame: Frame) -> dict[str, float]:
    return {sample.quantity: sample.value for sample in frame.samples}


@pytest.mark.parametrize("case", cases("sps30"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_sensor_hold(case: dict[str, Any]):
    [frame] = decoder(particles=True).feed(bytes.fromhex(case["input"]))
    expect, found = case["expect"], values(frame)
    match case["kind"]:
        case "frame":
            assert {name: found[name] for name in MASSES.values()} == {MASSES[key]: expect[key] for key in MASSES}
            counts = {"0_3": 0.0, "0_5": expect["n0_5"], "1": expect["n1"], "2_5": expect["n2_5"]}
            for size, below in counts.items():
                assert found[f"particles_{size}"] == pytest.approx(100 * (expect["n10"] - below), abs=0.1)
        case "error_state":
            assert frame == Frame((), "the sensor was asked to measure and refused: not in its present state")
        case "empty_data":
            assert frame == Frame((), "no new measurement since the last question")
        case other:
            pytest.fail(f"nobody asks about cases of the kind {other}")


@pytest.mark.parametrize("second", [0x5D, 0x5E, 0x31, 0x33, 0x7E, 0x7D, 0x11, 0x13])
def test_a_stuffed_byte_before_what_looks_like_another_pair_is_itself(second: int):
    body = bytes((0x41, 0x7D, second, 0x7D))
    assert sps30.unstuff(sps30.stuff(body)) == body
    frame = sps30.build(sps30.READ, body * 10)
    assert set(frame[1:-1]).isdisjoint((0x7E, 0x11, 0x13))
    assert sps30.answer_in(frame).data == body * 10
    [outcome] = decoder().feed(frame)
    assert isinstance(outcome, Frame)


def test_questions_are_those_of_the_data_sheet():
    assert sps30.encode(sps30.START, sps30.FORMATS["float"]).hex() == "7e0000020103f97e"
    assert sps30.encode(sps30.START, sps30.FORMATS["integer"]).hex() == "7e0000020105f77e"
    assert sps30.encode(sps30.STOP).hex() == "7e000100fe7e"
    assert sps30.encode(sps30.READ).hex() == "7e000300fc7e"
    assert sps30.encode(sps30.SLEEP).hex() == "7e001000ef7e"
    assert sps30.encode(sps30.WAKE).hex() == "ff7e007d3100ee7e"
    assert sps30.encode(sps30.CLEAN).hex() == "7e005600a97e"
    assert sps30.encode(sps30.INFO, b"\x03").hex() == "7e00d001032b7e"
    assert sps30.encode(sps30.RESET).hex() == "7e00d3002c7e"


def test_a_mark_that_serves_two_frames_costs_neither():
    first, second = sps30.build_measured([5.0] * 10), sps30.build_measured([6.0] * 10)
    for stream in (first[:-1] + second, first + second[1:], first + second):
        found = decoder().feed(stream)
        assert [values(frame)["pm10"] for frame in found if isinstance(frame, Frame)] == [5.0, 6.0]


def test_a_torn_answer_and_the_next_one_behind_it_are_one_reading():
    whole = sps30.build_measured([7.0] * 10)
    for size in range(1, len(whole) - 1):
        found = [outcome for outcome in decoder().feed(whole[:size] + whole) if isinstance(outcome, Frame)]
        assert [values(frame)["pm1"] for frame in found] == [7.0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_what_is_no_concentration_is_no_reading(value: float):
    [frame] = decoder().feed(sps30.build_measured([value, *[1.0] * 9]))
    assert frame == Frame((), "values that are no concentrations; switch the sensor off and on")


def test_counts_that_do_not_grow_with_the_size_are_left_out():
    [frame] = decoder(particles=True).feed(sps30.build_measured([1.0] * 4 + [30.0, 20.0, 20.0, 20.0, 20.0, 0.5]))
    assert "particles_0_5" not in values(frame)
    assert values(frame)["particles_0_3"] == 2_000.0


@pytest.mark.parametrize(("unit", "value"), [("um", 0.834), ("mm", 0.000834)])
def test_the_typical_size_is_for_cities_that_have_such_a_quantity(unit: str, value: float):
    own = Quantity(sps30.TYPICAL_SIZE, "particles", unit, 2, 0.0, 100.0, "Typical size", "Ukuran khas")
    table = QuantityTable([DomainRow("particles", "Particles", "Partikel")], [own])
    for output in sps30.FORMATS:
        made = SERIAL_FAMILIES["sps30"].decoder({QUANTITIES_KNOWN: table}, {})
        [frame] = made.feed(sps30.build_measured([1.0] * 9 + [0.834], output=output))
        assert isinstance(frame, Frame)
        assert values(frame)[sps30.TYPICAL_SIZE] == pytest.approx(value)


class Line:
    """A decoder and a device on one line, second by second."""

    def __init__(self, **options: Any) -> None:
        self.device = SimulatedSps30(lambda _: AIR)
        self.decoder = decoder(**options)
        self.now_s = self.again_s = 0.0
        self.asked: list[int] = []
        self.found: list[tuple[float, Frame | Noise]] = []

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            poll = self.decoder.poll(self.now_s)
            if poll.send:
                body = sps30.unstuff(poll.send.strip(b"\xff\x7e"))
                assert body is not None
                self.asked.append(body[1])
            for outcome in self.decoder.feed(self.device.feed(poll.send, self.now_s)):
                self.found.append((self.now_s, outcome))
            self.now_s += 0.5

    @property
    def notes(self) -> set[str]:
        return {outcome.note for _, outcome in self.found if isinstance(outcome, Frame)} - {""}

    @property
    def read_at(self) -> list[float]:
        return [now_s for now_s, outcome in self.found if isinstance(outcome, Frame) and outcome.samples]


def test_it_is_woken_and_started_and_half_a_minute_later_asked():
    line = Line()
    line.run(60.0)
    assert line.asked[:3] == [sps30.WAKE, sps30.START, sps30.READ]
    assert line.read_at == [30.5, 40.5, 50.5]


def test_a_sensor_that_lost_its_power_is_started_again():
    line = Line()
    line.run(45.0)
    line.device._state = "idle"
    line.run(60.0)
    assert "the sensor was asked a measurement and refused: not in its present state" in line.notes
    assert line.read_at[-1] > 80.0
    assert max(b - a for a, b in zip(line.read_at, line.read_at[1:], strict=False)) < 45.0


def test_an_error_of_the_sensor_ends_its_readings_and_is_named():
    line = Line()
    line.run(35.0)
    line.device.status = 1 << 5 | 1 << 4
    line.run(30.0)
    assert line.read_at == [30.5]
    assert "the sensor reports an error of its fan or laser, so its values are not used" in line.notes
    assert "the sensor says that the laser has failed and the fan stands still: clean or replace it" in line.notes


def test_a_cleaning_interval_is_set_where_it_is_another_and_only_there():
    line = Line(cleaning_days=7)
    line.run(40.0)
    assert line.asked.count(sps30.INTERVAL) == 1
    line = Line(cleaning_days=1.5)
    line.run(40.0)
    assert line.asked.count(sps30.INTERVAL) == 2
    assert int.from_bytes(line.device.interval, "big") == 129_600


def test_a_sensor_that_sleeps_is_read_each_time_and_cleaned_once_a_week():
    line = Line(sleep=True, every_s=3_600)
    line.run(DAY_S)
    assert len(line.read_at) == 24
    assert line.device.cleanings == 1
    line.run(6.1 * DAY_S)
    assert line.device.cleanings == 2
    assert line.device._state == "asleep"


def test_a_sensor_cannot_sleep_between_questions_that_come_too_soon():
    with pytest.raises(OptionError, match="every_s: 20: with sleep write 60 or more"):
        decoder(sleep=True, every_s=20.0)


def test_an_echo_of_the_question_is_no_answer():
    made = decoder()
    for now_s in (0.0, 1.0, 3.0, 4.0, 6.0, 7.0, 9.0):
        made.feed(made.poll(now_s).send)
    assert "does not answer" in made.poll(9.1).trouble
