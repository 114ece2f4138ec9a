"""Faults of a line, on request: what comes out of it where a simulated device has written a frame.

noise     3F 07 + frame                 checksum  frame with one bit turned
cut       the first half of the frame   baud      every byte as a wrong rate would show it
silent    nothing, and no answer
"""

from collections.abc import Callable, Mapping
from random import Random

from firmware_bridge.simulated.device import SimulatedDevice

Spoil = Callable[[bytes, Random], bytes]


def _noise(frame: bytes, dice: Random) -> bytes:
    return dice.randbytes(dice.randint(1, 12)) + frame


def _cut(frame: bytes, dice: Random) -> bytes:
    return frame[: dice.randint(1, max(1, len(frame) - 1))]


def _checksum(frame: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(frame))
    return frame[:at] + bytes((frame[at] ^ 1 << dice.randrange(8),)) + frame[at + 1 :]


def _baud(frame: bytes, _dice: Random) -> bytes:
    """As a receiver at the wrong rate sees it: bits are read twice or not at all, and half of the bytes are gone."""
    return bytes(_half(byte) for byte in frame[::2])


def _half(byte: int) -> int:
    return sum(1 << bit for bit in range(8) if byte & 1 << (bit + 1) // 2)


def _silent(_frame: bytes, _dice: Random) -> bytes:
    return b""


FAULTS: Mapping[str, Spoil] = {
    "noise": _noise,
    "cut": _cut,
    "silent": _silent,
    "checksum": _checksum,
    "baud": _baud,
}


class Faulty:
    """A device on a line with a fault, which spoils a `share` of what it writes, from 0 to 1."""

    def __init__(self, device: SimulatedDevice, fault: str, dice: Random, *, share: float = 1.0) -> None:
        self._device = device
        self._spoil = FAULTS[fault]
        self._dice = dice
        self._share = share

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take bytes from the line; what comes out of it as an answer."""
        return self._spoilt(self._device.feed(data, now_s))

    def due(self, now_s: float) -> bytes:
        """What comes out of the line since the last call."""
        return self._spoilt(self._device.due(now_s))

    def _spoilt(self, written: bytes) -> bytes:
        if not written or self._dice.random() >= self._share:
            return written
        return self._spoil(written, self._dice)
