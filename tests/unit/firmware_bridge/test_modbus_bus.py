"""The master of a Modbus line: turns, silence, refusals, echo, late replies, another master, settings."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from firmware_bridge import Frame, Noise, SerialDecoder
from firmware_bridge.catalog import find
from firmware_bridge.family import Asking, Poll
from firmware_bridge.modbus.options import slaves_of
from firmware_bridge.simulated.modbus import SimulatedModbus
from tests.unit.firmware_bridge.test_modbus import ask, frame, reply, samples_of

VALUES = {"wind_speed": 8.6, "wind_direction": 270.0, "water_level": 150.0, "distance": 135.0, "humidity": 80.0}
STEP_S = 0.05


def settled(name: str, **options: Any) -> dict[str, Any]:
    found = find(name)
    assert found is not None
    defaults = {option.name: option.default for option in found.entry.options}
    return {**defaults, **found.options, **options}


class Line:
    """A decoder and simulated slaves on one line, whose clock the test moves."""

    def __init__(self, name: str = "modbus", *, simulated: dict[str, Any] | None = None, **options: Any) -> None:
        chosen = settled(name, **options)
        found = find(name)
        assert found is not None
        self.decoder: SerialDecoder = found.entry.decoder(chosen, {})
        slaves, _ = slaves_of(chosen, {})
        maps = {slave.address: slave.map for slave in slaves.values()}
        over_tcp = chosen["transport"] == "tcp"
        self.slaves = SimulatedModbus(maps, lambda _: VALUES, over_tcp=over_tcp, **(simulated or {}))
        self.now_s = 0.0
        self.poll = Poll()
        self.outcomes: list[Frame | Noise] = []
        self.sent: list[tuple[float, bytes]] = []
        self._again_s = 0.0

    def run(self, seconds: float) -> "Line":
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            if self.now_s >= self._again_s:
                self.ask()
        return self

    def ask(self) -> None:
        assert isinstance(self.decoder, Asking)
        self.poll = self.decoder.poll(self.now_s)
        self._again_s = self.now_s + self.poll.again_s
        if self.poll.send:
            self.sent.append((self.now_s, self.poll.send))
            self.hears(self.slaves.feed(self.poll.send, self.now_s))

    def hears(self, data: bytes) -> None:
        if data:
            self.outcomes += self.decoder.feed(data)
            self._again_s = self.now_s

    @property
    def readings(self) -> list[tuple[str, str, float]]:
        frames = [outcome for outcome in self.outcomes if isinstance(outcome, Frame)]
        return [(one.channel, one.quantity, one.value) for found in frames for one in found.samples]

    @property
    def notes(self) -> list[str]:
        return [outcome.note for outcome in self.outcomes if isinstance(outcome, Frame) and outcome.note]


TWO = {"1": "pr-3000-fsjt", "2": "rs-fxjt"}


def test_each_slave_is_asked_in_its_turn_and_each_every_s():
    line = Line(devices=TWO, every_s=10.0).run(25)
    assert line.readings == [("1", "wind_speed", 8.6), ("2", "wind_direction", 270.0)] * 3
    assert line.poll.trouble == ""


def test_one_model_at_two_addresses_needs_no_devices():
    line = Line("SEN0676", channels={"1": "level-a", "7": "level-b"}, mounting_height_cm=450.0).run(1)
    assert [reading for reading in line.readings if reading[1] == "water_level"] == [
        ("1", "water_level", 315.0), ("7", "water_level", 315.0),
    ]  # fmt: skip


def test_a_dead_slave_is_said_and_costs_the_others_a_second_a_minute():
    line = Line(devices={**TWO, "3": "qdy30a"}, every_s=1.0, simulated={"silent": {1}}).run(120)
    levels = [reading for reading in line.readings if reading[0] == "3"]
    assert len(levels) > 105
    assert line.poll.trouble.startswith("slave 1 (pr-3000-fsjt) does not answer: asked ")
    asked = [when for when, sent in line.sent if sent[0] == 1]
    assert [round(after - before) for before, after in pairwise(asked)][:5] == [1, 3, 6, 11, 21]


def test_a_slave_that_comes_back_is_read_again():
    line = Line(devices=TWO, every_s=1.0, simulated={"silent": {1}}).run(100)
    line.slaves.silent.clear()
    line.run(62)
    assert ("1", "wind_speed", 8.6) in line.readings
    assert line.poll.trouble == ""


def test_a_line_where_nobody_answers_is_one_sentence():
    line = Line(devices=TWO, simulated={"silent": {1, 2}}).run(30)
    assert line.poll.trouble.startswith("no slave answers: asked ")
    assert "A and B are exchanged" in line.poll.trouble


def test_a_refusal_is_told_in_words_and_costs_the_others_nothing():
    line = Line(devices=TWO, simulated={"refusing": {1}}).run(25)
    assert [reading[0] for reading in line.readings] == ["2", "2", "2"]
    assert "slave 1 (pr-3000-fsjt) refuses holding register 0x0000: illegal data address (exception 2)" in line.notes
    assert line.poll.trouble == (
        "slave 1 (pr-3000-fsjt) refuses holding register 0x0000: illegal data address (exception 2); "
        "is the model right?"
    )


def test_registers_in_between_are_left_out_where_the_device_refuses_them():
    line = Line("SEN0676", simulated={"strict": {1}}, every_s=5.0).run(12)
    assert samples_of(line.outcomes) == {"distance": 135.0, "water_level": 150.0}
    asked = [int.from_bytes(sent[4:6], "big") for _, sent in line.sent]
    assert asked[0] == 5
    assert set(asked[1:]) == {1}
    assert line.poll.trouble == ""


def test_the_echo_of_an_adapter_is_passed_over_and_told_once():
    line = Line(devices=TWO, every_s=5.0, simulated={"has_echo": True}).run(12)
    assert len(line.readings) == 6
    assert line.notes == ["the adapter gives back what it is given to send: that is passed over"]


def test_a_late_reply_is_no_reading_of_the_slave_that_is_asked_now():
    line = Line(devices=TWO, every_s=5.0, answer_s=0.5, simulated={"late": {1}}).run(20)
    assert {reading for reading in line.readings if reading[0] == "2"} == {("2", "wind_direction", 270.0)}
    assert all(reading in {("1", "wind_speed", 8.6), ("2", "wind_direction", 270.0)} for reading in line.readings)
    assert any("answers late, which is passed over" in note for note in line.notes)


def test_a_reply_to_the_asking_before_is_not_taken_for_one_to_other_registers():
    parts = [{"address": 0, "quantity": "wind_speed"}, {"address": 500, "quantity": "humidity"}]
    line = Line(map={"first_register": 0, "registers": parts}, answer_s=0.5, every_s=60.0)
    line.slaves.silent.add(1)
    line.run(0.2)
    assert line.sent[-1][1] == ask(1, 0, 1)
    line.run(0.5)
    assert line.sent[-1][1] == ask(1, 0, 1), "the same again, so that a late reply is a right one"
    line.hears(reply(1, 86))
    line.run(0.2)
    line.hears(reply(1, 87))  # to the second asking: it says nothing of register 500
    assert line.readings == [("", "wind_speed", 86.0)]
    assert len(line.sent) == 2
    line.run(4.0)
    line.hears(reply(1, 88))
    assert len(line.sent) == 2
    line.run(1.0)
    assert line.sent[-1][1] == ask(1, 500, 1)
    assert line.readings == [("", "wind_speed", 86.0)]


def test_another_master_is_said_and_its_replies_are_no_readings():
    line = Line("PR-3000-FSJT", every_s=5.0, simulated={"silent": {1}})
    line.run(0.1)
    line.hears(ask(1, 1, 1) + reply(1, 999))
    line.run(0.1)
    assert line.readings == []
    assert line.notes[0] == "another master asks on this line: slave 1, holding register 0x0001"
    assert line.poll.trouble.startswith("another master asks on this line (1 requests, the last: slave 1, holding")
    line.slaves.silent.clear()
    line.run(70)
    assert ("", "wind_speed", 8.6) in line.readings
    assert line.poll.trouble == ""


def test_a_slave_that_is_not_configured_is_named():
    line = Line("PR-3000-FSJT").run(0.1)
    line.hears(reply(9, 1, 2))
    assert line.notes == ["slave 9 speaks on this line, and is not in devices"]


def test_what_only_looks_like_a_long_frame_does_not_hold_up_the_reply():
    line = Line("PR-3000-FSJT", simulated={"silent": {1}}).run(0.1)
    line.hears(b"\x07\x03\xf0\x11" + reply(1, 86))
    assert line.readings == [("", "wind_speed", 8.6)]
    assert sum(outcome.size for outcome in line.outcomes if isinstance(outcome, Noise)) == 4


def test_half_a_reply_is_given_up_when_its_time_is_over():
    line = Line("PR-3000-FSJT", simulated={"silent": {1}}).run(0.1)
    line.hears(reply(1, 86)[:4])
    line.run(1.2)
    assert line.decoder.held == 0
    line.hears(reply(1, 87))
    assert line.readings == [("", "wind_speed", 8.7)]


def test_a_wrong_baud_rate_gives_noise_and_no_reading():
    line = Line("PR-3000-FSJT", simulated={"silent": {1}})
    for _ in range(40):
        line.run(0.5)
        line.hears(bytes.fromhex("f8 00 e6 98 fe 18 80"))
    assert line.readings == []
    assert "does not answer" in line.poll.trouble


def test_nothing_is_written_unless_the_configuration_says_so():
    line = Line("SEN0676").run(60)
    assert {sent[1] for _, sent in line.sent} == {3}
    assert line.slaves.written == {}


def test_a_register_is_set_where_it_has_another_value_and_read_again():
    line = Line("SEN0676", set={"0x0005": 450}, every_s=5.0).run(20)
    assert line.slaves.written == {(1, 5): 450}
    writes = [sent for _, sent in line.sent if sent[1] == 6]
    assert writes == [frame(1, bytes.fromhex("0600 0501 c2".replace(" ", "")))]
    assert "slave 1 (sen0676): holding register 0x0005 is written" in line.notes
    line.run(20)
    assert len([sent for _, sent in line.sent if sent[1] == 6]) == 1
    assert line.poll.trouble == ""


def test_a_register_that_has_its_value_already_is_not_written():
    line = Line("SEN0676", set={"5": 1}).run(20)
    assert line.slaves.written == {}


def test_several_registers_are_set_at_once():
    line = Line("SEN0676", set={"0x0005": [450, 7]}).run(5)
    assert line.slaves.written == {(1, 5): 450, (1, 6): 7}


def test_listening_sends_nothing():
    found = find("PR-3000-FSJT")
    assert found is not None
    heard = found.entry.decoder({**found.options, "mode": "listen"}, {})
    assert heard.poll(0.0).send == b""
    assert samples_of(heard.feed(ask(1, 0, 1) + reply(1, 86))) == {"wind_speed": 8.6}


def test_a_listener_reads_what_it_holds_when_the_line_is_silent():
    found = find("PR-3000-FSJT")
    assert found is not None
    heard = found.entry.decoder({**found.options, "mode": "listen"}, {})
    assert heard.feed(b"\x07\x03\xf0\x11" + reply(1, 86)) == []
    heard.poll(0.0)
    heard.feed(b"\xff")
    assert heard.held, "bytes came since"
    heard.poll(0.5)
    heard.poll(1.0)
    assert heard.held == 0
    assert samples_of(heard.feed(b"\x00")) == {"wind_speed": 8.6}


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_line_that_loses_replies_gives_no_wrong_reading(share: float):
    line = Line(devices={**TWO, "3": "qdy30a"}, every_s=2.0)
    real = line.slaves.feed
    count = 0

    def feed(data: bytes, now_s: float) -> bytes:
        nonlocal count
        count += 1
        return real(data, now_s) if count % round(1 / share) else b""

    line.slaves.feed = feed
    line.run(120)
    assert {reading[1:] for reading in line.readings} == {
        ("wind_speed", 8.6), ("wind_direction", 270.0), ("water_level", 150.0),
    }  # fmt: skip


def test_a_slave_that_is_busy_is_asked_the_same_again():
    line = Line("SEN0676", simulated={"silent": {1}}, every_s=5.0).run(0.1)
    line.hears(frame(1, b"\x83\x06"))
    assert line.notes == [
        "slave 1 (sen0676) refuses holding registers 0x0001 to 0x0005: slave device busy (exception 6)"
    ]
    line.run(0.1)
    assert line.poll.trouble.endswith("slave device busy (exception 6)")
    line.slaves.silent.clear()
    line.run(6)
    assert line.sent[-1][1] == ask(1, 1, 5)
    assert line.poll.trouble == ""


def test_a_reply_of_another_size_is_no_reading():
    line = Line("PR-3000-FSJT", simulated={"silent": {1}}).run(0.1)
    line.hears(reply(1, 86, 87))
    assert line.readings == []
    [note] = line.notes
    assert note.startswith("slave 1 (pr-3000-fsjt) answers with 4 bytes where 2 were asked for, which is passed over")


def test_a_write_through_an_adapter_with_an_echo_is_no_other_master():
    line = Line("SEN0676", set={"5": 450}, every_s=5.0, simulated={"has_echo": True}).run(20)
    assert line.slaves.written == {(1, 5): 450}
    assert line.poll.trouble == ""
    assert not [note for note in line.notes if "another master" in note]


PARTS = [
    {"address": 0, "quantity": "wind_speed"},
    {"address": 10, "quantity": "humidity"},
    {"address": 20, "quantity": "water_level"},
]


class RoughLine(Line):
    """A line on which replies are lost, late by up to `late_s`, doubled, behind noise and, but over TCP, torn."""

    def __init__(self, name: str, seed: int, *, late_s: float) -> None:
        devices = {
            "1": {"map": {"first_register": 0, "gap": 0, "registers": PARTS}},
            "2": {"map": {"first_register": 0, "registers": [{"address": 5, "quantity": "wind_direction"}]}},
        }
        super().__init__(name, devices=devices, every_s=1.0, answer_s=0.5)
        self._dice = Random(seed)
        self._late_s = late_s
        self._later: list[tuple[float, bytes]] = []
        self._answer = self.slaves.feed
        self.slaves.feed = self._roughly
        self._is_torn = name == "modbus"

    def _roughly(self, data: bytes, now_s: float) -> bytes:
        answer, dice = self._answer(data, now_s), self._dice
        match dice.randrange(10):
            case 0:
                return b""
            case 1 | 2:
                self._later.append((now_s + dice.uniform(0.1, self._late_s), answer))
                return b""
            case 3:
                return answer + answer
            case 4:
                return dice.randbytes(dice.randint(1, 9)) + answer
            case 5 if self._is_torn:
                return answer[: dice.randint(0, len(answer))]
        return answer

    def run(self, seconds: float) -> "RoughLine":
        for _ in range(round(seconds / STEP_S)):
            super().run(STEP_S)
            due = [answer for when, answer in self._later if when <= self.now_s]
            self._later = [(when, answer) for when, answer in self._later if when > self.now_s]
            for answer in due:
                self.hears(answer)
        return self


@pytest.mark.parametrize("name", ["modbus", "modbus-tcp"])
@pytest.mark.parametrize("late_s", [0.9, 4.5])
def test_a_rough_line_gives_no_wrong_reading(name: str, late_s: float):
    found = [reading for seed in range(6) for reading in RoughLine(name, seed, late_s=late_s).run(150).readings]
    assert len(found) > 400
    assert {reading[1:] for reading in found} == {
        ("wind_speed", 9.0), ("humidity", 80.0), ("water_level", 150.0), ("wind_direction", 270.0),
    }  # fmt: skip
