"""A simulated river: rain on its catchment fills a linear reservoir, which empties into the sea.

rain ─► runoff ─► [ storage ] ─► flow = storage / time constant ─► level by a rating curve, held up by the tide
"""

from collections.abc import Callable
from typing import NamedTuple


class Catchment(NamedTuple):
    """A river's country: area, the share of rain that runs off, how slowly it empties, and its gauge."""

    area_km2: float
    runoff: float
    time_constant_h: float
    base_flow_m3_s: float
    zero_cm: float
    rating_cm: float
    tide_share: float


DARUBA = Catchment(18.0, 0.45, 1.6, 0.8, 60.0, 34.0, 0.25)
WAYABULA = Catchment(64.0, 0.40, 3.2, 2.4, 70.0, 24.0, 0.05)
STEP_S = 60.0


class River:
    """The reservoir: `storage_m3` over what the base flow keeps."""

    def __init__(self, catchment: Catchment, storage_m3: float = 0.0) -> None:
        self.catchment = catchment
        self.storage_m3 = storage_m3

    def step(self, rain_mm_h: float, seconds: float) -> tuple[float, float]:
        """Let time pass; the water that came and that went, in m3. Storage changes by their difference."""
        land = self.catchment
        came_m3 = land.runoff * rain_mm_h / 1000 / 3600 * land.area_km2 * 1e6 * seconds
        went_m3 = min(self.storage_m3, self.storage_m3 / (land.time_constant_h * 3600) * seconds)
        self.storage_m3 += came_m3 - went_m3
        return came_m3, went_m3

    @property
    def flow_m3_s(self) -> float:
        """What flows past the gauge."""
        return self.catchment.base_flow_m3_s + self.storage_m3 / (self.catchment.time_constant_h * 3600)

    def level_cm(self, tide_cm: float) -> float:
        """The water level at the gauge: a rating curve, and a share of the tide near the sea."""
        land = self.catchment
        return float(land.zero_cm + land.rating_cm * self.flow_m3_s**0.5 + land.tide_share * tide_cm)


def run_up(catchment: Catchment, rain_mm_h: Callable[[float], float], until_s: float, *, hours: float = 24) -> River:
    """The river at `until_s` (UTC), after the rain of the `hours` before: the same at every start of the demo."""
    river = River(catchment)
    first = int(until_s // STEP_S) - int(hours * 3600 / STEP_S)
    for step in range(first, int(until_s // STEP_S)):
        river.step(rain_mm_h(step * STEP_S), STEP_S)
    return river
