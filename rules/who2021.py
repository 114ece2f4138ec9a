"""WHO global air quality guidelines 2021: is a mean at or below the guideline, and if not, which interim target is met?

compare("pm2_5", "24h", 31.0) -> Comparison(guideline=15.0, ratio=2.07, met="IT3")

https://www.airclim.org/who-air-quality-guidelines (its SO2 guideline, 50, is a misprint: 40). Values of 24 hours are
99th percentiles: three or four days a year may lie above.
"""

import math

import msgspec

from rules.exact import cleaned

SOURCE = "WHO global air quality guidelines 2021"

STEPS = ("AQG", "IT4", "IT3", "IT2", "IT1")
"""From the guideline itself to the loosest interim target."""

GUIDELINES: dict[tuple[str, str], tuple[float | None, ...]] = {
    # pollutant, averaging     AQG     IT4    IT3    IT2     IT1     ug/m3 (CO: WHO prints 4 and 7 mg/m3)
    ("pm2_5", "annual"):    (   5.0,  10.0,  15.0,  25.0,   35.0),
    ("pm2_5", "24h"):       (  15.0,  25.0,  37.5,  50.0,   75.0),
    ("pm10",  "annual"):    (  15.0,  20.0,  30.0,  50.0,   70.0),
    ("pm10",  "24h"):       (  45.0,  50.0,  75.0, 100.0,  150.0),
    ("o3",    "peak"):      (  60.0,  None,  None,  70.0,  100.0),
    ("o3",    "8h"):        ( 100.0,  None,  None, 120.0,  160.0),
    ("no2",   "annual"):    (  10.0,  None,  20.0,  30.0,   40.0),
    ("no2",   "24h"):       (  25.0,  None,  None,  50.0,  120.0),
    ("so2",   "24h"):       (  40.0,  None,  None,  50.0,  125.0),
    ("co",    "24h"):       (4_000.0, None,  None,  None, 7_000.0),
}  # fmt: skip


MET: dict[str | None, tuple[str, str]] = {
    "AQG": ("meets the guideline", "memenuhi pedoman"),
    "IT4": ("meets interim target 4", "memenuhi target antara 4"),
    "IT3": ("meets interim target 3", "memenuhi target antara 3"),
    "IT2": ("meets interim target 2", "memenuhi target antara 2"),
    "IT1": ("meets interim target 1", "memenuhi target antara 1"),
    None: ("above every interim target", "di atas semua target antara"),
}
"""What meeting a step of `STEPS` is called, in English and Indonesian; None: it meets none."""


class Comparison(msgspec.Struct, frozen=True):
    """A mean beside the guideline, both in ug/m3: how many times the guideline it is, and the strictest step it meets.

    `met` is a step of `STEPS`, or None where the mean is above all of them.
    """

    guideline: float
    ratio: float
    met: str | None


def compare(pollutant: str, averaging: str, ug_m3: float) -> Comparison:
    """Compare a mean over `averaging` with the guideline; the limit itself meets it.

    KeyError where WHO has no such guideline, ValueError for what is no concentration.
    """
    if not 0 <= ug_m3 < math.inf:
        raise ValueError(f"{pollutant} {ug_m3} ug/m3 is no concentration; give 0 or more")
    limits = dict(zip(STEPS, GUIDELINES[pollutant, averaging], strict=True))
    guideline = limits["AQG"]
    assert guideline is not None  # noqa: S101 - for the type checker: every row has one
    met = next((step for step, limit in limits.items() if limit is not None and cleaned(ug_m3) <= limit), None)
    return Comparison(guideline, ug_m3 / guideline, met)
