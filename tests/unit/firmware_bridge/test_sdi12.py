"""SDI-12: worked cases, transcripts, a bus that is asked, silent and foreign ones, and how values get their names."""

from itertools import pairwise
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError
from firmware_bridge.families import sdi12
from firmware_bridge.families.sdi12_bus import ALL
from firmware_bridge.simulated.sdi12 import SimulatedBus
from tests.recorded import Source, recorded
from tests.vectors import cases

ROW = ["water_level", "water_temperature", "flow", "flow_velocity", "rain_rate"]
WATER = {"water_level": 123.4, "water_temperature": 27.5, "flow": 1.5, "flow_velocity": -0.3, "rain_rate": 12.0}


def decoder(**options: Any):
    return SERIAL_FAMILIES["sdi12"].decoder(options, {})


def frames(data: bytes, **options: Any) -> list[Frame]:
    return [outcome for outcome in decoder(**options).feed(data) if isinstance(outcome, Frame)]


def transcript() -> str:
    return (
        "# command<TAB>response\n0D0!\t0+3.14OqZ\t# the specification\n0D0!\t0+1837.02+19.1+0\n0D0!\t0+34.1+0.33+17.5\n"
    )


@pytest.mark.parametrize("case", cases("sdi12"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_protocol_hold(case: dict[str, Any]):
    assert case["kind"] in ("data", "data_crc")
    address, values = case["expect"]["address"], case["expect"]["values"]
    text = case["input"].replace("\\r\\n", "\r\n").encode()
    names = ["water_level", "flow", "water_temperature"][: len(values)]
    [frame] = frames(text, values={address: names})
    assert [(sample.channel, sample.value) for sample in frame.samples] == [(address, value) for value in values]
    [unnamed] = frames(text)
    assert [sample.value for sample in unnamed.unnamed] == values
    assert unnamed.samples == ()
    assert "say in values what they are" in unnamed.note


def test_the_crc_is_that_of_the_specification():
    assert sdi12.crc(b"0+3.14") == b"OqZ"
    assert sdi12.build("0", [3.14, 2.718], with_crc=True) == b"0+3.14+2.718IWO\r\n"
    assert (sdi12.encode("0", "MC1"), sdi12.encode("z")) == (b"0MC1!", b"z!")


@pytest.mark.parametrize("source", [transcript, recorded("sdi12/transcripts.txt")])
def test_transcripts_of_commands_and_answers_are_read(source: Source):
    lines = [line.partition("\t#")[0] for line in source().splitlines() if not line.startswith("#")]
    found = frames("\r\n".join([*lines, ""]).encode(), values={"0": ["water_level"]})
    assert [frame.samples[0].value for frame in found if frame.samples] == [3.14, 1837.02, 34.1]
    assert len(found) == 6


def test_a_crc_that_is_wrong_costs_its_line_and_is_counted():
    found = decoder(values={"0": ["water_level"]}).feed(b"0+3.15OqZ\r\n0+3.14OqZ\r\n")
    assert [one.reason for one in found if isinstance(one, Noise)].count("CRC is wrong") == 1
    assert [frame.samples[0].value for frame in found if isinstance(frame, Frame) and frame.samples] == [3.14]


def test_what_an_address_answers_further_values_to_has_the_next_names():
    heard = b"0M!00014\r\n0\r\n0D0!0+1+2\r\n0D1!0+3+4\r\n0M!00014\r\n0D0!0+5+6\r\n"
    found = [frame for frame in frames(heard, values={"0": ROW[:4]}) if frame.samples]
    assert [[sample.quantity for sample in frame.samples] for frame in found] == [ROW[:2], ROW[2:4], ROW[:2]]


class Line:
    """A decoder and a bus on one line, in steps of a tenth of a second."""

    def __init__(self, rows: dict[str, list[str]], *, echo: bool = False, **options: Any) -> None:
        self.bus = SimulatedBus(lambda _: WATER, rows, {})
        self.decoder = decoder(**options)
        self.echo = echo
        self.step = 0
        self.again_s = 0.0
        self.asked: list[tuple[float, str]] = []
        self.found: list[tuple[float, Frame | Noise]] = []
        self.trouble = ""

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            now_s = self.step / 10
            written = self.bus.due(now_s)
            if now_s >= self.again_s:
                poll = self.decoder.poll(now_s)
                self.trouble, self.again_s = poll.trouble, now_s + poll.again_s
                if poll.send:
                    self.asked.append((now_s, poll.send.decode()))
                    written += (poll.send if self.echo else b"") + self.bus.feed(poll.send, now_s)
            for outcome in self.decoder.feed(written):
                self.found.append((now_s, outcome))
                self.again_s = now_s
            self.step += 1

    def readings(self, address: str) -> list[tuple[float, dict[str, float]]]:
        return [
            (now_s, {sample.quantity: sample.value for sample in outcome.samples})
            for now_s, outcome in self.found
            if isinstance(outcome, Frame) and outcome.samples and outcome.samples[0].channel == address
        ]

    @property
    def notes(self) -> set[str]:
        return {outcome.note for _, outcome in self.found if isinstance(outcome, Frame)} - {""}


@pytest.mark.parametrize("command", ["M", "MC", "C", "CC"])
@pytest.mark.parametrize("echo", [False, True])
def test_a_bus_is_asked_who_it_is_and_then_for_all_its_values(command: str, echo: bool):
    line = Line({"0": ROW, "1": ["flow"]}, echo=echo, values={"0": ROW, "1": ["flow"]}, command=command)
    line.run(40.0)
    sent = [text for _, text in line.asked]
    assert sent[:2] == ["0I!", "1I!"]
    assert {text for text in sent if text.startswith("0D")} == {"0D0!", "0D1!", "0D2!"}
    merged: dict[str, float] = {}
    for _, values in line.readings("0"):
        merged |= values
    assert merged == WATER
    assert len(line.readings("0")) == 6
    assert [values for _, values in line.readings("1")] == [{"flow": 1.5}] * 2
    assert "address 0 is 14SIAGA SIMULA1.0" in line.notes
    assert line.trouble == ""
    assert not any(isinstance(outcome, Noise) for _, outcome in line.found)
    assert not any("another master" in note for note in line.notes)


def test_what_is_measured_together_is_started_before_any_of_it_is_fetched():
    line = Line({"0": ["flow"], "1": ["flow"], "2": ["flow"]}, values={a: ["flow"] for a in "012"}, command="C")
    line.run(5.0)
    sent = [text for _, text in line.asked]
    assert sent[3:6] == ["0C!", "1C!", "2C!"]
    assert sent[6:] == ["0D0!", "1D0!", "2D0!"]


def test_values_that_are_measured_all_the_time_need_no_start():
    line = Line({"0": ["flow"]}, values={"0": ["flow"]}, command="R0")
    line.run(5.0)
    assert [text for _, text in line.asked] == ["0I!", "0R0!"]
    assert len(line.readings("0")) == 1


def test_a_silent_address_stops_nobody_and_is_named():
    line = Line({"1": ["flow"]}, values={"0": ROW, "1": ["flow"], "z": ROW}, every_s=30.0)
    line.run(600.0)
    times = [now_s for now_s, _ in line.readings("1")]
    assert len(times) == 20
    assert max(b - a for a, b in pairwise(times)) < 45.0
    assert line.trouble == (
        "addresses 0, z do not answer: look at its power, its data line, and that it has this address"
    )


def test_an_address_that_answers_again_is_no_trouble_any_more():
    line = Line({}, values={"0": ["flow"]}, every_s=10.0)
    line.run(60.0)
    assert line.trouble.startswith("address 0 does not answer: ")
    line.bus._rows = {"0": ["flow"]}
    line.run(20.0)
    assert line.trouble == ""
    assert line.readings("0")


def test_without_addresses_all_are_looked_for_once_and_those_found_are_asked():
    line = Line({"7": ["flow"], "q": ROW})
    line.run(200.0)
    sent = [text for _, text in line.asked]
    assert [text for text in sent if text.endswith("I!")] == [f"{address}I!" for address in ALL]
    assert {"7M!", "qM!"} <= set(sent)
    assert line.trouble == ""
    assert "address 7: values 1.5; say in values what they are" in line.notes
    assert line.readings("7") == []


def test_another_master_on_the_bus_is_named_and_its_answers_are_no_readings():
    made = decoder(values={"0": ["flow"]})
    assert made.poll(0.0).send == b"0I!"
    [question, answer, other] = made.feed(b"5M!5+3.14\r\n0+7\r\n")
    assert question == Frame((), "another master asks on this bus: 5M!; let one of them ask")
    assert answer.note == "address 5 speaks without being asked: does another master ask on this bus?"
    assert other.samples == ()


def test_a_measurement_that_was_broken_off_gives_what_came_of_it():
    made = decoder(values={"0": ROW[:3]})
    made.poll(0.0)
    made.feed(b"014SIAGA   SIMULA1.0\r\n")
    assert made.poll(0.1).send == b"0M!"
    made.feed(b"00013\r\n")
    assert made.poll(0.2).send == b""
    made.feed(b"0\r\n")
    assert made.poll(0.9).send == b"0D0!"
    [first] = made.feed(b"0+1+2\r\n")
    assert len(first.samples) == 2
    assert made.poll(1.0).send == b"0D1!"
    [second] = made.feed(b"0\r\n")
    assert second == Frame((), "address 0 has 2 of 3 values: its measurement was broken off")
    assert made.poll(1.1).send == b""


def test_more_values_than_a_sensor_said_are_two_lines_run_into_one():
    made = decoder(values={"0": ["flow"]})
    for now_s, answer in ((0.0, b"014SIAGA   SIMULA1.0\r\n"), (0.1, b"00001\r\n")):
        made.poll(now_s)
        made.feed(answer)
    made.poll(0.2)
    [frame] = made.feed(b"0+1.50+1.5\r\n")
    assert frame == Frame((), "address 0 gives more than the 1 values that it said: they are not used")


def test_a_sensor_that_never_says_that_it_has_measured_is_asked_when_its_time_is_over():
    made = decoder(values={"0": ["flow"]})
    made.poll(0.0)
    made.feed(b"014SIAGA   SIMULA1.0\r\n")
    made.poll(0.1)
    made.feed(b"00051\r\n")
    assert made.poll(5.0).send == b""
    assert made.poll(6.2).send == b"0D0!"


def test_an_answer_without_a_crc_is_none_where_one_was_asked_for():
    made = decoder(values={"0": ["flow"]}, command="MC")
    for now_s, answer in ((0.0, b"014SIAGA   SIMULA1.0\r\n"), (0.1, b"00001\r\n"), (0.2, b"")):
        made.poll(now_s)
        made.feed(answer)
    [frame] = made.feed(b"0+1.5\r\n")
    assert frame == Frame((), "address 0 gives no CRC with MC; write another command")


def test_what_a_maker_writes_for_nothing_is_no_reading():
    [frame] = frames(b"0-9999+2\r\n", values={"0": ["water_temperature", "flow"]})
    assert [sample.quantity for sample in frame.samples] == ["flow"]
    assert frame.note == "value 1 of address 0 is -9999: not measured"


def test_a_value_in_another_unit_is_converted_and_one_that_is_not_wanted_left_out():
    [frame] = frames(b"0+2.5+9+80.6\r\n", values={"0": ["water_level", "-", "temperature"]},
                     units={"water_level": "m", "temperature": "°F"})  # fmt: skip
    assert {sample.quantity: sample.value for sample in frame.samples} == {"water_level": 250.0, "temperature": 27.0}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"values": {"00": ["flow"]}}, "values.00: is no address"),
        ({"values": {"0": 5}}, "values.0: write the names of quantities"),
        ({"values": {"0": ["flw"]}}, "values.0: 'flw' is no quantity; did you mean flow"),
        ({"values": {"0": ["flow"]}, "units": {"flow": "cm"}}, "units.flow: 'cm' is no unit of flow"),
        ({"values": {"0": ["flow"]}, "units": {"pm10": "mg/m3"}}, "units.pm10: no value of this source is pm10"),
        ({"addresses": "0,1"}, "addresses: '0,1': write addresses in a row"),
        ({"channels": {"00": "river"}}, "channels: '00' is no channel; write an address in quotes"),
    ],
)
def test_a_mistake_in_the_options_is_one_sentence(options: dict[str, Any], sentence: str):
    with pytest.raises(OptionError, match="^" + sentence.replace(".", r"\.")):
        decoder(**options)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_a_line_ends_as_the_adapter_ends_it(end: bytes):
    assert len(frames(b"0+1.5" + end + b"0+2.5" + end, values={"0": ["flow"]})) == 2
