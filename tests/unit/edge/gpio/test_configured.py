"""A [[sources]] table of a line: what it becomes, and each mistake in a sentence."""

from pathlib import Path

import pytest

from edge.check import check_file
from edge.gpio.configured import GpioSource
from runtime.settings import SettingsError

HEAD = '[gateway]\nid = "gw-1"\n[uplink]\nhost = "127.0.0.1"\n'
DOOR = '[[sources]]\nname = "door"\nfamily = "gpio"\nline = 23\nsensor = "box-1"\nquantity = "door_open"\n'
SAME_LINE = DOOR.replace('"door"', '"lid"').replace("box-1", "box-2")
HORN = '[[outputs]]\nname = "horn"\nkind = "gpio"\nline = 23\n'
RAIN = (
    '[[sources]]\nname = "rain"\nfamily = "GPIO"\nline = 24\nsensor = "rain-1"\nquantity = "rainfall"\n'
    "per_pulse = 0.2\n"
)


def checked(tmp_path: Path, text: str):
    file = tmp_path / "edge.toml"
    file.write_text(HEAD + text)
    return check_file(file)


def test_a_line_becomes_a_source(tmp_path: Path):
    door, rain = checked(tmp_path, f'{DOOR}bias = "pull-up"\n{RAIN}').sources
    assert isinstance(door, GpioSource)
    assert isinstance(rain, GpioSource)
    assert (door.chip, door.line, door.bias, door.per_pulse) == ("/dev/gpiochip0", 23, "pull_up", 0.0)
    assert (rain.sensor, rain.per_pulse, rain.apart_s, rain.every_s) == ("rain-1", 0.2, 0.5, 30.0)


def test_a_chip_that_is_not_there_is_a_warning(tmp_path: Path):
    (warning,) = checked(tmp_path, DOOR + 'chip = "/dev/gpiochip999"\n').warnings
    assert "sources[0].chip: '/dev/gpiochip999' does not exist" in str(warning)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DOOR.replace("line = 23\n", ""), "line: is missing"),
        (DOOR.replace('sensor = "box-1"\n', ""), "sensor: is missing"),
        (DOOR.replace("door_open", "door"), "quantity: 'door' is no quantity"),
        (DOOR + "per_pulse = 1\n", "per_pulse: door_open is a state"),
        (RAIN.replace("per_pulse = 0.2\n", ""), "per_pulse: is missing; rainfall is an amount"),
        (DOOR + 'port = "/dev/ttyUSB0"\n', "port: unknown key of gpio"),
        (DOOR + 'chip = "/dev/sda"\n', "is no chip"),
        (DOOR + "silent_s = 30\n", "silent_s: 30 s is not longer than every_s, 30 s"),
        (
            DOOR + DOOR.replace('"door"', '"lid"').replace("box-1", "box-2"),
            "sources[1].line: 23 of /dev/gpiochip0 is that of sources[0].line",
        ),
        (
            DOOR + '[[outputs]]\nname = "horn"\nkind = "gpio"\nline = 23\n',
            "outputs[0].line: 23 of /dev/gpiochip0 is that",
        ),
    ],
)
def test_each_mistake_is_a_sentence(tmp_path: Path, text: str, said: str):
    with pytest.raises(SettingsError) as caught:
        checked(tmp_path, text)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems
