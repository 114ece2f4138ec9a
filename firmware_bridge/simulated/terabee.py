"""A simulated Terabee people counter: distances ten times a second, a PC frame when somebody has passed, totals in RAM.

`values` have people_in and people_out in people a minute. 00 55 08 … sets the totals to 0, answered by a PC frame.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import terabee
from firmware_bridge.simulated.device import CommandFinder, DuePace, Values

EVERY_S = 0.1
_SENSOR = 0x00010203


class SimulatedTerabee:
    """A sensor over a door, switched on when it is first asked for a frame."""

    def __init__(self, values: Values, *, model: str, byte_order: str) -> None:
        self._values = values
        self._sensor = None if model == "swipe_plus" else _SENSOR
        self._order = "little" if byte_order == "little" else "big"
        self._passed = {"people_in": 0.0, "people_out": 0.0}
        self._pace = DuePace(EVERY_S)
        self._commands = CommandFinder(b"\x00\x55\x08", len(terabee.RESET))

    def feed(self, data: bytes, _now_s: float) -> bytes:
        """Take commands; the answers."""
        if terabee.RESET not in self._commands.feed(data):
            return b""
        self._passed = dict.fromkeys(self._passed, 0.0)
        return self._count()

    def due(self, now_s: float) -> bytes:
        """Distances, and a count where somebody has passed meanwhile."""
        if not self._pace.is_due(now_s):
            return b""
        now, before = self._values(now_s), self._whole()
        for name in self._passed:
            self._passed[name] += max(0.0, now.get(name, 0.0)) * EVERY_S / 60
        distances = terabee.build_distances(1_200, 1_205, byte_order=self._order)
        return distances + (self._count() if self._whole() != before else b"")

    def _whole(self) -> list[int]:
        return [int(passed) for passed in self._passed.values()]

    def _count(self) -> bytes:
        total_in, total_out = self._whole()
        return terabee.build(total_in=total_in, total_out=total_out, sensor=self._sensor, byte_order=self._order)


def make(options: Mapping[str, Any], values: Values) -> SimulatedTerabee:
    """The sensor that the options describe."""
    return SimulatedTerabee(values, model=options["model"], byte_order=options["byte_order"])
