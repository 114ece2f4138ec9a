"""detect: what hangs on a line, found on simulated devices of many families, in made-up time."""

from typing import Any

import pytest

from edge.detect.found import LineFound, Nothing
from edge.detect.modbus_search import frames_in
from edge.detect.score import Sureness
from edge.detect.search import search
from firmware_bridge.catalog import SERIAL_FAMILIES
from firmware_bridge.family import settle
from firmware_bridge.modbus.ready_maps import MODELS
from firmware_bridge.simulated import SimulatedDevice, simulated
from firmware_bridge.simulated.curves import of_a_day
from tests.unit.edge.detect.lines import DeviceLine


def device(family: str, **options: Any) -> SimulatedDevice:
    entry = SERIAL_FAMILIES[family]
    return simulated(entry)(settle(entry.options, options), of_a_day)


class Writes:
    """A device that writes the same each second."""

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._next_s = 0.0

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        return b""

    def due(self, now_s: float) -> bytes:
        if now_s < self._next_s:
            return b""
        self._next_s = now_s + 1.0
        return self._written


SPEAKING: list[tuple[str, dict[str, Any], int]] = [
    ("sds011", {}, 9_600), ("plantower", {"model": "pms5003"}, 9_600), ("plantower", {"model": "pms3003"}, 9_600),
    ("maxbotix", {}, 9_600), ("maxbotix", {"unit": "cm"}, 9_600), ("a02yyuw", {}, 9_600), ("nmea", {}, 4_800),
    ("nmea", {}, 9_600), ("board", {}, 38_400), ("hpma115", {}, 9_600),
    ("sds011", {}, 57_600),
]  # fmt: skip


@pytest.mark.parametrize(("family", "options", "baud"), SPEAKING)
def test_a_device_that_speaks_is_named_with_its_rate(family: str, options: dict[str, Any], baud: int):
    found = search(DeviceLine(device(family, **options), baud), seconds=60)
    assert [(one.family, one.baud) for one in found.devices] == [(family, baud)]
    assert found.devices[0].sureness is Sureness.CERTAIN
    assert {name: found.devices[0].options.get(name) for name in options} == options
    assert found.devices[0].samples


def test_a_counter_past_which_nobody_has_gone_is_likely():
    found = search(DeviceLine(device("terabee"), 115_200), seconds=60)
    assert [(one.family, one.baud, one.sureness) for one in found.devices] == [("terabee", 115_200, Sureness.LIKELY)]


ASKED = [("mhz19b", 9_600), ("hpc168", 115_200), ("urm", 19_200), ("sps30", 115_200), ("sdi12", 9_600)]


@pytest.mark.parametrize(("family", "baud"), ASKED)
def test_a_device_that_only_answers_is_asked_and_named(family: str, baud: int):
    needed: dict[str, dict[str, Any]] = {"urm": {"model": "urm06"}, "sdi12": {"values": {"0": ["water_level"]}}}
    options = needed.get(family, {})
    found = search(DeviceLine(device(family, **options), baud), seconds=60)
    assert [(one.family, one.baud, one.is_asked) for one in found.devices] == [(family, baud, True)]


@pytest.mark.parametrize("has_baud", [True, False])
@pytest.mark.parametrize("model", ["pr-3000-fsjt", "xy-md02", "sen0676"])
def test_a_modbus_slave_is_found_at_its_address_with_its_map(model: str, has_baud: bool):
    entry = SERIAL_FAMILIES["modbus"]
    slave = device("modbus", devices={"3": model})
    baud = entry.baud_with({**settle(entry.options, {}), "model": model, "devices": {}, "channels": {}})
    found = search(DeviceLine(slave, baud, has_baud=has_baud), seconds=60)
    assert [one.options["address"] for one in found.devices] == [3]
    named = {found.devices[0].options["model"], *found.devices[0].alike}
    assert model in named
    assert not has_baud or {MODELS[name] for name in named} == {MODELS[model]}


def test_a_slave_at_a_high_address_is_found_while_there_is_time():
    line = DeviceLine(device("modbus", devices={"60": "xy-md02"}), 9_600)
    assert [one.options["address"] for one in search(line, seconds=90).devices] == [60]
    hurried = search(DeviceLine(device("modbus", devices={"240": "xy-md02"}), 9_600), seconds=30)
    assert hurried.nothing is Nothing.SILENT
    assert hurried.searched_s < 31


def nothing_of(line: DeviceLine) -> LineFound:
    found = search(line, seconds=60)
    assert found.devices == ()
    return found


def test_a_line_on_which_nothing_is_says_so_in_time():
    found = nothing_of(DeviceLine(None, 9_600))
    assert (found.nothing, found.heard) == (Nothing.SILENT, b"")
    assert found.searched_s <= 60.1


def test_what_comes_back_as_it_was_sent_is_an_echo_and_no_device():
    assert nothing_of(DeviceLine(None, 9_600, echo=True)).nothing is Nothing.ECHO


def test_an_adapter_that_gives_back_what_is_sent_hides_no_device():
    found = search(DeviceLine(device("mhz19b"), 9_600, echo=True), seconds=60)
    assert [one.family for one in found.devices] == ["mhz19b"]


def test_a_rate_that_nobody_tries_is_garbage():
    assert nothing_of(DeviceLine(device("sds011"), 14_400)).nothing is Nothing.GARBAGE


def test_text_that_no_family_writes_is_kept_with_its_rate():
    found = nothing_of(DeviceLine(Writes(b"T=23.4 H=55\r\n"), 19_200))
    assert (found.nothing, found.heard_baud) == (Nothing.UNKNOWN_TEXT, 19_200)
    assert b"T=23.4 H=55\r\n" in found.heard


def test_a_sensor_of_the_other_polarity_is_known_by_its_text():
    line = DeviceLine(Writes(b"R1234\rR1236\r"), 9_600, turn=lambda data: bytes(~(byte << 1) & 0xFF for byte in data))
    assert nothing_of(line).nothing is Nothing.INVERTED


def test_nothing_is_sent_to_a_device_that_speaks():
    line = DeviceLine(device("sds011"), 9_600)
    search(line, seconds=60)
    assert line.sent == []


def test_no_question_sets_anything():
    line = DeviceLine(None, 9_600)
    search(line, seconds=60)
    sent = b"".join(data for _, data in line.sent)
    assert not any(
        mark in sent for mark in (b"\xaa\xb4\x02\x01", b"\xaa\xb4\x06\x01", b"\xff\x01\x79", b"BM\xe1", b"BM\xe4")
    )
    requests = [frames_in(data) for _, data in line.sent]
    assert {frame[1] for frames in requests for frame in frames} == {3, 4}
