"""The GPIO chips of this machine, their lines and who has them; nothing is opened but the chips themselves.

/dev/gpiochip0 (pinctrl-bcm2711), 58 lines
free: 4 GPIO4, 17 GPIO17, 22 GPIO22 …          in use: 23 GPIO23 by siaga-edge, 42 STATUS_LED by led0
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from edge.gpio.abi import Ioctl, LineInfo, chip_info, line_info
from i18n.message import LocalizedMessage

MOST_LINES = 512
_MOST_NAMED = 64


def chips_of_this_machine(dev: Path = Path("/dev")) -> list[Path]:
    """Its chips, in the order of their numbers."""
    return sorted(dev.glob("gpiochip[0-9]*"), key=lambda chip: (len(chip.name), chip.name))


def of_chip(chip: Path, ioctl: Ioctl = fcntl.ioctl) -> Iterator[LocalizedMessage]:
    """What a chip is, and its lines, in sentences."""
    try:
        descriptor = os.open(chip, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        yield LocalizedMessage(
            "{chip} cannot be opened: {error}; use sudo, or be in the group gpio",
            chip=str(chip), error=error.strerror or str(error),
        )  # fmt: skip
        return
    try:
        info = chip_info(descriptor, ioctl)
        lines = [line_info(descriptor, line, ioctl) for line in range(min(info.lines, MOST_LINES))]
    except OSError as error:
        yield LocalizedMessage("{chip} is no GPIO chip: {error}", chip=str(chip), error=error.strerror or str(error))
        return
    finally:
        os.close(descriptor)
    yield LocalizedMessage("{chip} ({label}), {count} lines", chip=str(chip), label=info.label, count=info.lines)
    free = [_line(number, line) for number, line in enumerate(lines) if not line.holder]
    used = [f"{_line(number, line)} ({line.holder})" for number, line in enumerate(lines) if line.holder]
    if free:
        yield LocalizedMessage("free: {lines}", lines=_some(free))
    if used:
        yield LocalizedMessage("in use: {lines}", lines=_some(used))


def _line(number: int, line: LineInfo) -> str:
    return f"{number} {line.name}".rstrip()


def _some(lines: list[str]) -> str:
    return ", ".join(lines[:_MOST_NAMED]) + (" …" if len(lines) > _MOST_NAMED else "")
