"""A line of a chip as an output. It stays as it is set while its descriptor is open.

What it does after that is the chip's affair: the ABI promises nothing.
"""

import fcntl
import os

from edge.gpio.abi import ACTIVE_LOW, OUTPUT, SET_VALUES, Ioctl, build_request, build_values
from edge.gpio.line import is_on, opened_line


class GpioLine:
    """One line, off at first; OSError where the kernel does not give it."""

    def __init__(self, chip: str, line: int, *, active_low: bool, ioctl: Ioctl = fcntl.ioctl) -> None:
        self._ioctl = ioctl
        self._fd = opened_line(chip, build_request(line, OUTPUT | (ACTIVE_LOW if active_low else 0)), ioctl)

    def set(self, *, on: bool) -> None:
        """Put the line on or off."""
        self._ioctl(self._fd, SET_VALUES, build_values(on=on), True)

    def is_on(self) -> bool:
        """How the line stands, by the kernel."""
        return is_on(self._fd, self._ioctl)

    def close(self) -> None:
        """Give the line back."""
        os.close(self._fd)
