"""US EPA Air Quality Index, as in force since 6 May 2024, and NowCast.

concentration ─► truncated ─► I = (Ihi - Ilo) / (BPhi - BPlo) * (C - BPlo) + Ilo ─► nearest whole number

Technical Assistance Document EPA-454/B-24-002 (https://nepis.epa.gov/Exe/ZyPURL.cgi?Dockey=P101AP0Q.txt), 89 FR 16202.
NowCast: https://forum.airnowtech.org/t/the-nowcast-for-pm2-5-and-pm10/172. All in exact decimals, as the document
counts (rules/exact.py): in binary, 0.055 ppm is less than 0.055.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from rules.exact import DECIMALS, between, exact, half_up, truncated, whole_parts

SOURCE = "US EPA-454/B-24-002 (May 2024)"


class AqiCategory(msgspec.Struct, frozen=True):
    """A category up to and with AQI `upper`, with its colour as the EPA gives it."""

    upper: float
    english: str
    indonesian: str
    colour: str
    hex: str


CATEGORIES = (
    AqiCategory(50, "Good", "Baik", "Green", "#00e400"),
    AqiCategory(100, "Moderate", "Sedang", "Yellow", "#ffff00"),
    AqiCategory(150, "Unhealthy for sensitive groups", "Tidak sehat bagi kelompok sensitif", "Orange", "#ff7e00"),
    AqiCategory(200, "Unhealthy", "Tidak sehat", "Red", "#ff0000"),
    AqiCategory(300, "Very unhealthy", "Sangat tidak sehat", "Purple", "#8f3f97"),
    AqiCategory(math.inf, "Hazardous", "Berbahaya", "Maroon", "#7e0023"),
)

INDEX_BANDS = ((0, 50), (51, 100), (101, 150), (151, 200), (201, 300), (301, 500))


class AqiBreakpoints(msgspec.Struct, frozen=True):
    """The breakpoints of one pollutant in `unit`, one pair for each of `INDEX_BANDS`, None where the index has none.

    A concentration is truncated to `decimals` first.
    """

    unit: str
    decimals: int
    bands: tuple[tuple[str, str] | None, ...]


SCALES: dict[str, AqiBreakpoints] = {
    "pm2_5": AqiBreakpoints("ug/m3", 1, (
        ("0.0", "9.0"), ("9.1", "35.4"), ("35.5", "55.4"), ("55.5", "125.4"), ("125.5", "225.4"), ("225.5", "325.4"))),
    "pm10": AqiBreakpoints("ug/m3", 0, (
        ("0", "54"), ("55", "154"), ("155", "254"), ("255", "354"), ("355", "424"), ("425", "604"))),
    "o3_8h": AqiBreakpoints("ppm", 3, (
        ("0.000", "0.054"), ("0.055", "0.070"), ("0.071", "0.085"), ("0.086", "0.105"), ("0.106", "0.200"), None)),
    "o3_1h": AqiBreakpoints("ppm", 3, (
        None, None, ("0.125", "0.164"), ("0.165", "0.204"), ("0.205", "0.404"), ("0.405", "0.604"))),
    "co_8h": AqiBreakpoints("ppm", 1, (
        ("0.0", "4.4"), ("4.5", "9.4"), ("9.5", "12.4"), ("12.5", "15.4"), ("15.5", "30.4"), ("30.5", "50.4"))),
    "so2_1h": AqiBreakpoints("ppb", 0, (
        ("0", "35"), ("36", "75"), ("76", "185"), ("186", "304"), None, None)),
    "so2_24h": AqiBreakpoints("ppb", 0, (
        None, None, None, None, ("305", "604"), ("605", "1004"))),
    "no2_1h": AqiBreakpoints("ppb", 0, (
        ("0", "53"), ("54", "100"), ("101", "360"), ("361", "649"), ("650", "1249"), ("1250", "2049"))),
}  # fmt: skip
"""PM in 24-hour means (or NowCast), the gases in means over the hours in their names."""

SO2_OF_AN_HOUR_AT_MOST = 200
"""An hour of 305 ppb SO2 or more, while the day's mean is below 305: AQI 200."""

