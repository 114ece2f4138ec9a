"""Inputs that nobody should send: random bytes, and the golden ones mutated; the same of a seed on every machine.

pieces(frames, seed)     frame · frame with a bit turned · half a frame · two woven into one · bytes of chance · …
"""

from collections.abc import Iterator, Sequence
from random import Random

LONGEST_PIECE = 400
_INTERESTING = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\r",
    b"\n",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"9" * 30,
    b"{",
    b'"',
)


def pieces(frames: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Pieces without end, most of them near enough to a frame to go past the first check."""
    dice = Random(seed)
    while True:
        yield _piece(frames, dice)[:LONGEST_PIECE]


def _piece(frames: Sequence[bytes], dice: Random) -> bytes:
    frame = dice.choice(frames)
    match dice.randrange(8):
        case 0:
            return dice.randbytes(dice.randint(0, 40))
        case 1:
            return frame
        case 2 | 3:
            return _turned(frame, dice)
        case 4:
            return frame[: dice.randint(0, len(frame))]
        case 5:
            other = dice.choice(frames)
            return frame[: dice.randint(0, len(frame))] + other[dice.randint(0, len(other)) :]
        case 6:
            at = dice.randint(0, len(frame))
            return frame[:at] + dice.choice(_INTERESTING) + frame[at + dice.randint(0, 3) :]
        case _:
            return frame[:1] * dice.randint(1, 40)


def _turned(frame: bytes, dice: Random) -> bytes:
    """The frame with one to three bits turned."""
    data = bytearray(frame)
    for _ in range(dice.randint(1, 3)):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)
