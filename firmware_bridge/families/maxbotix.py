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

from firmware_bridge.distance import MEDIAN_OF, MOUNTING_HEIGHT, Medians
from firmware_bridge.family import Guide, Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import Framer, Framing, line
from i18n.message import LocalizedMessage


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
    MEDIAN_OF,
    MOUNTING_HEIGHT,
)


class Model(msgspec.Struct, frozen=True):
    """One sensor as it is configured; its distances run between `blind_mm` and `max_mm`, both left out."""

    unit: Unit
    max_mm: int
    blind_mm: int


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
    model = Model(unit, max_mm, blind_mm)
    medians = Medians(
        lambda text: parse(text, model), of=chosen["median_of"], mounting_height_cm=chosen["mounting_height_cm"]
    )
    return Framer(_framing(unit), medians.add)


FAMILY = SerialFamily(
    name="maxbotix",
    title=LocalizedMessage("MaxBotix HRXL/XL-MaxSonar-WR ultrasonic distance sensor"),
    baud=9_600,
    quantities=("distance", "water_level"),
    options=OPTIONS,
    decoder=_decoder,
    guide=Guide(
        wiring="5 V, GND, pin 5 (serial) to RXD; MB738x are TTL, MB736x RS-232 polarity at 0 to 5 V: the wrong choice "
        "gives garbage",
        quirks="no checksum, so a reading is the median of median_of lines; the largest value is no target, the "
        "smallest the blind zone; MB7369 and MB7389 report the largest target, the others the first",
        example="mounting_height_cm = 450",
    ),
)
