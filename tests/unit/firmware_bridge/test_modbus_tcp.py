"""Modbus TCP: the same maps behind another head, whose number pairs a reply with its request."""

import random

import pytest

from firmware_bridge import Frame, Noise
from firmware_bridge.modbus import mbap
from firmware_bridge.modbus.carrier import Adu
from firmware_bridge.modbus.pdu import Span, build_reply, build_request
from tests.unit.firmware_bridge.test_modbus import decoder, only, samples_of
from tests.unit.firmware_bridge.test_modbus import reply as rtu_reply
from tests.unit.firmware_bridge.test_modbus_bus import Line


def ask(number: int, first: int, count: int = 1, unit: int = 1) -> bytes:
    return mbap.build(Adu(unit, build_request(Span(3, first, count)), number))


def reply(number: int, *registers: int, unit: int = 1) -> bytes:
    return mbap.build(Adu(unit, build_reply(3, registers), number))


def listener(model: str = "pr-3000-fsjt"):
    return decoder("modbus-tcp", model=model, mode="listen")


def test_a_frame_is_what_its_specification_shows():
    assert ask(0x5301, 0).hex(" ") == "53 01 00 00 00 06 01 03 00 00 00 01"
    assert reply(0x5301, 0x56).hex(" ") == "53 01 00 00 00 05 01 03 02 00 56"
    assert mbap.parse(reply(7, 1)) == Adu(1, b"\x03\x02\x00\x01", 7)


def test_a_reply_is_paired_by_its_number_whatever_comes_between():
    heard = listener("sen0676")
    outcomes = heard.feed(ask(1, 1) + ask(2, 3) + reply(2, 3150) + reply(1, 1350))
    assert samples_of(outcomes) == {"water_level": 315.0, "distance": 135.0}


def test_open_requests_are_bounded():
    heard = listener()
    for number in range(1_000):
        heard.feed(ask(number, 0))
    assert len(heard._listener._asked) <= 64


def test_cuts_change_nothing():
    stream = b"".join(ask(number, 0) + reply(number, number) for number in range(1, 40))
    whole = listener().feed(stream)
    assert len(whole) == 78
    dice = random.Random(5)
    for _ in range(20):
        cut, at, found = listener(), 0, []
        while at < len(stream):
            size = dice.randint(1, 9)
            found += cut.feed(stream[at : at + size])
            at += size
        assert found == whole


@pytest.mark.parametrize("seed", range(5))
def test_any_bytes_are_accepted_and_what_is_kept_stays_bounded(seed: int):
    heard, junk = listener(), random.Random(seed).randbytes(20_000)
    outcomes = heard.feed(junk)
    assert heard.held <= 260
    assert sum(one.size for one in outcomes if isinstance(one, Noise)) > 19_000


def test_rtu_behind_a_device_server_is_noise_here():
    outcomes = listener().feed(rtu_reply(1, 86) * 20)
    assert outcomes
    assert not [outcome for outcome in outcomes if isinstance(outcome, Frame)]


def test_the_master_reads_units_behind_a_gateway_and_numbers_its_requests():
    line = Line("modbus-tcp", devices={"1": "pr-3000-fsjt", "2": "rs-fxjt"}, every_s=5.0).run(12)
    assert line.readings == [("1", "wind_speed", 8.6), ("2", "wind_direction", 270.0)] * 3
    assert [int.from_bytes(sent[:2], "big") for _, sent in line.sent] == list(range(0x5301, 0x5307))


def test_a_late_reply_has_the_number_of_an_old_request_and_is_none_to_the_new_one():
    line = Line("modbus-tcp", model="pr-3000-fsjt", answer_s=0.5, simulated={"silent": {1}}).run(0.7)
    assert len(line.sent) == 2
    line.hears(reply(0x5301, 99))
    assert line.readings == []
    line.hears(reply(0x5302, 86))
    assert line.readings == [("", "wind_speed", 8.6)]


def test_a_gateway_that_finds_no_device_says_so():
    line = Line("modbus-tcp", model="pr-3000-fsjt", simulated={"silent": {1}}).run(0.1)
    line.hears(mbap.build(Adu(1, b"\x83\x0b", 0x5301)))
    assert "gateway target device failed to respond (exception 11)" in line.notes[0]


def test_a_registers_value_is_no_head_of_a_frame():
    assert only(listener().feed(ask(9, 0) + reply(9, 0, 0, 6))[1:]).note == (
        "slave 1: 3 holding registers: 0, 0, 6; the request was not heard, so nobody knows which"
    )
