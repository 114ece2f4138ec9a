"""A simulated device of a serial family on a pseudo-terminal, for whoever has no sensor at hand.

siaga-edge simulate sds011 /tmp/air                       port = "/tmp/air" in edge.toml
siaga-edge simulate pms5003 /dev/ttyUSB0 --fault cut       on a real line, with every frame cut

PATH is made a link to the pseudo-terminal, and taken away at the end; a tty that is there is opened instead. Values are
those of an ordinary day. It ends with SIGTERM or Ctrl-C.
"""

import contextlib
import os
import select
import signal
import stat
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from edge.decode import CannotDecode, found_in, options_of
from edge.sources.line import LineGone, open_line
from firmware_bridge.family import SerialFamily
from firmware_bridge.simulated import SimulatedDevice, simulated
from firmware_bridge.simulated.curves import of_a_day
from firmware_bridge.simulated.faults import FAULTS, Faulty
from i18n.message import LocalizedMessage, located
from runtime.clock import wall_ms

_TICK_S = 0.05
_PIECE = 4_096


class CannotSimulate(Exception):
    """What was asked for cannot be done; `problem` is one sentence."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


def device_of(name: str, given: Sequence[str], fault: str) -> tuple[SerialFamily, SimulatedDevice]:
    """The family and its device, with the options as --option has them; CannotSimulate, CannotDecode."""
    found = found_in(name)
    if not isinstance(found.entry, SerialFamily):
        raise CannotSimulate(LocalizedMessage("{name} comes over MQTT; only serial families are simulated", name=name))
    options: Mapping[str, Any] = options_of(found, given)
    device = simulated(found.entry)(options, of_a_day)
    dice = Random(wall_ms())  # noqa: S311 - a simulation
    return found.entry, Faulty(device, fault, dice) if fault else device


def simulate(
    name: str, path: Path, given: Sequence[str], *, fault: str = "", say: Callable[[LocalizedMessage], None]
) -> None:
    """Let the device work until SIGTERM or Ctrl-C; `say` gets one sentence when it is on its line."""
    family, device = device_of(name, given, fault)
    baud = family.baud_with(options_of(found_in(name), given))
    with _line_at(path, family, baud) as descriptor, _until_told() as told:
        say(
            LocalizedMessage(
                "a simulated {family} is at {path}: write port = {path} in edge.toml; it ends with Ctrl-C",
                family=name, path=repr(str(path)),
            )
        )  # fmt: skip
        while not told():
            _turn(descriptor, device)


def _turn(descriptor: int, device: SimulatedDevice) -> None:
    readable = select.select([descriptor], [], [], _TICK_S)[0]
    heard = os.read(descriptor, _PIECE) if readable else b""
    now_s = wall_ms() / 1_000
    written = (device.feed(heard, now_s) if heard else b"") + device.due(now_s)
    if written:
        with contextlib.suppress(BlockingIOError):  # what nobody reads is lost, as on a real line
            os.write(descriptor, written)


@contextlib.contextmanager
def _line_at(path: Path, family: SerialFamily, baud: int) -> Iterator[int]:
    mode = path.stat().st_mode if path.exists() else None
    if mode is not None and stat.S_ISCHR(mode) and not path.is_symlink():
        try:
            with open_line(str(path), baud, family.character) as descriptor:
                yield descriptor
        except LineGone as gone:
            raise CannotSimulate(located(str(path), str(gone))) from None
        return
    if mode is not None and not path.is_symlink():
        raise CannotSimulate(
            LocalizedMessage("{path} is there already, and no tty; name another path", path=repr(str(path)))
        )
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        os.set_blocking(master, False)
        with _linked(path, os.ttyname(slave)):
            yield master
    finally:
        os.close(master)
        os.close(slave)


@contextlib.contextmanager
def _linked(path: Path, target: str) -> Iterator[None]:
    try:
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    except OSError as error:
        raise CannotSimulate(
            LocalizedMessage("{path} cannot be made: {reason}", path=repr(str(path)), reason=error.strerror or "")
        ) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _until_told() -> Iterator[Callable[[], bool]]:
    told: list[int] = []
    before = {number: signal.signal(number, lambda number, _: told.append(number)) for number in _ENDS}
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDS = (signal.SIGTERM, signal.SIGINT)

__all__ = ["FAULTS", "CannotDecode", "CannotSimulate", "device_of", "simulate"]
