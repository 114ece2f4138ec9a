"""What a simulated device is: bytes that it writes by itself, bytes that it answers, and the values in both.

Values     UTC seconds ─► {"pm2_5": 12.3, "pm10": 30.1}        in the units of wire.quantities
MakeDevice options of the family, Values ─► SimulatedDevice
"""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, Protocol

Values = Callable[[float], Mapping[str, float]]
"""What is there to measure at a time (UTC, seconds), by quantity; a family leaves out what it does not measure."""


class SimulatedDevice(Protocol):
    """A device on a line; times are UTC seconds, as those of its values."""

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take bytes from the line; what it answers at once."""

    def due(self, now_s: float) -> bytes:
        """What it has written by itself since the last call."""


MakeDevice = Callable[[Mapping[str, Any], Values], SimulatedDevice]


class DuePace:
    """Says when something that comes each `every_s` is due; what was asked for late comes once, and not for each."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._next_s = -inf

    def is_due(self, now_s: float) -> bool:
        """Whether it is due at `now_s`; if so, the next is `every_s` later."""
        if now_s < self._next_s and self._next_s - now_s <= self.every_s:  # else the clock was set back
            return False
        late = now_s - self._next_s
        self._next_s = now_s + self.every_s - (late if 0.0 < late < self.every_s else 0.0)
        return True


class CommandFinder:
    """Finds commands of a known size in what a device hears: each starts with `mark`, the rest is passed over."""

    def __init__(self, mark: bytes, size: int) -> None:
        self._mark = mark
        self._size = size
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; the whole commands among them."""
        found: list[bytes] = []
        stream = self._held + data
        while (at := stream.find(self._mark)) >= 0 and len(stream) - at >= self._size:
            found.append(stream[at : at + self._size])
            stream = stream[at + self._size :]
        at = stream.find(self._mark)
        self._held = stream[at:] if at >= 0 else stream[-(len(self._mark) - 1) :] if len(self._mark) > 1 else b""
        return found
