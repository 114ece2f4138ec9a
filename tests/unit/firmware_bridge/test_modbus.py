"""Modbus RTU as it is overheard: worked cases, a capture, replies without their requests, cuts and noise."""

import re
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, Sample
from firmware_bridge.catalog import find
from firmware_bridge.families import modbus
from firmware_bridge.modbus.carrier import Adu
from firmware_bridge.modbus.pdu import (
    Span,
    build_refusal,
    build_reply,
    build_request,
    build_write,
    parse_reply,
    parse_request,
    refusal_in,
    sizes,
)
from tests.recorded import Source, recorded
from tests.synthetic import modbus as made
from tests.vectors import cases

FLOW_METER = {
    "first_register": 0,
    "function": 4,
    "registers": [
        {"address": 1, "quantity": "temperature", "type": "float32"},
        {"address": 3, "quantity": "humidity", "type": "float32"},
    ],
}


def decoder(name: str = "modbus", **options: Any):
    found = find(name)
    assert found is not None
    return found.entry.decoder({**found.options, **options}, {})


def frame(address: int, pdu: bytes) -> bytes:
    return modbus.build(Adu(address, pdu))


def reply(address: int, *registers: int, function: int = 3) -> bytes:
    return frame(address, build_reply(function, registers))


def ask(address: int, first: int, count: int, function: int = 3) -> bytes:
    return frame(address, build_request(Span(function, first, count)))


def only(outcomes: list[Frame | Noise]) -> Frame:
    [found] = outcomes
    assert isinstance(found, Frame)
    return found


def samples_of(outcomes: list[Frame | Noise]) -> dict[str, float]:
    return {one.quantity: one.value for found in outcomes if isinstance(found, Frame) for one in found.samples}


@pytest.mark.parametrize("case", cases("modbus"), ids=lambda case: case["id"])
def test_the_worked_cases_of_modbus_hold(case: dict[str, Any]):
    assert case["kind"] == "rtu_frame"
    data, expect = bytes.fromhex(case["input"]), case["expect"]
    found = only(decoder().feed(data))
    assert found.samples == ()
    if expect == "request":
        assert found.note.startswith(f"request to slave {data[0]}: holding register")
    elif "exception" in expect:
        assert found.note == f"slave {expect['addr']} refuses: illegal data address (exception 2)"
    else:
        assert f"slave {expect['addr']}: " in found.note
        assert ", ".join(map(str, expect["regs"])) in found.note
        if "wind_m_s" in expect:
            assert only(decoder("PR-3000-FSJT").feed(data)).samples == (Sample("wind_speed", expect["wind_m_s"]),)


def test_the_crc_is_that_of_its_specification():
    assert modbus.crc(b"123456789") == 0x4B37
    assert modbus.crc(bytes.fromhex("1234234534564567")).to_bytes(2, "little").hex() == "e2db"


@pytest.mark.parametrize(
    "trace",
    [pytest.param(made.flow_meter_trace, id="synthetic"), recorded("modbus_rtu/epics_flowmeter_trace.txt")],
)
def test_a_captured_conversation_gives_meaning_to_each_reply(trace: Source):
    stream = bytes.fromhex("".join(line for line in trace().splitlines() if re.fullmatch(r"([0-9a-f]{2} ?)+", line)))
    outcomes = decoder(map=FLOW_METER).feed(stream)
    assert len(outcomes) == 8
    assert all(isinstance(outcome, Frame) for outcome in outcomes)
    notes = [outcome.note for outcome in outcomes if isinstance(outcome, Frame)]
    assert [note.startswith("request to slave 1: ") for note in notes] == [True, False] * 4
    assert samples_of(outcomes) == pytest.approx({"temperature": 27.75, "humidity": 154.7}, abs=0.5)
    assert "coils 0x0000 to 0x001E" in notes[4]
    assert "0, 0, 0, 0, 1, 0" in notes[5]
    assert notes[7].startswith("slave 1 (map): discrete inputs 0x0000 to 0x0005: 0, 0, 0, 0, 0, 0;")


def test_a_reply_without_its_request_is_registers_and_no_reading_unless_the_map_leaves_one_meaning():
    assert only(decoder("SEN0676").feed(reply(1, 1350))).note == (
        "slave 1: 1 holding register: 1350; the request was not heard, so nobody knows which"
    )
    assert samples_of(decoder("SEN0676").feed(reply(1, 1350, 0, 3150, 0, 450))) == {"distance": 135, "water_level": 315}
    assert only(decoder("PR-3000-FXJT").feed(reply(1, 3))).samples == ()  # an eighth of the rose, or degrees
    assert samples_of(decoder("PR-3000-FXJT").feed(reply(1, 3, 135))) == {"wind_direction": 135}


def test_a_request_gives_its_reply_a_meaning_whatever_its_size():
    heard = decoder("SEN0676")
    assert samples_of(heard.feed(ask(1, 1, 1) + reply(1, 1350))) == {"distance": 135}
    assert samples_of(heard.feed(ask(1, 3, 1) + reply(1, 3150))) == {"water_level": 315}
    assert samples_of(heard.feed(ask(1, 5, 1) + reply(1, 450))) == {}


