"""Version 2 of the board protocol: packets in both directions, stuffed by COBS between zeros; docs/board-protocol.md

00 | COBS( kind u8 | body | crc u16 ) | 00        crc over kind and body: CRC-16/IBM-3740, low byte first
R  version, flags, firmware, boot, seq, uptime, items          board ─► gateway: as in version 1 from `version` on
A  number u8 | status u8                                       board ─► gateway: what became of a command
H  lowest u8 | highest u8        the versions that the gateway speaks, said each minute: the board answers by using one
N  number u8                     read now
C  number u8 | key u8 | value i32                              KEYS
T  number u8 | utc_s u32 | utc_ms u16                          the time of day
"""

import struct
from binascii import crc_hqx
from typing import NamedTuple

from firmware_bridge.families import cobs
from firmware_bridge.framing import JUNK, Verdict

END = b"\0"
READINGS, ANSWER = b"R", b"A"
HELLO, READ_NOW, CONFIGURE, TIME = b"H", b"N", b"C", b"T"
LOWEST, HIGHEST = 1, 2
"""The versions of the protocol that this gateway speaks."""

DONE, UNKNOWN, REFUSED = range(3)
STATUS = {DONE: "is done", UNKNOWN: "is not known to it", REFUSED: "is refused: the value cannot be used"}
KEYS = {"interval_s": 0x01, "debounce_ms": 0x02}
"""What can be configured, with its number."""

_CRC = struct.Struct("<H")
_ANSWER = struct.Struct("<BB")
_CONFIGURE = struct.Struct("<BBi")
_TIME = struct.Struct("<BIH")


class Answer(NamedTuple):
    """What a board made of the command with this number: DONE, UNKNOWN, REFUSED or, of a later version, another."""

    number: int
    status: int


def packed(kind: bytes, body: bytes) -> bytes:
    """The packet as it goes over the line."""
    packet = kind + body
    return END + cobs.encode(packet + _CRC.pack(crc(packet))) + END


def unpacked(frame: bytes) -> bytes | None:
    """Kind and body of a packet from the line, zeros included; None where its check fails."""
    packet = cobs.decode(frame[1:-1])
    if packet is None or len(packet) <= _CRC.size or _CRC.unpack(packet[-2:])[0] != crc(packet[:-2]):
        return None
    return packet[:-2]


def crc(packet: bytes) -> int:
    """CRC-16/IBM-3740."""
    return crc_hqx(packet, 0xFFFF)


def judge(window: bytes) -> Verdict:
    """Whether a packet of a board begins with the zero that `window` begins with: see `framing`."""
    if len(window) < 3:
        return JUNK if window[1:2] == END else 0
    if window[1] < 2 or window[2:3] not in (READINGS, ANSWER):  # the first byte of a packet is no zero
        return JUNK
    total = window.find(END, 1) + 1
    if not total:
        return 0
    return total if unpacked(window[:total]) is not None else "CRC is wrong"


def hello(lowest: int = LOWEST, highest: int = HIGHEST) -> bytes:
    """Tell a board the versions that this gateway speaks."""
    return packed(HELLO, bytes((lowest, highest)))


def read_now(number: int) -> bytes:
    """Ask for readings at once; `number` (0 to 255) stands in the answer."""
    return packed(READ_NOW, bytes((number,)))


def configure(number: int, key: str, value: int) -> bytes:
    """Set one of KEYS; KeyError for another."""
    return packed(CONFIGURE, _CONFIGURE.pack(number, KEYS[key], value))


def time(number: int, utc_ms: int) -> bytes:
    """Tell the time of day, milliseconds since 1970 (UTC)."""
    return packed(TIME, _TIME.pack(number, utc_ms // 1_000, utc_ms % 1_000))


def answer(number: int, status: int) -> bytes:
    """The packet in which a board answers."""
    return packed(ANSWER, _ANSWER.pack(number, status))


def parse_answer(packet: bytes) -> Answer | None:
    """The answer in a packet of that kind; None where it has not the size of one."""
    return Answer(*_ANSWER.unpack(packet[1:])) if len(packet) == 1 + _ANSWER.size else None
