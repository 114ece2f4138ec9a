"""Of several parts of a device that give one quantity, each in a message of its own: the one that counts.

bme280_temperature   counts, until `temperature` is heard, which has the better rank; then that one, and it stays so
dht22_temperature    left out: bme280_temperature gives temperature; choose in values

Which was heard first says nothing, so it decides nothing: the rank does, and then the order of names.
"""

from typing import Any

MOST = 2_000
"""Pairs of device and quantity that are remembered; beyond them nothing is chosen, and nothing taken."""


class Preferred:
    """Remembers the best part that was heard, by device and quantity."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._best: dict[tuple[str, str], tuple[Any, str]] = {}

    def why_not(self, device: str, quantity: str, part: str, rank: int = 0) -> str:
        """Why a reading of this part is left out; "" where the part is the one that counts."""
        key = (device, quantity)
        best = self._best.get(key)
        if best is None and len(self._best) >= self._most:
            return f"left out: more than {self._most} devices and quantities on one source"
        if best is None or (rank, part) < best:
            self._best[key] = best = (rank, part)
        return "" if best == (rank, part) else f"left out: {best[1][:60]} gives {quantity}; choose in values"
