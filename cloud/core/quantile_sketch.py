"""A quantile sketch: percentiles of how long something takes, in bounded memory whatever comes.

sketch.add(12.5)  sketch.add(3.0, weight=60)  ─► {step: weight}  ─► sketch.percentile(50) -> 3.0, within 5 %

Steps of 10 %, so that the middle of one is within 5 % of all that is in it; from a microsecond to three centuries in
milliseconds that is 400 steps at the most.
"""

from math import floor, log, sqrt

_STEP = 1.1
_LOG_STEP = log(_STEP)
_LEAST = 1e-3


class QuantileSketch:
    """Numbers that are not negative, each with a weight."""

    def __init__(self) -> None:
        self._weights: dict[int, float] = {}

    def __bool__(self) -> bool:
        return bool(self._weights)

    def add(self, value: float, *, weight: float = 1.0) -> None:
        """Add a number; one below 0.001 counts as that."""
        step = floor(log(max(value, _LEAST)) / _LOG_STEP)
        self._weights[step] = self._weights.get(step, 0.0) + weight

    def percentile(self, percent: float) -> float | None:
        """The number that `percent` of the weight does not exceed, within 5 %; None where nothing was added."""
        wanted = sum(self._weights.values()) * percent / 100
        so_far = 0.0
        for step, weight in sorted(self._weights.items()):
            so_far += weight
            if so_far >= wanted:
                return float(_STEP**step * sqrt(_STEP))
        return None
