"""Simulated tide: mixed, mainly semidiurnal, as around Morotai.

height = sum of amplitude * cos(360 deg * hours / period - phase)          cm over mean sea level

Periods are those of the constituents (Doodson); amplitudes and phases are invented: no tide gauge stands at Morotai.
"""

from math import cos, tau
from typing import NamedTuple


class Constituent(NamedTuple):
    """A part of the tide: name, period in hours, amplitude in cm, phase in degrees."""

    name: str
    period_h: float
    amplitude_cm: float
    phase_deg: float


CONSTITUENTS = (
    Constituent("M2", 12.4206, 45.0, 40.0),
    Constituent("S2", 12.0, 20.0, 85.0),
    Constituent("K1", 23.9345, 25.0, 160.0),
    Constituent("O1", 25.8193, 18.0, 210.0),
)


def height_cm(time_s: float) -> float:
    """The sea's height over its mean at `time_s` (UTC)."""
    hours = time_s / 3600
    return sum(c.amplitude_cm * cos(tau * (hours / c.period_h - c.phase_deg / 360)) for c in CONSTITUENTS)
