"""A line of a chip, opened:  opened_line("/dev/gpiochip0", request) ─► its descriptor; is_on(fd)."""

import fcntl
import os

from edge.gpio.abi import GET_LINE, GET_VALUES, Ioctl, build_values, fd_in, is_on_in


def opened_line(chip: str, request: bytes, ioctl: Ioctl = fcntl.ioctl) -> int:
    """The descriptor of the line that is asked for; it is ours until it is closed. OSError where it is not given."""
    answered = bytearray(request)
    chip_fd = os.open(chip, os.O_RDWR | os.O_CLOEXEC)
    try:
        ioctl(chip_fd, GET_LINE, answered, True)
    finally:
        os.close(chip_fd)
    return fd_in(bytes(answered))


def is_on(fd: int, ioctl: Ioctl = fcntl.ioctl) -> bool:
    """How an open line stands, by the kernel; OSError."""
    values = build_values(on=False)
    ioctl(fd, GET_VALUES, values, True)
    return is_on_in(values)
