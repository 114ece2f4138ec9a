"""Lines of text on a serial line, whatever they say: where each ends, where it starts, and whether its checksum holds.

    23.4;55⏎        a line ends with CR, LF or both; empty lines are passed over
    ??$WIMDA,…⏎     with start "$" it begins at the last one: noise and a torn line before it cost nothing else
    $…*hh           "nmea": XOR of the bytes between $ and *                               (NMEA 0183)
    …*hhhh          "crc16": of all before the *; polynomial 8005 reflected, initial value FFFF      (Modbus)
                    "crc16-arc": the same with 0; "crc16-ccitt": polynomial 1021, FFFF; digits high byte first

At most `longest` bytes are kept; a longer line is noise up to its end.
"""

import re
from binascii import crc_hqx
from collections.abc import Callable
from functools import reduce
from operator import xor

from firmware_bridge.framing import MAX_NOISE
from firmware_bridge.sample import Noise

LONGEST = 256
ENDS = b"\r\n"


class LineSplitter:
    """Cuts a stream at each byte of `ends` into lines, each from the last `start` in it; what is none is Noise."""

    def __init__(self, longest: int = LONGEST, start: bytes = b"", ends: bytes = ENDS) -> None:
        self._split = re.compile(b"[" + re.escape(ends) + b"]").split
        self._longest = longest
        self._start = start
        self._line = b""
        self._is_broken = False
        self._empty = 0

    @property
    def held(self) -> int:
        """Bytes of a line that has not ended."""
        return len(self._line)

    def feed(self, data: bytes) -> list[bytes | Noise]:
        """Take the next bytes; the lines that ended, however the bytes come."""
        found: list[bytes | Noise] = []
        *ended, rest = self._split(data)
        for piece in ended:
            self._add(piece, found)
            self._end(found)
        self._add(rest, found)
        return found

    def _add(self, piece: bytes, found: list[bytes | Noise]) -> None:
        self._line += piece
        while len(self._line) > self._longest:
            at = self._start_in(self._line[: self._longest])
            if at <= 0:
                at = self._longest - max(0, len(self._start) - 1)
                self._is_broken = True
            else:
                self._is_broken = False
            found.append(Noise(at, f"line is longer than {self._longest} bytes: is the baud rate right?"))
            self._line = self._line[at:]

    def _start_in(self, line: bytes) -> int:
        return line.rfind(self._start) if self._start else -1

    def _end(self, found: list[bytes | Noise]) -> None:
        line, self._line = self._line, b""
        is_broken, self._is_broken = self._is_broken, False
        if not line and not is_broken:
            self._empty += 1
            if self._empty > MAX_NOISE:
                found.append(Noise(self._empty, "empty lines"))
                self._empty = 0
            return
        self._empty = 0
        at = self._start_in(line)
        if at > 0:
            found.append(Noise(at, "no line starts here"))
        if at < 0 and self._start:
            found.append(Noise(len(line) + 1, f"line does not begin with {self._start.decode('latin-1')!r}"))
        elif at < 0 and is_broken:
            found.append(Noise(len(line) + 1, f"line is longer than {self._longest} bytes: is the baud rate right?"))
        else:
            found.append(line[max(0, at) :])


def crc16(data: bytes, start: int) -> int:
    """CRC-16 with polynomial 8005 reflected: start FFFF is Modbus's, 0 is ARC's."""
    crc = start
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def _row(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


_TABLE = tuple(map(_row, range(256)))

CHECKSUMS: dict[str, tuple[int, Callable[[bytes], int]]] = {
    # digits, and of which bytes
    "nmea": (2, lambda body: reduce(xor, body[1:] if body[:1] in (b"$", b"!") else body, 0)),
    "xor": (2, lambda body: reduce(xor, body, 0)),
    "sum8": (2, lambda body: sum(body) & 0xFF),
    "crc16": (4, lambda body: crc16(body, 0xFFFF)),
    "crc16-arc": (4, lambda body: crc16(body, 0)),
    "crc16-ccitt": (4, lambda body: crc_hqx(body, 0xFFFF)),
}
"""By name: how many hexadecimal digits stand behind the last *, and what they are of the bytes before it."""


def with_checksum(body: bytes, kind: str) -> bytes:
    """The line with its checksum behind it."""
    digits, compute = CHECKSUMS[kind]
    return b"%b*%0*X" % (body, digits, compute(body))


def checked(line: bytes, kind: str) -> bytes | str:
    """The line before its checksum, if that holds; else what is wrong."""
    digits, compute = CHECKSUMS[kind]
    body, star, written = line.rpartition(b"*")
    written = written.strip()
    if not star or len(written) != digits or not re.fullmatch(rb"[0-9A-Fa-f]+", written):
        return "checksum is missing"
    return body if int(written, 16) == compute(body) else "checksum is wrong"
