"""A simulated MaxBotix sensor of any model: a line six times a second, and it answers nothing.  R1234⏎ mm, R123⏎ cm"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import maxbotix
from firmware_bridge.simulated.device import DuePace, Values

EVERY_S = 1 / 6


class SimulatedMaxbotix:
    """A sensor over water: `values` have distance in cm; without one there is no target."""

    def __init__(self, values: Values, series: maxbotix.Series) -> None:
        self._values = values
        self._series = series
        self._pace = DuePace(EVERY_S)

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        """It has no commands."""
        return b""

    def due(self, now_s: float) -> bytes:
        """A line, when it is time for one."""
        if not self._pace.is_due(now_s):
            return b""
        series = self._series
        distance_cm = self._values(now_s).get("distance")
        no_target_mm = series.most * series.step_mm
        most_mm = no_target_mm - series.step_mm
        distance_mm = no_target_mm if distance_cm is None else min(most_mm, max(0.0, distance_cm * 10))
        return maxbotix.build(distance_mm=distance_mm, unit=series.unit, digits=series.digits)


def make(options: Mapping[str, Any], values: Values) -> SimulatedMaxbotix:
    """The sensor that the options describe."""
    return SimulatedMaxbotix(values, maxbotix.series_of(options))
