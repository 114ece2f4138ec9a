"""What all sensors of a distance to water share: a median of what waves and spray make of it, and the level.

1234 1236 1231 no target 1233 1240 1235 mm  ──►  123.45 cm        fewer than half with a target: no reading, and why
mounting_height_cm = 450                    ──►  distance 123.45 cm, water_level 326.55 cm
"""

from collections.abc import Callable

from firmware_bridge.family import Option
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage
from rules.level import height_mistake, level_cm

MEDIAN_OF = Option(
    "median_of",
    int,
    LocalizedMessage("lines of which the median is one reading; 7 are about a second, 1 keeps every line"),
    default=7,
    low=1,
    high=1_000,
)
MEDIAN_OF_FEW = Option(
    "median_of",
    int,
    LocalizedMessage("distances of which the median is one reading; 1 keeps each"),
    default=1,
    low=1,
    high=1_000,
)
"""Of sensors that are asked now and then, or filter by themselves."""
MOUNTING_HEIGHT = Option(
    "mounting_height_cm",
    float,
    LocalizedMessage("height of the sensor over the gauge's zero, which makes water_level of distance"),
    default=None,
    low=0,
    high=10_000,
    doubt=height_mistake,
)

NOISY = 16
"""A group among whose frames so many times their bytes were noise is no measurement: chance made those frames."""

Measure = Callable[[bytes], float | str]
"""Reads a whole frame: the distance in mm, or why it is none."""


class Medians:
    """Gathers frames, and makes a reading of each `of` of them."""

    def __init__(self, measure: Measure, *, of: int, mounting_height_cm: float | None) -> None:
        self._measure = measure
        self._of = of
        self._mounting_height_cm = mounting_height_cm
        self._gathered: list[float | str] = []
        self._noise = 0

    def noise(self, size: int) -> None:
        """Bytes of noise came, which tell of the frames beside them."""
        if self._gathered:
            self._noise += size

    def add(self, frame: bytes) -> Frame:
        """Add a whole frame; what it gives has samples when it is the last of its group."""
        self._gathered.append(self._measure(frame))
        if len(self._gathered) < self._of:
            return Frame(())
        gathered, self._gathered = self._gathered, []
        noise, self._noise = self._noise, 0
        if noise > NOISY * len(gathered) * len(frame):
            return Frame(
                (), f"{noise} bytes of noise among {len(gathered)} frames: look at the baud rate and the wiring"
            )
        distances_mm = [outcome for outcome in gathered if not isinstance(outcome, str)]
        if 2 * len(distances_mm) < len(gathered):
            return Frame((), next(outcome for outcome in gathered if isinstance(outcome, str)))
        return reading(round(_median(distances_mm) / 10, 2), self._mounting_height_cm)


def reading(distance_cm: float, mounting_height_cm: float | None) -> Frame:
    """The distance, and the level where the height of the sensor is known."""
    distance = Sample("distance", distance_cm)
    if mounting_height_cm is None:
        return Frame((distance,))
    return Frame((distance, Sample("water_level", level_cm(mounting_height_cm, distance_cm))))


def _median(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2  # `statistics` would bring 0.1 MB to the gateway
    return (ordered[half] + ordered[~half]) / 2
