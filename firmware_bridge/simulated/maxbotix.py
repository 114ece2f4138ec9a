"""A simulated MaxBotix sensor: a line six times a second, and it answers nothing.  R1234⏎ in mm, R123⏎ in cm"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import maxbotix
from firmware_bridge.simulated.device import DuePace, Values

EVERY_S = 1 / 6


class SimulatedMaxbotix:
    """A sensor over water: `values` have distance in cm; without one there is no target."""

    def __init__(self, values: Values, *, unit: str = "mm") -> None:
        self._values = values
        self._unit = unit
        self._no_target_mm = maxbotix.UNITS[unit].max_mm
        self._pace = DuePace(EVERY_S)

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        """It has no commands."""
        return b""

    def due(self, now_s: float) -> bytes:
        """A line, when it is time for one."""
        if not self._pace.is_due(now_s):
            return b""
        distance_cm = self._values(now_s).get("distance")
        most_mm = self._no_target_mm - maxbotix.UNITS[self._unit].step_mm
        distance_mm = self._no_target_mm if distance_cm is None else min(most_mm, max(0.0, distance_cm * 10))
        return maxbotix.build(distance_mm=distance_mm, unit=self._unit)


def make(options: Mapping[str, Any], values: Values) -> SimulatedMaxbotix:
    """The sensor that the options describe."""
    return SimulatedMaxbotix(values, unit=options["unit"])
