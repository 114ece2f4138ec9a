"""MaxBotix HRXL- and XL-MaxSonar-WR (ultrasonic distance).  9600 8N1, 5 to 7.5 readings a second

R1234⏎      four digits, mm        (HRXL, MB73xx)         ⏎ is CR alone
R076⏎       three digits, cm       (XL, MB70xx)
R0480 ⏎     a space before CR      (HRUSB, PD12141 p. 3)

There is no checksum, so the number of digits must be that of the unit: R123 of an HRXL is a line that lost a byte.
The largest value means that nothing answered, the smallest that the target is inside the blind zone: neither is a
distance (limits: PD11500 p. 10). Text at power-up and a stray FF before the R are noise.

Waves, spray and a missing checksum make single lines worthless, so a reading is the median of `median_of` lines:
    1234 1236 1231 9999 1233 1240 1235  ──►  1234.5        fewer than half with a target: no reading
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.family import Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import Framer, Framing, line
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage
from rules.level import height_mistake, level_cm


class Unit(msgspec.Struct, frozen=True):
    """How a series of models writes a distance."""

    digits: int
    step_mm: int
    max_mm: int
    blind_mm: int


UNITS = {
    #          digits  step  no target at  blind up to
    "mm": Unit(4,         1,         5000,         300),  # PD11500 p. 10: 5 m models
    "cm": Unit(3,        10,         7650,         200),  # XL-MaxSonar-WR: 20 cm to 765 cm
}  # fmt: skip
_BLIND_10_M_MM = 500  # PD11500 p. 10: models whose largest value is 9999

OPTIONS = (
    Option(
        "unit",
        str,
        LocalizedMessage("mm for HRXL models (R and four digits), cm for XL (R and three)"),
        default="mm",
        choices=("mm", "cm"),
    ),
    Option(
        "max_mm",
        int,
        LocalizedMessage("the value that means no target: 5000 for 5 m models, 9999 for 10 m models; 7650 for XL"),
        default=None,
        low=1_000,
        high=9_999,
    ),
    Option(
        "median_of",
        int,
        LocalizedMessage("lines of which the median is one reading; 7 are about a second, 1 keeps every line"),
        default=7,
        low=1,
        high=1_000,
    ),
    Option(
        "mounting_height_cm",
        float,
        LocalizedMessage("height of the sensor over the gauge's zero, which makes water_level of distance"),
        default=None,
        low=0,
        high=10_000,
        doubt=height_mistake,
    ),
)


class Model(msgspec.Struct, frozen=True):
    """One sensor as it is configured; its distances run between `blind_mm` and `max_mm`, both left out."""

    unit: Unit
    max_mm: int
    blind_mm: int
    mounting_height_cm: float | None


def build(*, distance_mm: float, unit: str = "mm", space: bool = False) -> bytes:
    """The line in which a sensor of `unit` reports `distance_mm`."""
    row = UNITS[unit]
    return b"R%0*d%s\r" % (row.digits, round(distance_mm / row.step_mm), b" " if space else b"")


def parse(text: bytes, model: Model) -> int | str:
    """Read a whole line: the distance in mm, or why it is none."""
    distance_mm = int(text[1 : 1 + model.unit.digits]) * model.unit.step_mm
    if distance_mm >= model.max_mm:
        return "no target in range"
    if distance_mm <= model.blind_mm:
        return "target inside the blind zone"
    return distance_mm


class Medians:
    """Gathers lines, and makes a reading of each `lines` of them."""

    def __init__(self, model: Model, *, lines: int) -> None:
        self._model = model
        self._lines = lines
        self._gathered: list[int | str] = []

    def add(self, text: bytes) -> Frame:
        """Add a whole line; its frame has samples when it is the last of its group."""
        self._gathered.append(parse(text, self._model))
        if len(self._gathered) < self._lines:
            return Frame(())
        gathered, self._gathered = self._gathered, []
        distances_mm = [outcome for outcome in gathered if isinstance(outcome, int)]
        if 2 * len(distances_mm) < len(gathered):
            return Frame((), next(outcome for outcome in gathered if isinstance(outcome, str)))
        return _reading(round(_median(distances_mm) / 10, 2), self._model.mounting_height_cm)


def _median(values: list[int]) -> float:
    ordered, half = sorted(values), len(values) // 2  # `statistics` would bring 0.1 MB to the gateway
    return (ordered[half] + ordered[~half]) / 2


def _reading(distance_cm: float, mounting_height_cm: float | None) -> Frame:
    distance = Sample("distance", distance_cm)
    if mounting_height_cm is None:
        return Frame((distance,))
    return Frame((distance, Sample("water_level", level_cm(mounting_height_cm, distance_cm))))


def _framing(unit: Unit) -> Framing:
    whole = re.compile(rb"R[0-9]{%d} ?\r" % unit.digits)
    wrong = f"line is not R and {unit.digits} digits"
    return Framing(
        b"R", 1 + unit.digits + 2, line(end=b"\r", check=lambda text: "" if whole.fullmatch(text) else wrong)
    )


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    unit = UNITS[chosen["unit"]]
    max_mm = chosen["max_mm"] or unit.max_mm
    blind_mm = _BLIND_10_M_MM if unit.step_mm == 1 and max_mm > unit.max_mm else unit.blind_mm
    model = Model(unit, max_mm, blind_mm, chosen["mounting_height_cm"])
    return Framer(_framing(unit), Medians(model, lines=chosen["median_of"]).add)


FAMILY = SerialFamily(
    name="maxbotix",
    title=LocalizedMessage("MaxBotix HRXL/XL-MaxSonar-WR ultrasonic distance sensor"),
    baud=9_600,
    quantities=("distance", "water_level"),
    options=OPTIONS,
    decoder=_decoder,
)
