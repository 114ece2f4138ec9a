"""The line of a search as a port of this machine:  set_baud and exchange over pyserial, one thing after the other.

/dev/pts/3, /dev/ttyACM0      take any rate, since no wire has one: has_baud is False
/dev/ttyUSB0, /dev/ttyAMA0    have one; a driver that counts framing errors says so by TIOCGICOUNT
"""

import contextlib
import fcntl
import os
import select
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edge.sources.line import LineGone, opened, read_some

if TYPE_CHECKING:
    from serial import SerialBase

_TAKES_ANY = ("/dev/pts/", "/dev/ttyACM")
_TIOCGICOUNT = 0x545D
_COUNTS = struct.Struct("20i")
_FRAME, _PARITY, _BREAK = 6, 8, 9
"""Where in the kernel's serial_icounter_struct (linux/serial.h) these counts stand."""
_MOST = 65_536
"""Bytes of one exchange: a line that floods is not read for ever."""


@contextlib.contextmanager
def opened_line(port: str) -> Iterator["TtyLine"]:
    """The port, for this process alone; LineGone where it does not open."""
    with contextlib.closing(opened(port, 9_600, "8N1")) as line:
        yield TtyLine(line, port)


class TtyLine:
    """A `SearchedLine` on a tty."""

    def __init__(self, line: "SerialBase", port: str) -> None:
        self.has_baud = not str(Path(port).resolve()).startswith(_TAKES_ANY)
        self._line = line
        self._port = port
        self._errors_before = errors_in(self._counts())

    def set_baud(self, baud: int) -> None:
        """Go on at another rate; LineGone where the adapter cannot."""
        try:
            self._line.baudrate = baud
            self._line.reset_input_buffer()
        except (OSError, ValueError) as error:
            raise LineGone(f"{self._port} has gone: {error}; plug it in again") from None

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def framing_errors(self) -> int:
        """Since the line was opened, as the driver counts them."""
        return errors_in(self._counts()) - self._errors_before

    def exchange(self, send: bytes, wait_s: float, *, quiet_s: float) -> bytes:
        """Write, and read what comes; LineGone where the port goes away."""
        descriptor = self._line.fileno()
        if send:
            self._write(descriptor, send)
        came, now_s = b"", self.now_s()
        end_s, last_s = now_s + wait_s, now_s
        while now_s < end_s and len(came) < _MOST and not (came and now_s - last_s >= quiet_s):
            until_s = min(end_s, last_s + quiet_s) if came else end_s
            if select.select([descriptor], [], [], max(0.0, until_s - now_s))[0]:
                with contextlib.suppress(BlockingIOError):
                    came += read_some(descriptor, self._port)
                    last_s = self.now_s()
            now_s = self.now_s()
        return came

    def _write(self, descriptor: int, send: bytes) -> None:
        try:
            os.write(descriptor, send)  # a line that takes nothing is one that answers nothing
        except BlockingIOError:
            return
        except OSError as error:
            raise LineGone(f"{self._port} takes no question: {error.strerror}") from None

    def _counts(self) -> bytes:
        counts = bytearray(_COUNTS.size)
        try:
            fcntl.ioctl(self._line.fileno(), _TIOCGICOUNT, counts)
        except OSError:  # a driver that does not count
            return b""
        return bytes(counts)


def errors_in(counts: bytes) -> int:
    """Characters that were none, in a serial_icounter_struct; 0 for none."""
    if len(counts) != _COUNTS.size:
        return 0
    found = _COUNTS.unpack(counts)
    return sum(int(found[at]) for at in (_FRAME, _PARITY, _BREAK))
