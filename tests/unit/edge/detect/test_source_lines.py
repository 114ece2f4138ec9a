"""The lines of edge.toml that detect prints are right as they stand, whatever was found."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.check import check_file
from edge.detect.found import DeviceFound
from edge.detect.score import Sureness, best_of
from edge.detect.search import search
from edge.detect.source_lines import free_name, of_text, proposed, toml_value
from edge.detect.text_guess import columns_in, newest_line, options_of_text
from firmware_bridge.sample import Sample
from tests.unit.edge.detect.lines import DeviceLine
from tests.unit.edge.detect.test_search import ASKED, SPEAKING, device

START = '[gateway]\nid = "gw-test"\n[uplink]\nhost = "127.0.0.1"\n'
PORT = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"


def checks(tmp_path: Path, lines: str) -> Any:
    """The source of a settings file with these lines, which has no mistakes."""
    file = tmp_path / "edge.toml"
    file.write_text(START + lines, encoding="utf-8")
    return check_file(file).serial_sources[0]


@pytest.mark.parametrize(("family", "options", "baud"), [*SPEAKING, *((name, {}, baud) for name, baud in ASKED)])
def test_what_is_found_is_a_source_without_mistakes(tmp_path: Path, family: str, options: dict[str, Any], baud: int):
    needed: dict[str, dict[str, Any]] = {"urm": {"model": "urm06"}, "sdi12": {"values": {"0": ["water_level"]}}}
    found = search(DeviceLine(device(family, **(options or needed.get(family, {}))), baud), seconds=60)
    source = checks(tmp_path, proposed(found.devices, PORT, set()).lines())
    assert (source.family.name, source.baud, source.port) == (family, baud, PORT)


def test_slaves_of_one_line_are_one_source_with_a_sensor_for_each(tmp_path: Path):
    found = search(DeviceLine(device("modbus", devices={"2": "pr-3000-fsjt", "5": "pr-3000-fxjt"}), 4_800), seconds=60)
    source = proposed(found.devices, PORT, {"weather-1"})
    assert source.table["devices"] == {"2": "pr-3000-fsjt", "5": "pr-3000-fxjt"}
    assert source.table["channels"] == {"2": "weather-2", "5": "weather-3"}
    assert checks(tmp_path, source.lines()).baud == 4_800


def test_a_slave_that_no_map_fits_is_written_as_a_comment():
    slave = DeviceFound("modbus", {"address": 7}, 9_600, Sureness.LIKELY, 1, 0, is_asked=True)
    lines = proposed([slave], PORT, set()).lines()
    assert tomllib.loads(lines) == {}
    assert "# address = 7" in lines


def test_a_distance_comes_with_a_word_on_its_height():
    sonar = DeviceFound("maxbotix", {}, 9_600, Sureness.CERTAIN, 5, 0, (Sample("distance", 123.4),))
    assert "# mounting_height_cm = 450" in proposed([sonar], PORT, set()).lines()


def test_names_of_the_city_go_before_made_up_ones():
    air = DeviceFound("sds011", {}, 9_600, Sureness.CERTAIN, 5, 0, (Sample("pm2_5", 12.3),))
    assert proposed([air], PORT, set()).table["sensor"] == "air-1"
    assert proposed([air], PORT, set(), sensors={"": "air-market"}).table["sensor"] == "air-market"
    assert proposed([air], PORT, {"sds011"}).table["name"] == "sds011-2"


def test_lines_whose_names_mean_something_get_a_pattern(tmp_path: Path):
    heard = b"3.4 H=55\r\nT=23.4 H=55\r\nT=-1.5 H=9\r\nT=2"
    assert newest_line(heard) == "T=-1.5 H=9"
    options = options_of_text(heard)
    assert options == {"pattern": r"^T=(?P<temperature>-?[0-9.]+)\ H=(?P<humidity>-?[0-9.]+)"}
    source = checks(tmp_path, of_text(heard, options, PORT, 19_200, set()).lines())
    assert (source.family.name, source.baud, source.sensor) == ("generic", 19_200, "text-1")


@pytest.mark.parametrize("line", [b"17;182.5;ok\r\n", b"foo=1 bar=2\r\n", b"T=1 T=2\r\n", b"\r\n\r\n", b""])
def test_lines_that_mean_nothing_are_left_to_a_person(line: bytes):
    heard = 3 * line
    assert options_of_text(heard) is None
    assert tomllib.loads(of_text(heard, None, PORT, 9_600, set()).lines()) == {}


def test_columns_are_shown_by_number():
    assert columns_in("17;182.5;ok") == ["17", "182.5", "ok"]
    assert "1: '17', 2: '182.5', 3: 'ok'" in of_text(b"17;182.5;ok\r\n" * 3, None, PORT, 9_600, set()).lines()


@pytest.mark.parametrize("value", ["a\\.b", 'say "x"', "it's \\ this", 7, 1.5, True, ["a", 1], {"a b": "c", "d": {}}])
def test_a_value_is_written_as_toml_reads_it(value: Any):
    assert tomllib.loads(f"value = {toml_value(value)}") == {"value": value}


def test_a_name_is_free_after_those_that_are_taken():
    assert free_name("air", {"air", "air-2"}) == "air-3"
    assert free_name("air", {"air-1"}, numbered=True) == "air-2"


def test_nothing_explains_nothing():
    assert best_of(b"") is None
