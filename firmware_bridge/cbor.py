"""CBOR (RFC 8949) that strangers send: its shape is walked through first, then `cbor2` reads it.

81 A2 00 61 74 02 F9 4D00        [{0: "t", 2: 20.0}]        array of 1 | map of 2 | 0, text of 1 | 2, half float
9B FFFFFFFFFFFFFFFF              an array that claims more items than the message has bytes: refused

A head may claim any length and any depth, and a tag may ask a reader to build patterns, dates and cycles. So nothing is
read that is nested too deeply, ends too early or bears a tag but that of decimal fractions and of CBOR itself.
"""

from typing import Any

from firmware_bridge.device_json import MAX_PAYLOAD
from firmware_bridge.sample import Noise

MOST_NESTED = 12
_DECIMAL_FRACTION, _CBOR_ITSELF = 4, 55_799
_LENGTH_SIZE = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE = 31
_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(2, 8)
_BREAK = 0xFF


def read(payload: bytes) -> Any:
    """The document in `payload`, or Noise."""
    import cbor2  # only where CBOR comes

    if len(payload) > MAX_PAYLOAD:
        return Noise(len(payload), f"message is longer than {MAX_PAYLOAD} bytes")
    wrong = what_is_wrong(payload)
    if wrong:
        return Noise(len(payload), f"message is not CBOR: {wrong}")
    try:
        return cbor2.loads(payload)
    except Exception as error:  # whatever a decimal's exponent or a key that is a list raises there
        return Noise(len(payload), f"message is not CBOR: {str(error)[:120]}")


def what_is_wrong(payload: bytes) -> str:
    """Why `payload` is not one whole, shallow item of CBOR; "" where it is."""
    at, open_items = 0, [1]  # how many items each level still lacks; -1 until a break comes
    while open_items:
        if at >= len(payload):
            return "it ends too early"
        if open_items[-1] == -1 and payload[at] == _BREAK:
            open_items.pop()
            at += 1
        else:
            if open_items[-1] > 0:
                open_items[-1] -= 1
            at, inside, wrong = _head(payload, at)
            if wrong:
                return wrong
            if inside:
                open_items.append(inside)
        while open_items and open_items[-1] == 0:
            open_items.pop()
        if len(open_items) > MOST_NESTED:
            return f"it is nested more than {MOST_NESTED} deep"
    return f"{len(payload) - at} bytes follow it" if at < len(payload) else ""


def _head(payload: bytes, at: int) -> tuple[int, int, str]:
    """Where the item at `at` goes on after its head or string, how many items are inside, and what is wrong with it."""
    major, short = payload[at] >> 5, payload[at] & 31
    at += 1
    if short == _INDEFINITE:
        return (at, -1, "") if major in (_ARRAY, _MAP) else (at, 0, "a string or number of no definite length")
    value = short
    if short >= 24:
        size = _LENGTH_SIZE.get(short, 0)
        if not size or at + size > len(payload):
            return at, 0, "it ends too early" if size else f"no item begins with {payload[at - 1]:02X}"
        value = int.from_bytes(payload[at : at + size], "big")
        at += size
    left = len(payload) - at
    if major in (_BYTES, _TEXT):
        if value > left:
            return at, 0, "a string is longer than the message"
        is_text = major == _BYTES or _is_utf_8(payload[at : at + value])
        return at + value, 0, "" if is_text else "a text is not UTF-8"
    if major in (_ARRAY, _MAP):
        inside = value * (major - _BYTES - 1)
        return (at, inside, "") if inside <= left else (at, 0, "an array or map is longer than the message")
    if major == _TAG and value not in (_DECIMAL_FRACTION, _CBOR_ITSELF):
        return at, 0, f"tag {value} has no place here"
    return at, 1 if major == _TAG else 0, ""


def _is_utf_8(text: bytes) -> bool:
    """Whether it is: of each text that is not, cbor2 5.9 in C keeps some hundred bytes for ever."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
