"""A simulated serial line: a pseudo-terminal with the faults of a long cable.

device ─► frame ─► [ noise before it | torn | whole ] ─► master ══ slave ◄─ devices/river-daruba ◄─ siaga-edge
"""

import contextlib
import os
import tty
from pathlib import Path
from random import Random

NOISE_CHANCE = 0.02
TORN_CHANCE = 0.01
_PIECE = 4_096


class PtyLine:
    """One pseudo-terminal, found by the symbolic link `path` as a USB adapter is by its by-id name."""

    def __init__(self, path: Path, dice: Random) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._dice = dice
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(self._slave))

    def read(self) -> bytes:
        """What whoever is at the other end has written since the last call."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._master, _PIECE)
        return b""

    def write(self, frame: bytes) -> None:
        """Send a frame, now and then with noise before it or torn; what nobody reads is lost, as on a real line."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, spoiled(frame, self._dice))


def spoiled(frame: bytes, dice: Random) -> bytes:
    """What comes out of a bad cable when `frame` goes in."""
    if not frame:
        return frame
    chance = dice.random()
    if chance < NOISE_CHANCE:
        return dice.randbytes(dice.randint(1, 12)) + frame
    if chance < NOISE_CHANCE + TORN_CHANCE:
        return frame[: dice.randint(1, len(frame) - 1)]
    return frame
