"""The ABI as bytes: held to the kernel's own header, where this machine has it and a compiler."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.gpio import abi
from edge.gpio.abi import Edge, LineInfo, build_edge, build_request, chip_info, edges_in, line_info
from edge.gpio.output_line import GpioLine
from tests.unit.edge.gpio.simulated_chip import SimulatedChip

HEADER = Path("/usr/include/linux/gpio.h")
PROGRAM = """
#include <linux/gpio.h>
#include <stddef.h>
#include <stdio.h>
#define AT(type, member) (int)offsetof(struct type, member)
int main(void) {
  printf("%lx %lx %lx %lx %lx\\n", GPIO_GET_CHIPINFO_IOCTL, GPIO_V2_GET_LINEINFO_IOCTL, GPIO_V2_GET_LINE_IOCTL,
         GPIO_V2_LINE_SET_VALUES_IOCTL, GPIO_V2_LINE_GET_VALUES_IOCTL);
  printf("%d %d %d %d %d %d\\n", (int)sizeof(struct gpio_v2_line_request), (int)sizeof(struct gpio_v2_line_event),
         AT(gpio_v2_line_request, config.flags), AT(gpio_v2_line_request, config.attrs[0].attr.debounce_period_us),
         AT(gpio_v2_line_request, event_buffer_size), AT(gpio_v2_line_request, fd));
  printf("%d %d %d %d\\n", AT(gpio_v2_line_event, id), AT(gpio_v2_line_event, line_seqno),
         AT(gpio_v2_line_info, flags), AT(gpio_v2_line_info, offset));
  printf("%d %d %d %d %d %d\\n", (int)GPIO_V2_LINE_FLAG_USED, (int)GPIO_V2_LINE_FLAG_ACTIVE_LOW,
         (int)GPIO_V2_LINE_FLAG_INPUT, (int)GPIO_V2_LINE_FLAG_OUTPUT, (int)GPIO_V2_LINE_FLAG_EDGE_RISING,
         (int)GPIO_V2_LINE_FLAG_EDGE_FALLING);
  printf("%d %d %d %d %d\\n", (int)GPIO_V2_LINE_FLAG_BIAS_PULL_UP, (int)GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
         (int)GPIO_V2_LINE_FLAG_BIAS_DISABLED, GPIO_V2_LINE_ATTR_ID_DEBOUNCE, GPIO_V2_LINE_EVENT_RISING_EDGE);
}
"""


def test_numbers_and_places_are_those_of_the_kernels_header(tmp_path: Path):
    if not (HEADER.exists() and shutil.which("cc")):
        words = f"{HEADER} or a compiler is missing; `apt-get install linux-libc-dev gcc` brings them"
        (pytest.fail if os.environ.get("SIAGA_REQUIRE_SERVERS") == "1" else pytest.skip)(words)
    program = tmp_path / "layout"
    subprocess.run(["cc", "-x", "c", "-", "-o", str(program)], input=PROGRAM, text=True, check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    numbers, sizes, places, flags, biases = (line.split() for line in said.splitlines())
    asked = [abi.GET_CHIP_INFO, abi.GET_LINE_INFO, abi.GET_LINE, abi.SET_VALUES, abi.GET_VALUES]
    assert [int(number, 16) for number in numbers] == asked
    assert sizes == ["592", str(abi.EVENT_BYTES), "288", "328", "564", "588"]  # where SimulatedChip looks
    assert places == ["8", "20", "72", "64"]
    bits = [abi.USED, abi.ACTIVE_LOW, abi.INPUT, abi.OUTPUT, abi.EDGE_RISING, abi.EDGE_FALLING]
    assert list(map(int, flags)) == bits
    assert list(map(int, biases)) == [abi.PULL_UP, abi.PULL_DOWN, abi.NO_BIAS, 3, 1]


def test_edges_are_read_as_they_were_written():
    edges = [Edge(10**18, True, 1), Edge(10**18 + 7, False, 2)]
    assert edges_in(b"".join(map(build_edge, edges))) == edges
    assert edges_in(build_edge(edges[0]) + b"half of one") == edges[:1]


def test_a_line_is_asked_for_as_the_kernel_wants_it():
    chip = SimulatedChip()
    line = GpioLine(os.devnull, 17, active_low=True, ioctl=chip)
    assert chip.requested == (17, abi.OUTPUT | abi.ACTIVE_LOW)
    assert (chip.debounce_us, chip.events) == (0, 0)
    line.set(on=True)
    assert (chip.level, line.is_on()) == (1, True)
    line.close()
    assert len(build_request(1, abi.INPUT, debounce_us=5_000, events=64)) == 592


def test_a_chip_says_what_it_is_and_who_has_a_line():
    chip = SimulatedChip()
    assert chip_info(0, chip) == ("gpiochip0", "pinctrl-simulated", 28)
    assert line_info(0, 23, chip) == LineInfo("GPIO23", "")
    chip.requested = (23, 0)
    assert line_info(0, 23, chip).holder == "w1"