def test_the_reply_of_another_slave_is_none_to_the_request():
    heard = decoder("SEN0676", address=1)
    first, late, own = heard.feed(ask(1, 1, 1) + reply(7, 99) + reply(1, 1350))
    assert late.note == "slave 7: 1 holding register: 99; the request was not heard, so nobody knows which"
    assert samples_of([first, late]) == {}
    assert samples_of([own]) == {"distance": 135}


def test_a_request_that_was_lost_in_noise_gives_the_next_reply_no_meaning():
    spoilt = bytearray(ask(1, 3, 1))
    spoilt[4] ^= 1
    outcomes = decoder("SEN0676").feed(ask(1, 1, 1) + bytes(spoilt) + reply(1, 3150) + bytes(256))
    assert samples_of(outcomes) == {}
    assert len([outcome for outcome in outcomes if isinstance(outcome, Frame)]) == 2
    assert samples_of(decoder("SEN0676").feed(ask(1, 1, 1) + b"\xff\x00" + reply(1, 1350))) == {"distance": 135}


def test_without_an_address_the_first_slave_that_speaks_is_the_one():
    heard = decoder("PR-3000-FSJT")
    assert samples_of(heard.feed(reply(5, 86))) == {"wind_speed": 8.6}
    other = only(heard.feed(reply(6, 99)))
    assert (other.samples, other.note[:8]) == ((), "slave 6:")


def test_eight_bytes_that_are_request_and_reply_are_what_was_waited_for():
    coils = frame(1, bytes((1, 3, 0, 0, 0)))  # a reply of 24 coils, or a request for coils from 0x0300
    assert only(decoder().feed(coils)).note.startswith("slave 1: 24 coils")
    answered = decoder().feed(ask(1, 0, 20, function=1) + coils)
    assert [outcome.note[:20] for outcome in answered] == ["request to slave 1: ", "slave 1: coils 0x000"]


def test_writes_are_told_and_are_no_reading():
    for pdu in (build_write(5, (350,)), build_write(5, (1, 2)), build_write(5, (1, 2))[:5]):
        found = only(decoder("SEN0676").feed(frame(1, pdu)))
        assert found.samples == ()
        assert found.note == f"slave 1 is written to, or says that it was: function {pdu[0]}"


def test_frames_are_found_by_their_crc_however_they_come():
    stream = b"\xff\x01\x03\xf0" + ask(1, 0, 1) + b"\x00" + reply(1, 86) + b"\x01\x03\x02\x00" + reply(1, 87)
    whole = decoder("PR-3000-FSJT").feed(stream + bytes(300))
    byte_by_byte = decoder("PR-3000-FSJT")
    assert [one for byte in stream + bytes(300) for one in byte_by_byte.feed(bytes((byte,)))] == whole
    assert [one.value for found in whole if isinstance(found, Frame) for one in found.samples] == [8.6, 8.7]


def test_what_a_reply_has_beyond_the_map_costs_nothing():
    heard = decoder("PR-3000-FSJT")
    assert samples_of(heard.feed(ask(1, 0, 3) + reply(1, 86, 1, 2))) == {"wind_speed": 8.6}
    assert only(heard.feed(ask(1, 0x7D0, 2))[:1]).note.startswith("request to slave 1: holding registers 0x07D0 to")
    assert "no value of its map is whole there" in only(heard.feed(reply(1, 1, 1))).note


@pytest.mark.parametrize(
    ("pdu", "expected"),
    [
        (b"\x41", ()), (b"\x03", None), (b"\x03\x02", (4, 5)), (b"\x03\x03", (5,)), (b"\x03\xfb", (5,)),
        (b"\x01\x01", (3, 5)), (b"\x06", (5,)), (b"\x83", (2,)), (b"\xc1", ()), (b"\x10\0\5\0", None),
        (b"\x10\0\5\0\2\4", (5, 10)), (b"\x10\0\5\0\2\5", (5,)), (b"\x0f\0\0\0\x09\2", (5, 8)),
    ],
)  # fmt: skip
def test_the_first_bytes_say_how_long_a_frame_can_be(pdu: bytes, expected: tuple[int, ...] | None):
    assert sizes(pdu) == expected


def test_what_is_built_is_parsed():
    span = Span(3, 0x1F4, 14)
    assert parse_request(build_request(span)) == span
    assert parse_request(build_request(Span(3, 0, 126))) is None
    assert parse_request(build_request(Span(3, 0xFFFF, 2))) is None
    assert parse_reply(build_reply(4, (1, 0xFFFF))) == (1, 0xFFFF)
    assert parse_reply(build_reply(1, (1, 0, 1))) == (1, 0, 1, 0, 0, 0, 0, 0)
    assert refusal_in(build_refusal(3, 2)) == "illegal data address (exception 2)"
    assert refusal_in(build_refusal(3, 99)) == "of its own kind, see its document (exception 99)"
    assert modbus.parse(modbus.build(Adu(17, b"\x83\x02"))) == Adu(17, b"\x83\x02")


def test_a_model_brings_its_baud_rate_and_one_line_has_one():
    family = SERIAL_FAMILIES["modbus"]
    defaults = {option.name: option.default for option in family.options}
    assert family.baud_with({**defaults, "model": "sen0676"}) == 115_200
    assert family.baud_with({**defaults, "devices": {"1": "pr-3000-fsjt", "2": "rs-fxjt"}}) == 4_800
    assert family.baud_with({**defaults, "devices": {"1": "pr-3000-fsjt", "2": "qdy30a"}}) == family.baud
