"""Gases: parts per billion and micrograms per cubic metre.

ug/m3 = ppb * M / V        V = 24.45 L/mol at 25 Cel and 1 atm, and in proportion to T / p elsewhere

ug_m3_of_ppb("o3", 50) -> 98.2 at 25 Cel and 1013.25 hPa. A figure without its temperature means nothing: Siaga's are at
25 Cel and 1 atm, as EPA's are, and say so where they are stored. M from IUPAC's atomic weights.
"""

from fractions import Fraction

from rules.exact import exact, half_up
from wire.gases import MOLAR_MASS_G, MOLAR_VOLUME_L

REFERENCE_CEL = 25.0
REFERENCE_HPA = 1_013.25
_ZERO_K = 273.15

RESOLUTION_PPB = {"o3": Fraction("0.01"), "no2": Fraction("0.01"), "so2": Fraction("0.01"), "co": Fraction(1)}
"""To what a mass tells the share of the air: one that was rounded to 0.01 ug/m3 (CO: to 1 ug/m3) is off by less than
half of it. 71 ppb of O3 are 139.3865 ug/m3, which are 70.9999984 ppb: a truncation would make 70 of it."""


def ug_m3_of_ppb(gas: str, ppb: float, *, cel: float = REFERENCE_CEL, hpa: float = REFERENCE_HPA) -> float:
    """The mass in a cubic metre of air at `cel` and `hpa`; KeyError for what is no row of `MOLAR_MASS_G`."""
    return ppb * MOLAR_MASS_G[gas] / _molar_volume_l(cel, hpa)


def ppb_of_ug_m3(gas: str, ug_m3: float, *, cel: float = REFERENCE_CEL, hpa: float = REFERENCE_HPA) -> float:
    """The share of the air by volume, of a mass in a cubic metre at `cel` and `hpa`; KeyError as above."""
    return ug_m3 * _molar_volume_l(cel, hpa) / MOLAR_MASS_G[gas]


def known_ppb(gas: str, ug_m3: float) -> Fraction:
    """The share of the air of a mass at 25 Cel and 1 atm, to its `RESOLUTION_PPB`: truncate this one."""
    shares = exact(ug_m3) * exact(MOLAR_VOLUME_L) / exact(MOLAR_MASS_G[gas]) / RESOLUTION_PPB[gas]
    return half_up(shares) * RESOLUTION_PPB[gas]


def _molar_volume_l(cel: float, hpa: float) -> float:
    if cel <= -_ZERO_K or hpa <= 0:
        raise ValueError(f"air at {cel} Cel and {hpa} hPa does not exist; give Celsius and hectopascal")
    return MOLAR_VOLUME_L * (cel + _ZERO_K) / (REFERENCE_CEL + _ZERO_K) * REFERENCE_HPA / hpa
