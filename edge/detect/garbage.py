"""Bytes that no family reads: text that nobody knows, text turned round, or the garbage of a wrong rate.

AB B6 96 76 56 00 …   every byte is 254 minus twice a byte of text, as an inverted line is read: "R1234⏎"
00 80 F8 FE C0 …      characters cut at another rate
"""

from edge.detect.found import Nothing

_TEXT = frozenset((*range(0x20, 0x7F), 0x09, 0x0A, 0x0D))
_MOSTLY = 0.95


def kind_of(heard: bytes) -> Nothing:
    """What bytes are that no family reads; SILENT for none at all."""
    if not heard:
        return Nothing.SILENT
    if text_share(heard) >= _MOSTLY:
        return Nothing.UNKNOWN_TEXT
    return Nothing.INVERTED if text_share(turned(heard)) >= _MOSTLY else Nothing.GARBAGE


def text_share(heard: bytes) -> float:
    """How much of it is printable, or ends a line: from 0 to 1."""
    return sum(byte in _TEXT for byte in heard) / len(heard) if heard else 0.0


def turned(heard: bytes) -> bytes:
    """What a device of the other polarity wrote.

    The stop bit of each character is taken for a start bit, so the bits come one place later, each inverted.
    """
    return bytes((~byte & 0xFF) >> 1 for byte in heard)
