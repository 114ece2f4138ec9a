"""Frames of relays on a serial line, as bytes: pure.

LCUS-1    on    A0 01 01 A2              off    A0 01 00 A1           9600 baud, no answer
          mark A0, channel, 1 or 0, sum of the three: LC Technology's sheet, as sellers print it, such as
          https://www.optimusdigital.ro/en/relay-modules/12595-usb-5v-10a-relay-module.html
Modbus    on    01 05 0000 FF00 8C3A     off    01 05 0000 0000 CDCA  the answer is the same frame
          read  01 01 0000 0001 FDCA     ─►     01 01 01 01 9048      MODBUS Application Protocol V1.1b3, 6.1 and 6.5;
          CRC-16 with its low byte first                              MODBUS over Serial Line V1.02, 6.2.2
"""

import msgspec

from firmware_bridge.families.modbus import crc


class RelayFrames(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is ever said to one relay, in hex; `echoes`: it answers a command with the same frame.

    `is_on` and `is_off` are the two answers to `read`; empty where the relay cannot be asked.
    """

    on: str
    off: str
    echoes: bool = False
    read: str = ""
    is_on: str = ""
    is_off: str = ""


def lcus(channel: int) -> RelayFrames:
    """Those of a channel, 1 to 8, of an LCUS relay."""
    on, off = (bytes((0xA0, channel, state, 0xA0 + channel + state)).hex() for state in (1, 0))
    return RelayFrames(on, off)


def modbus_coil(address: int, coil: int) -> RelayFrames:
    """Those of a coil of the board at `address`."""
    at = coil.to_bytes(2, "big")
    return RelayFrames(
        on=_framed(address, b"\x05" + at + b"\xff\x00"),
        off=_framed(address, b"\x05" + at + b"\x00\x00"),
        echoes=True,
        read=_framed(address, b"\x01" + at + b"\x00\x01"),
        is_on=_framed(address, b"\x01\x01\x01"),
        is_off=_framed(address, b"\x01\x01\x00"),
    )


def _framed(address: int, pdu: bytes) -> str:
    body = bytes((address,)) + pdu
    return (body + crc(body).to_bytes(2, "little")).hex()