NOWCAST_HOURS = 12
_LEAST_WEIGHT = Fraction(1, 2)
_LEAST_OF_THE_NEWEST_THREE = 2


def sub_index(pollutant: str, value: float | Fraction) -> int | None:
    """The AQI of `value` of a row of `SCALES`; None where this scale has no index for it (O3, SO2: use the other)."""
    return index_on(SCALES[pollutant], value)


def index_on(scale: AqiBreakpoints, value: float | Fraction) -> int | None:
    """The AQI of `value` on a scale; beyond its last band the slope of that band goes on.

    ValueError for what is no concentration.
    """
    if not 0 <= value < math.inf:
        raise ValueError(f"{value} {scale.unit} is no concentration; give 0 or more")
    concentration = truncated(exact(value), scale.decimals)
    top = scale.bands[-1]
    for limits, band in zip(INDEX_BANDS, scale.bands, strict=True):
        if band is None:
            continue
        low, high = Fraction(band[0]), Fraction(band[1])
        if low <= concentration <= high or (band is top and concentration > high):
            return half_up(between(concentration, (low, high), limits))
    return None


def so2_index(hour_ppb: float | Fraction, day_ppb: float | Fraction | None) -> int:
    """The AQI of SO2 from the mean of an hour, and that of 24 hours where it is known, in ppb."""
    of_day = None if day_ppb is None else sub_index("so2_24h", day_ppb)
    of_hour = sub_index("so2_1h", hour_ppb)
    return max(of_day or 0, SO2_OF_AN_HOUR_AT_MOST if of_hour is None else of_hour)


def o3_index(hours_8_ppm: float | Fraction, hour_ppm: float | Fraction | None) -> int | None:
    """The AQI of O3: the larger of that of 8 hours and, where it has one, that of 1 hour, in ppm."""
    known = [sub_index("o3_8h", hours_8_ppm), None if hour_ppm is None else sub_index("o3_1h", hour_ppm)]
    return max((index for index in known if index is not None), default=None)


def category_of(index: float) -> AqiCategory:
    """The category of an AQI."""
    return next(category for category in CATEGORIES if index <= category.upper)


def critical_of(indices: Mapping[str, int]) -> str:
    """The pollutant with the largest of `indices`; of equals the first."""
    return max(indices, key=lambda pollutant: indices[pollutant])


def nowcast(pollutant: str, hours: Sequence[float | None]) -> float | None:
    """NowCast of PM2.5 or PM10 from hourly means, oldest first, of which the last 12 count; None marks a missing hour.

    None where fewer than two of the newest three hours are known. Truncated as the index wants it.
    """
    newest_first = [*reversed(hours)][:NOWCAST_HOURS]
    if sum(hour is not None for hour in newest_first[:3]) < _LEAST_OF_THE_NEWEST_THREE:
        return None
    return float(truncated(_weighted_mean(newest_first), SCALES[pollutant].decimals))


def _weighted_mean(newest_first: Sequence[float | None]) -> Fraction:
    """The mean of hours that weigh weight^age; in whole numbers, a tenth of the work of fractions."""
    known = [(age, whole_parts(hour)) for age, hour in enumerate(newest_first) if hour is not None]
    largest, smallest = max(hour for _, hour in known), min(hour for _, hour in known)
    weight = max(Fraction(smallest, largest), _LEAST_WEIGHT) if largest > 0 else Fraction(1)
    oldest = known[-1][0]
    weights = [weight.numerator**age * weight.denominator ** (oldest - age) for age, _ in known]
    total = sum(each * hour for each, (_, hour) in zip(weights, known, strict=True))
    return Fraction(total, sum(weights) * 10**DECIMALS)
