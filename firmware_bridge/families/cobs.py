"""Consistent Overhead Byte Stuffing (Cheshire and Baker 1999): the same bytes without a zero among them, one byte more.

11 22 00 33  ─►  03 11 22 02 33        each code byte is the distance to the next zero, or to the end

FF: 254 bytes follow, and no zero after them.
"""

_BLOCK = 254


def encode(data: bytes) -> bytes:
    """`data` without a zero in it; one byte longer for each 254 begun."""
    stuffed = bytearray()
    for part in data.split(b"\0"):
        while len(part) >= _BLOCK:
            stuffed += b"\xff" + part[:_BLOCK]
            part = part[_BLOCK:]
        stuffed.append(len(part) + 1)
        stuffed += part
    return bytes(stuffed)


def decode(stuffed: bytes) -> bytes | None:
    """What `stuffed` was made of; None where it is no COBS: a zero in it, or a code byte that points beyond the end."""
    if not stuffed or 0 in stuffed:
        return None
    data, at = bytearray(), 0
    while at < len(stuffed):
        code = stuffed[at]
        if at + code > len(stuffed):
            return None
        data += stuffed[at + 1 : at + code]
        at += code
        if code <= _BLOCK and at < len(stuffed):
            data.append(0)
    return bytes(data)
