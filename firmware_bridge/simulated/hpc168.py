"""Simulated HPC168 passenger counters on one line: they answer when asked, and say nothing by themselves.

`values` have people_in and people_out in people a minute; the totals begin at 0, and a reset sets them to 0 again.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import hpc168
from firmware_bridge.simulated.device import Values


class SimulatedHpc168:
    """Counters with these ids, switched on when one is first asked; all see the same people."""

    def __init__(self, values: Values, ids: tuple[int, ...]) -> None:
        self._values = values
        self._ids = ids
        self._begun_s: dict[int, float] = {}
        self._heard = b""

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take questions; the answers."""
        *asked, self._heard = (self._heard + data)[-200:].split(b"\x03")
        return b"".join(self._answer(question[-10:], now_s) for question in asked)

    def due(self, _now_s: float) -> bytes:
        """Nothing: they wait for questions."""
        return b""

    def _answer(self, digits: bytes, now_s: float) -> bytes:
        for address in self._ids:
            begun_s = self._begun_s.setdefault(address, now_s)
            if digits + b"\x03" == hpc168.build(address, hpc168.READ)[1:]:
                return self._totals(address, now_s, (now_s - begun_s) / 60)
            if digits + b"\x03" == hpc168.build(address, hpc168.RESET)[1:]:
                self._begun_s[address] = now_s
                return hpc168.build(address, hpc168.RESET | 0x80, b"\x06")
        return b""

    def _totals(self, address: int, now_s: float, minutes: float) -> bytes:
        now = self._values(now_s)
        passed = [int(max(0.0, now.get(name, 0.0)) * max(0.0, minutes)) for name in ("people_in", "people_out")]
        return hpc168.build_totals(address, total_in=passed[0], total_out=passed[1])


def make(options: Mapping[str, Any], values: Values) -> SimulatedHpc168:
    """The counters that the options describe."""
    ids = tuple(map(int, options["channels"])) or (options["address"] or 1,)
    return SimulatedHpc168(values, ids)
