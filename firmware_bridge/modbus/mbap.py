"""Modbus TCP: the head before a frame in place of address and crc.  MODBUS Messaging on TCP/IP V1.0b

53 01 | 00 00 | 00 06 | 01 | 03 00 00 00 01        number of the request | protocol 0 | bytes that follow | unit | …
53 01 | 00 00 | 00 05 | 01 | 03 02 00 56           its reply has the same number

There is no check sum, since TCP has one: a frame is believed where its head and its size go together. What RTU over a
device server sends has no such head, and is noise here.
"""

from firmware_bridge.framing import JUNK, Framing, Verdict
from firmware_bridge.modbus.carrier import Adu
from firmware_bridge.modbus.pdu import is_possible, sizes

_HEAD = 7
_LONGEST = 260
_START = rb"..(?:\x00\x00\x00[\x03-\xFE]|\x00{0,3}\Z)|.\Z"


def build(adu: Adu) -> bytes:
    """The frame that says it."""
    return (
        adu.number.to_bytes(2, "big")
        + bytes(2)
        + (1 + len(adu.pdu)).to_bytes(2, "big")
        + bytes((adu.address,))
        + adu.pdu
    )


def parse(frame: bytes) -> Adu:
    """Take a whole frame apart."""
    return Adu(frame[6], frame[_HEAD:], int.from_bytes(frame[:2], "big"))


def _judge(window: bytes) -> Verdict:
    if len(window) <= _HEAD:
        return JUNK if window[2:5].strip(b"\0") else 0
    if window[2:5] != bytes(3) or not 3 <= window[5] <= 254:
        return JUNK
    total = 6 + window[5]
    possible = sizes(window[_HEAD:total])
    if possible is None:
        return JUNK if len(window) >= total else 0
    if total - _HEAD not in possible:
        return JUNK
    if len(window) < total:
        return 0
    return total if is_possible(window[_HEAD:total]) else JUNK


FRAMING = Framing(bytes(range(256)), _LONGEST, _judge, _START)
