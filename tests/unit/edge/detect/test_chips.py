"""The GPIO chips of a machine in sentences, of a simulated chip."""

import errno
from pathlib import Path

from edge.detect.chips import chips_of_this_machine, of_chip
from tests.unit.edge.gpio.simulated_chip import SimulatedChip


def test_chips_stand_in_the_order_of_their_numbers(tmp_path: Path):
    for name in ("gpiochip10", "gpiochip2", "gpio", "tty1"):
        (tmp_path / name).touch()
    assert [chip.name for chip in chips_of_this_machine(tmp_path)] == ["gpiochip2", "gpiochip10"]


def test_a_chip_names_its_lines_and_who_has_them():
    chip = SimulatedChip()
    what, free = of_chip(Path("/dev/null"), chip)
    assert str(what) == "/dev/null (pinctrl-simulated), 28 lines"
    assert str(free).startswith("free: 0 GPIO23, 1 GPIO23")
    chip.refuses = errno.EBUSY
    assert str(list(of_chip(Path("/dev/null"), chip))[1]).startswith("in use: 0 GPIO23 (w1)")


def test_what_is_no_chip_is_said(tmp_path: Path):
    (tmp_path / "gpiochip0").touch()
    (said,) = of_chip(tmp_path / "gpiochip0")
    assert "is no GPIO chip: " in str(said)
    (said,) = of_chip(tmp_path / "gpiochip1")
    assert "cannot be opened" in str(said)
