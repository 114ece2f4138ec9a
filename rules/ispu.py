"""ISPU, Indonesia's air pollution index: PermenLHK P.14/MENLHK/SETJEN/KUM.1/7/2020, and what its ministry shows since.

24-hour means in ug/m3 ─► sub-index of each parameter ─► index of the site = the largest, whose parameter is critical

I = (Ia - Ib) / (Xa - Xb) * (Xx - Xb) + Ib, where a band begins where the one before it ended (the continuous
convention: published worked values come out with it, and not with bands that begin at 51, 101, …).
Table: https://123dok.com/id/docs/pengertian-dan-paraeter-ispu.12268587, names and colours from the same annex.

Tables have versions. The ministry's public service shows indices that the regulation does not give: of 7,219 pairs of
PM10 0.2 % agree, of PM2.5 36 %. The lines through its points agree with 99.5 and 98.4 %; no text that sets them was
found. So both are computed, and an engineer says which of them is official.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from rules.exact import between, cleaned
from rules.local_time import hour_start_ms, last_shown_ms

SOURCE = "PermenLHK P.14/MENLHK/SETJEN/KUM.1/7/2020"

INDEX_LIMITS = (50.0, 100.0, 200.0, 300.0, 500.0)
"""The index at the upper end of each band. The regulation leaves the end of the last one open; 500 is what is used."""

BREAKPOINTS: dict[str, tuple[float, float, float, float, float]] = {
    # parameter  50      100      200       300       500      upper ends, 24-hour means, ug/m3
    "pm10":  (  50.0,  150.0,   350.0,    420.0,    500.0),
    "pm2_5": (  15.5,   55.4,   150.4,    250.4,    500.0),
    "so2":   (  52.0,  180.0,   400.0,    800.0,  1_200.0),
    "co":    (4_000.0, 8_000.0, 15_000.0, 30_000.0, 45_000.0),
    "o3":    ( 120.0,  235.0,   400.0,    800.0,  1_000.0),
    "no2":   (  80.0,  200.0, 1_130.0,  2_260.0,  3_000.0),
    "hc":    (  45.0,  100.0,   215.0,    432.0,    648.0),
}  # fmt: skip
"""The parameters in the order in which a tie is broken: the first of them is critical, as 40 ties in Jakarta's official
data have it (PM10 and PM2.5 before SO2, CO, O3, NO2; between PM10 and PM2.5 none was seen: the annex' order)."""


class TableStatus(StrEnum):
    """What a table stands on: a regulation, or what was seen of a service that names none."""

    REGULATION = "regulation"
    OBSERVED = "observed"


class Table(msgspec.Struct, frozen=True):
    """A version of the table: `number` stands beside what was computed with it.

    `valid_from`: since when it is in force, or was seen, as well as that is known (ISO 8601). `breakpoints` are the
    upper ends of the bands whose index is `INDEX_LIMITS`, in ug/m3.
    """

    key: str
    number: int
    name: str
    source: str
    status: TableStatus
    valid_from: str
    breakpoints: Mapping[str, tuple[float, float, float, float, float]]


P14_2020 = Table("p14_2020", 1, "P.14/2020", SOURCE, TableStatus.REGULATION, "2020-07", BREAKPOINTS)
KLH_2026 = Table(
    "klh_2026",
    2,
    "KLH 2026",
    "ispu.kemenlh.go.id as recorded on 2026-08-02 to 08; no regulation was found",
    TableStatus.OBSERVED,
    "2026-08-02",
    BREAKPOINTS
    | {
        # parameter  50    100    200    300    500
        "pm10":  (  21.0,  75.0, 175.0, 210.0, 500.0),
        "pm2_5": (  15.0,  55.0, 150.0, 250.4, 500.0),
    },
)  # fmt: skip
"""Seen were PM10 up to 210 and PM2.5 up to 150; beyond that, and of other parameters, the regulation's points stand."""

TABLES = {table.key: table for table in (P14_2020, KLH_2026)}
"""All versions by their key; the first is official unless an engineer has said otherwise."""
TABLE_OF_NUMBER = {table.number: table for table in TABLES.values()}
OF_VERSIONS = tuple(
    parameter for parameter in BREAKPOINTS
    if len({table.breakpoints[parameter] for table in TABLES.values()}) > 1
)  # fmt: skip
"""The parameters whose index depends on the version."""

WINDOW_HOURS = 24
LEAST_COMPLETENESS = 0.75
"""18 of 24 hours. Implementers use it; the sentence of the regulation was not found."""

HOURLY = frozenset({"pm2_5"})
"""Published each hour; all others at `PUBLICATION_HOURS`, of the site's time.
https://m.jpnn.com/news/klhk-kembali-bangun-14-stasiun-pemantau-kualitas-udara-pada-2021"""
PUBLICATION_HOURS = (9, 15)


class IspuCategory(msgspec.Struct, frozen=True):
    """A category up to and with index `upper`: its official names, and its official colour by name.

    The regulation gives no code for its colours; `hex` is the one that OpenAQ shows.
    """

    upper: float
    indonesian: str
    english: str
    colour_indonesian: str
    colour: str
    hex: str


CATEGORIES = (
    IspuCategory(50, "Baik", "Good", "Hijau", "Green", "#34cc33"),
    IspuCategory(100, "Sedang", "Moderate", "Biru", "Blue", "#0070c0"),
    IspuCategory(200, "Tidak Sehat", "Unhealthy", "Kuning", "Yellow", "#ffc100"),
    IspuCategory(300, "Sangat Tidak Sehat", "Very unhealthy", "Merah", "Red", "#ff0000"),
    IspuCategory(math.inf, "Berbahaya", "Hazardous", "Hitam", "Black", "#000000"),
)
"""Blue is worse than green, and yellow is unhealthy: these are not the colours of the US index."""


class SubIndex(msgspec.Struct, frozen=True):
    """The index of one parameter, not rounded; `above_scale` where its concentration is beyond the table's end."""

    value: float
    above_scale: bool = False

    @property
    def index(self) -> int:
        """As it is published: a whole number, half a point rounded up."""
        return rounded(self.value)


class SiteIndex(msgspec.Struct, frozen=True):
    """The index of a site and the parameter that gives it."""

    index: int
    critical: str
    category: IspuCategory
    above_scale: bool


def sub_index(parameter: str, ug_m3: float, table: Table = P14_2020) -> SubIndex:
    """The index of a 24-hour mean of `parameter` in ug/m3, by one version of the table.

    KeyError for what is no parameter; ValueError for what is no concentration.
    """
    if not 0 <= ug_m3 < math.inf:
        raise ValueError(f"{parameter} {ug_m3} ug/m3 is no concentration; give 0 or more")
    value, ends = cleaned(ug_m3), table.breakpoints[parameter]
    if value > ends[-1]:
        return SubIndex(INDEX_LIMITS[-1], above_scale=True)
    band = bisect_left(ends, value)
    below, index_below = (ends[band - 1], INDEX_LIMITS[band - 1]) if band else (0.0, 0.0)
    return SubIndex(float(between(value, (below, ends[band]), (index_below, INDEX_LIMITS[band]))))


def rounded(value: float) -> int:
    """The nearest whole number, half rounded up, as school has it.

    The regulation's sentence on it was not found; its published indices have no fractions. What floating point left
    of 49.5 is 49.5: the ninth decimal decides nothing.
    """
    return math.floor(round(value, 9) + 0.5)


def category_of(index: float) -> IspuCategory:
    """The category of a published index; 200 is still Tidak Sehat (under the rule of 1997 it was not)."""
    return next(category for category in CATEGORIES if index <= category.upper)


def critical_of(indices: Mapping[str, int]) -> str:
    """The parameter that gives the largest of the published `indices`; ties by the order of `BREAKPOINTS`."""
    largest = max(indices.values())
    return next(parameter for parameter in BREAKPOINTS if indices.get(parameter) == largest)


def site_index(sub_indices: Mapping[str, SubIndex]) -> SiteIndex | None:
    """The index of a site from those of its parameters; None where it has none."""
    if not sub_indices:
        return None
    indices = {parameter: sub.index for parameter, sub in sub_indices.items()}
    critical = critical_of(indices)
    index = indices[critical]
    return SiteIndex(index, critical, category_of(index), sub_indices[critical].above_scale)


def mean_of_day(hours: Sequence[float | None]) -> tuple[float | None, float]:
    """The mean of the last 24 hourly means, and its completeness from 0 to 1.

    No mean below `LEAST_COMPLETENESS`: an index of fewer hours would be another index.
    """
    known = [hour for hour in hours[-WINDOW_HOURS:] if hour is not None]
    completeness = len(known) / WINDOW_HOURS
    return (sum(known) / len(known) if completeness >= LEAST_COMPLETENESS else None), completeness


def is_published(parameter: str, time_ms: int, zone: ZoneInfo) -> bool:
    """Whether `parameter` has an index of its own at `time_ms` (UTC): each full hour of `zone`, or two of them."""
    return last_publication_ms(parameter, time_ms, zone) == time_ms


def last_publication_ms(parameter: str, time_ms: int, zone: ZoneInfo) -> int:
    """When (UTC) the index of `parameter` that holds at `time_ms` was published: at that time, or the last before."""
    if parameter in HOURLY:
        return hour_start_ms(time_ms, zone)
    return max(last_shown_ms(time_ms + 1, hour, 0, zone) for hour in PUBLICATION_HOURS)
