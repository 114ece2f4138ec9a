"""How many visitors a place bears.

Cifuentes (1992), as Indonesian studies use it:  PCC = A * (V/a) * Rf      Rf = opening hours / mean visit
                                                 RCC = PCC * Cf1 * Cf2 …   Cf = 1 - Mn / Mt
                                                 ECC = RCC * MC
Yulianda, for the sea and its shore:             DDK = K * (Lp / Lt) * (Wt / Wp)

Worked values: scribd.com/doc/553251064 (PCC), pdfcoffee.com "analisis DDK" (DDK).
"""

import math
from collections.abc import Iterable


def rotation(opening_hours: float, mean_visit_hours: float) -> float:
    """Rf: how many visits after one another a day holds; ValueError where no visit takes no time."""
    _positive("mean visit", mean_visit_hours)
    return opening_hours / mean_visit_hours


def physical_capacity(area_m2: float, visitors_per_m2: float, rotation_factor: float) -> float:
    """PCC, visits a day: an area of `area_m2`, `visitors_per_m2` (V/a) at one time, `rotation_factor` times a day."""
    return area_m2 * visitors_per_m2 * rotation_factor


def correction(limiting: float, total: float) -> float:
    """Cf: what is left of a capacity when `limiting` (Mn) of `total` (Mt) cannot be used: days of rain, of closure."""
    _positive("total", total)
    if not 0 <= limiting <= total:
        raise ValueError(f"limiting {limiting} is not within 0 and the total {total}; give a part of it")
    return 1.0 - limiting / total


def real_capacity(physical: float, corrections: Iterable[float]) -> float:
    """RCC, visits a day: the physical capacity after all `corrections`."""
    return physical * math.prod(corrections)


def effective_capacity(real: float, management: float) -> float:
    """ECC, visits a day: what staff and means can look after; `management` (MC) from 0 to 1."""
    if not 0 <= management <= 1:
        raise ValueError(f"management capacity {management} is not within 0 and 1; give a share")
    return real * management


def supporting_capacity(
    *, people_per_unit: float, usable: float, unit: float, open_hours: float, visit_hours: float
) -> float:
    """DDK, visitors a day (Yulianda).

    `people_per_unit` (K) on each `unit` (Lt, m2 or m) of what is `usable` (Lp, as Lt); the place is open for
    `open_hours` (Wt) and a visit takes `visit_hours` (Wp). A beach: 1 person on 50 m of shore.
    """
    _positive("unit", unit)
    _positive("visit", visit_hours)
    return people_per_unit * (usable / unit) * (open_hours / visit_hours)


def _positive(name: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{name} {value} is not above 0; give how much it is")
