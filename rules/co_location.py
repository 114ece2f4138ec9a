"""A straight line from a sensor to the reference beside it, by least squares over the hours that both have.

(10, 12) (20, 17) (30, 22) … ─► slope 0.5, offset 7, R2 1, RMSE 0        or a sentence that says why there is none
"""

from collections.abc import Sequence

import msgspec

from i18n.message import LocalizedMessage
from rules.corrections import LEAST_SLOPE, MOST_SLOPE

LEAST_PAIRS = 24
"""Hours: a day, so that night and noon are both in it. EPA asks for thirty days of those who test sensors."""
LEAST_SPREAD = 5.0
"""ug/m3 between the lowest and the highest hour of the sensor: of less the slope is one of its noise."""
GOOD_R2 = 0.7
"""EPA's target for sensors of PM2.5 (EPA/600/R-20/280)."""

Pair = tuple[float, float]
"""(sensor, reference): the means of the same hour."""


class Fit(msgspec.Struct, frozen=True):
    """A line, and how well it fits: `rmse` between corrected and reference, `low` and `high` of the sensor's hours."""

    slope: float
    offset: float
    n: int
    r2: float
    rmse: float
    low: float
    high: float


class NoFit(Exception):
    """Why there is no line; its message says that in a sentence."""

    def __init__(self, why: LocalizedMessage) -> None:
        super().__init__(why)
        self.why = why


def fit(pairs: Sequence[Pair]) -> Fit:
    """Fit reference = slope * sensor + offset; NoFit where that would be no correction."""
    n = len(pairs)
    if n < LEAST_PAIRS:
        raise NoFit(LocalizedMessage(
            "{n} hours in which both are whole; a fit needs {least}: take a longer time, or look why some are missing",
            n=n, least=LEAST_PAIRS,
        ))  # fmt: skip
    sensor, reference = [x for x, _ in pairs], [y for _, y in pairs]
    low, high = min(sensor), max(sensor)
    if high - low < LEAST_SPREAD:
        raise NoFit(LocalizedMessage(
            "the sensor's hours lie within {spread:.1f} ug/m3, less than {least:g}: take days on which the air changed",
            spread=high - low, least=LEAST_SPREAD,
        ))  # fmt: skip
    slope, offset = _line(sensor, reference)
    if not LEAST_SLOPE <= slope <= MOST_SLOPE:
        raise NoFit(LocalizedMessage(
            "the slope would be {slope:.3f}, outside of {low:g} to {high:g}: the two do not measure the same air",
            slope=slope, low=LEAST_SLOPE, high=MOST_SLOPE,
        ))  # fmt: skip
    left = sum((y - slope * x - offset) ** 2 for x, y in pairs)
    mean = sum(reference) / n
    whole = sum((y - mean) ** 2 for y in reference)
    return Fit(slope, offset, n, 1 - left / whole, (left / n) ** 0.5, low, high)


def _line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / sum((x - x_mean) ** 2 for x in xs)
    return slope, y_mean - slope * x_mean
