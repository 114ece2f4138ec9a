"""Registers become a number: how many of them, in which order, signed or not.

41DE 1275  float32, big, big      ─► 27.759         ABCD as documents call it
1275 41DE  float32, words little  ─► the same       CDAB
DE41 7512  float32, bytes little  ─► the same       BADC
FFF6       int16                  ─► -10
"""

import struct
from collections.abc import Sequence

TYPES = {
    # type    registers, as `struct` has it
    "int16": (1, "h"),
    "uint16": (1, "H"),
    "int32": (2, "i"),
    "uint32": (2, "I"),
    "float32": (2, "f"),
    "int64": (4, "q"),
    "uint64": (4, "Q"),
    "float64": (4, "d"),
    "bit": (1, ""),
}
WORDS_OF = {name: words for name, (words, _) in TYPES.items()}


def value_of(
    words: Sequence[int], type_: str, *, word_order: str = "big", byte_order: str = "big", bit: int = 0
) -> float:
    """The number in as many registers as the type has."""
    if type_ == "bit":
        return words[0] >> bit & 1
    ordered = words if word_order == "big" else words[::-1]
    content = b"".join(word.to_bytes(2, "big" if byte_order == "big" else "little") for word in ordered)
    value: float = struct.unpack(f">{TYPES[type_][1]}", content)[0]
    return value


def words_of(value: float, type_: str, *, word_order: str = "big", byte_order: str = "big", bit: int = 0) -> list[int]:
    """The registers that say a number; what the type cannot hold is held at its end."""
    if type_ == "bit":
        return [(1 if value else 0) << bit]
    code = TYPES[type_][1]
    if code in "fd":
        content = struct.pack(f">{code}", value)
    else:
        size = 2 * WORDS_OF[type_]
        low, high = (-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1) if code.islower() else (0, (1 << 8 * size) - 1)
        content = struct.pack(f">{code}", min(max(round(value), low), high))
    words = [
        int.from_bytes(content[at : at + 2], "big" if byte_order == "big" else "little")
        for at in range(0, len(content), 2)
    ]
    return words if word_order == "big" else words[::-1]
