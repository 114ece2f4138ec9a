"""Made-up indices of air as authorities publish them, computed here from the published tables by other means.

The tables are written as points of a broken line, and looked up by walking along it: nothing of rules/ is used.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import pairwise

ISPU_CATEGORIES = (
    (50, "BAIK"),
    (100, "SEDANG"),
    (200, "TIDAK SEHAT"),
    (300, "SANGAT TIDAK SEHAT"),
    (10_000, "BERBAHAYA"),
)
"""P.14/2020: the upper end of each."""
PUBLISHED_AS = {"pm10": "PM10", "pm25": "PM25", "so2": "SO2", "co": "CO", "o3": "O3", "no2": "NO2"}
"""In the order in which a tie goes to the first."""
MISSING = ("", "-", "---")

KLH_POINTS = {
    "pm25": ((0, 0), (15, 50), (55, 100), (150, 200), (250.4, 300), (500, 500)),
    "pm10": ((0, 0), (21, 50), (75, 100), (175, 200), (210, 300), (500, 500)),
}
"""The lines that the ministry's service shows: (ug/m3, ISPU)."""
P14_POINTS = {
    "pm25": ((0, 0), (15.5, 50), (55.4, 100), (150.4, 200), (250.4, 300), (500, 500)),
    "pm10": ((0, 0), (50, 50), (150, 100), (350, 200), (420, 300), (500, 500)),
}
"""The regulation's."""

EPA_BANDS = ((0, 50), (51, 100), (101, 150), (151, 200), (201, 300), (301, 500))


def on_the_line(points: Sequence[tuple[float, int]], value: float) -> int:
    """The index at `value` on a broken line, rounded half up."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if value <= x1:
            exact = y0 + (y1 - y0) * (Decimal(str(value)) - Decimal(str(x0))) / (Decimal(str(x1)) - Decimal(str(x0)))
            return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    raise AssertionError(f"{value} is beyond the line")


def epa_index(ends: Sequence[str], value: str) -> int:
    """The AQI on a scale whose bands end at `ends`: EPA's equation 1, the value cut to the digits of the table."""
    digit = Decimal(1).scaleb(int(Decimal(ends[0]).as_tuple().exponent))
    cut, low = Decimal(value).quantize(digit, ROUND_FLOOR), Decimal(0)
    for end, (index_low, index_high) in zip(ends, EPA_BANDS, strict=False):
        high = Decimal(end)
        if cut <= high:
            exact = (index_high - index_low) * (cut - low) / (high - low) + index_low
            return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        low = high + digit
    raise AssertionError(f"{value} is beyond the scale")


def epa_days_csv(column: str, ends: Sequence[str], highest: float, *, count: int, seed: int) -> str:
    """Days of a made-up station: Date, Source, Site ID, concentration, DAILY_AQI_VALUE."""
    chance, day, lines = random.Random(seed), date(2026, 5, 1), [f"Date,Source,Site ID,{column},DAILY_AQI_VALUE"]
    for number in range(count):
        value = f"{chance.uniform(0, highest):.2f}"
        lines.append(f"{day + timedelta(days=number):%m/%d/%Y},made up,000000000,{value},{epa_index(ends, value)}")
    return "\n".join(lines)


def ispu_pairs_csv() -> str:
    """Hours of made-up stations: the mean of 24 hours beside the index that the service shows, a few of them stale."""
    chance, lines = random.Random(42), ["station,time_utc,pm25_24h,ispu_pm25,pm10_24h,ispu_pm10"]
    for number in range(1_200):
        fine, coarse = round(chance.triangular(3, 140, 15), 2), round(chance.uniform(5, 200), 2)
        stale = 0 if chance.random() < 0.995 else 3
        pm25 = on_the_line(KLH_POINTS["pm25"], fine) + stale
        pm10 = f"{coarse},{on_the_line(KLH_POINTS['pm10'], coarse)}.0" if number % 5 else ","
        lines.append(f"MADE_UP_{number % 7},2026-08-02 {number % 24:02d}:00:00,{fine},{pm25}.0,{pm10}")
    return "\n".join(lines)


ISPU_DAYS = 400
"""Published days of the made-up network, of which each hundredth has no reading at all."""


def ispu_days_csv() -> str:
    """A network's worst sub-indices of each day, and what was published of them, with ties and gaps."""
    chance, lines = random.Random(41), ["tanggal,stasiun,pm25,pm10,so2,co,o3,no2,max,critical,categori"]
    for number in range(ISPU_DAYS):
        day = date(2026, 1, 1) + timedelta(days=number)
        shown = _of_a_day(chance, number)
        found = {name: int(text) for name, text in shown.items() if text.isdigit()}
        cells = ",".join(shown[name] for name in ("pm25", "pm10", "so2", "co", "o3", "no2"))
        lines.append(f"{day},MUP1 (made up),{cells},{','.join(_published(found))}")
    return "\n".join(lines)


def _of_a_day(chance: random.Random, number: int) -> dict[str, str]:
    """The cell of each parameter: none on each hundredth day, and on each ninth two that tie for the largest."""
    if number % 100 == 99:
        return {name: chance.choice(MISSING) for name in PUBLISHED_AS}
    shown = {name: str(chance.randint(5, 330)) for name in PUBLISHED_AS}
    if number % 9 == 4:
        shown |= dict.fromkeys(chance.sample(list(PUBLISHED_AS), 2), "331")
    if number % 4 == 2:
        shown["pm25"] = chance.choice(MISSING)
    return shown


def _published(found: dict[str, int]) -> tuple[str, str, str]:
    """The largest, the parameter that has it, and the category."""
    if not found:
        return "0", "", "TIDAK ADA DATA"
    largest = max(found.values())
    critical = next(word for name, word in PUBLISHED_AS.items() if found.get(name) == largest)
    category = next(word for end, word in ISPU_CATEGORIES if largest <= end)
    return str(largest), critical, category
