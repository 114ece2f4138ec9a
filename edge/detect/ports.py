"""The serial ports of this machine under names that last, and who has one open.

/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0     the adapter, wherever it is plugged in
/dev/serial/by-path/platform-…-usb-0:1.2:1.0-port0    the socket, where two adapters call themselves the same
/dev/ttyUSB0                                          neither: may be another device after the next start

A second reader takes bytes away from the first. /proc/*/fd tells it of this user's processes (of all, as root), and
/proc/locks whoever holds it with a lock, as agents do.
"""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

_SERIAL = Path("/dev/serial")
_PROC = Path("/proc")
_MOST_NAMED = 64
_OTHER_END = os.makedev(5, 2)
"""/dev/ptmx: whoever has the other end of a pseudo-terminal is the device, and no reader."""


class PortHolder(msgspec.Struct, frozen=True):
    """A process that has a port open; `is_agent`: it is a gateway agent that runs."""

    process: int
    program: str
    is_agent: bool


def lasting_name(port: Path, serial: Path = _SERIAL) -> Path:
    """The name below /dev/serial that leads to `port` whatever comes and goes; `port` itself where there is none."""
    target = port.resolve()
    for folder in (serial / "by-id", serial / "by-path"):
        with contextlib.suppress(OSError):
            for name in sorted(folder.iterdir()):
                if name.resolve() == target:
                    return name
    return port


def ports_of_this_machine() -> list[Path]:
    """Its serial ports by their lasting names; on-board ones only where the kernel found a chip."""
    from serial.tools.list_ports import comports  # only this command wants it

    return named(Path(port.device) for port in comports())


def named(ports: Iterable[Path], serial: Path = _SERIAL) -> list[Path]:
    """The ports by their lasting names, each once."""
    return list(dict.fromkeys(lasting_name(port, serial) for port in sorted(ports)))


def holders_of(port: Path, proc: Path = _PROC) -> list[PortHolder]:
    """The other processes that have `port` open, as far as this user may see."""
    try:
        status = port.stat()
    except OSError:
        return []
    processes = {*_with_descriptor(status, proc), *_with_lock(status, proc)} - {os.getpid()}
    return [_holder(process, proc) for process in sorted(processes)][:_MOST_NAMED]


def _with_descriptor(status: os.stat_result, proc: Path) -> Iterator[int]:
    for folder in proc.glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            opened = [found for descriptor in folder.iterdir() if (found := _opened(descriptor)) is not None]
            if status.st_rdev in opened and _OTHER_END not in opened:
                yield int(folder.parent.name)


def _opened(descriptor: Path) -> int | None:
    """The device behind a descriptor; None for what is none."""
    try:
        opened = descriptor.stat()
    except OSError:
        return None
    return opened.st_rdev if stat.S_ISCHR(opened.st_mode) else None


def _with_lock(status: os.stat_result, proc: Path) -> Iterator[int]:
    """From lines such as `2: FLOCK  ADVISORY  WRITE 712 00:05:173 0 EOF`: process, device of the file, inode."""
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        lines = (proc / "locks").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split()
        if place in words and (at := words.index(place)) and words[at - 1].isdecimal():
            yield int(words[at - 1])


def _holder(process: int, proc: Path) -> PortHolder:
    folder = proc / str(process)
    try:
        words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        words = []
    is_agent = "run" in words and any(Path(word).name.startswith("siaga-edge") or word == "edge.cli" for word in words)
    return PortHolder(process, "siaga-edge" if is_agent else Path(words[0]).name[:40] if words else "", is_agent)
