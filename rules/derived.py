"""Derived series, pure: what Siaga computes from readings, hour by hour.

readings ─► Hour (count, sum, lowest, highest, completeness) ─► 24 hours ─► ISPU     12 hours ─► NowCast ─► US AQI
                                                              └► rain of the day since 07:00 of the place

Every hour is one of the site's zone, [start, end), and what is computed of it stands at its end (local_time.py). A
reading belongs to the hour in which the middle of what it speaks for lies (timing.py). Readings that nobody can believe
(marks.py) count for nothing. Completeness is in % of what was to be covered. `VERSION` counts up with every change that
makes another value of the same readings; each derived point carries it.
"""

import math
import operator
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from zoneinfo import ZoneInfo

import msgspec

from rules import gases, ispu, rain, usaqi
from rules.ispu import P14_2020, SubIndex, Table
from rules.local_time import (
    hour_end_ms,
    hour_start_ms,
    hour_starts,
    last_shown_ms,
    next_shown_ms,
)
from rules.marks import DOUBTED, NOT_BELIEVED
from rules.timing import SLACK, Heard, Slots, Timing
from wire import AIR_PARAMETERS, ISPU_BY_VERSION, ISPU_TABLE
from wire.durations import HOUR_MS

_NOT_BELIEVED, _DOUBTED = int(NOT_BELIEVED), int(DOUBTED)  # as plain numbers: they are asked of each reading
VERSION = 2
LEAST_PERCENT = 75.0
"""An hour, and a window of hours, of less has no mean."""

AQI_HOURS = {"pm2_5": 12, "pm10": 12, "o3": 8, "co": 8, "no2": 1, "so2": 24}
"""How many hours the US index looks back: NowCast for PM, means for gases (of SO2 the newest hour as well)."""


USUAL_VISITORS = ("visitors_usual", "visitors_usual_low", "visitors_usual_high", "visitors_usual_weeks")
"""What is usual of an hour, by rules/usual.py: the median of some weeks, its quartiles, how many weeks they were."""


SERIES_BY_MINUTE = frozenset({
    "rise_rate", "visitors_present", "visitors_day", "visit_length", "capacity_used", "crowd_density",
    "visitors_completeness", *USUAL_VISITORS, "flood_computation", "footfall_computation",
})  # fmt: skip
"""Of which a point stands at the end of each minute in which anything was read, or of each ten minutes."""


class OfSite(msgspec.Struct, frozen=True):
    """A series of a whole site: the quantities of which any gives it, and what is told beside it."""

    name: str
    of: Collection[str]
    beside: tuple[str, ...] = ()


OF_SITE = (
    OfSite("ispu", AIR_PARAMETERS, ("ispu_critical", "ispu_completeness", ISPU_TABLE, *ISPU_BY_VERSION)),
    OfSite("us_aqi", AQI_HOURS, ("us_aqi_critical", "us_aqi_completeness")),
    OfSite("visitors_present", ("people_in",), ("visit_length", "visitors_completeness", *USUAL_VISITORS)),
    OfSite("visitors_day", ("people_in",)),
    OfSite("capacity_used", ("people_in",)),
    OfSite("crowd_density", ("people_in",)),
)
"""All that is computed for sites. The US index knows no hydrocarbons: a site that measures nothing else has none."""


def series_of_site(measured: Collection[str]) -> tuple[str, ...]:
    """What is computed for a site whose sensors measure so, without what stands beside it."""
    return tuple(series.name for series in OF_SITE if any(quantity in measured for quantity in series.of))


def derived_of_site(measured: Collection[str]) -> tuple[str, ...]:
    """What is computed for a site whose sensors measure so, and what stands beside it."""
    own = series_of_site(measured)
    return tuple(name for series in OF_SITE if series.name in own for name in (series.name, *series.beside))


def has_hours(interval_s: float | None) -> bool:
    """Whether a sensor that measures every `interval_s` says something of each hour."""
    return Timing(interval_s).interval_ms <= HOUR_MS


def series_of_sensor(quantity: str, interval_s: float | None) -> tuple[str, ...]:
    """What is computed of a sensor that measures `quantity` every `interval_s`, without what stands beside it."""
    if quantity == "rainfall":
        return ("rain_hour", "rain_day") if has_hours(interval_s) else ("rain_day",)
    if quantity == "water_level":
        return ("siaga", "rise_rate")
    if quantity not in AIR_PARAMETERS:
        return ()
    us_aqi = (f"us_aqi_{quantity}",) if quantity in AQI_HOURS else ()
    return (f"{quantity}_hour", f"{quantity}_day", f"ispu_{quantity}", *us_aqi)


class Hour:
    """What the readings of one hour come to, one by one and in any order: from `start_ms` to `end_ms` (UTC).

    `interval_s` is how often the sensor measures; without one completeness is of the hour's quarters. Values are summed
    up in the order in which they are added, whichever way they are: in the order of time the sum is always the same.
    """

    __slots__ = ("_doubts", "_highest_doubted", "_slots", "count", "end_ms", "highest", "start_ms", "total")

    def __init__(self, start_ms: int, end_ms: int | None = None, interval_s: float | None = None) -> None:
        self.start_ms = start_ms
        self.end_ms = start_ms + HOUR_MS if end_ms is None else end_ms
        self._slots = Slots(self.start_ms, self.end_ms, Timing(interval_s))
        self.count = 0
        self.total = 0.0
        self.highest = float("-inf")
        self._highest_doubted = float("-inf")
        self._doubts = 0

    def add(self, time_ms: int, value: float, marks: int = 0) -> None:
        """Count a reading in that belongs to `time_ms` of the hour, if it can be believed."""
        if marks & _NOT_BELIEVED:
            self._highest_doubted = max(self._highest_doubted, value)
            self._doubts |= marks & _DOUBTED
            return
        self.count += 1
        self.total += value
        if value > self.highest:
            self.highest = value
        self._slots.add(time_ms)

    def add_in_order(self, times_ms: Sequence[int], values: Sequence[float]) -> None:
        """Count readings in that can be believed, in the order of time: the same as one by one."""
        if len(values) == 1:
            self.add(times_ms[0], values[0])
            return
        self.count += len(values)
        self.total = reduce(operator.add, values, self.total)  # sum() of later Pythons rounds otherwise
        self.highest = max(self.highest, max(values))
        self._slots.add_in_order(times_ms)

    @property
    def mean(self) -> float | None:
        """The mean of the readings; None without any."""
        return self.total / self.count if self.count else None

    @property
    def worst(self) -> float | None:
        """The highest reading that can be believed; where none can, the highest of the others; None without any."""
        if self.count:
            return self.highest
        return self._highest_doubted if self._doubts else None

    @property
    def doubts(self) -> int:
        """Why the hour is doubted as a whole: the marks of its readings, where none of them can be believed."""
        return 0 if self.count else self._doubts

    @property
    def completeness(self) -> float:
        """The share of the hour's intervals in which a reading was counted, in %: of those that were due."""
        return 100.0 * self._slots.share(self.count)


class Index(msgspec.Struct, frozen=True):
    """An index and its completeness in %; no index where too little of its window is known."""

    index: int | None
    completeness: float


def ispu_of_day(parameter: str, hours: Sequence[float | None], table: Table = P14_2020) -> Index:
    """ISPU of `parameter` from 24 hourly means in ug/m3, the newest last, by one version of the table."""
    mean, share = ispu.mean_of_day(hours)
    return Index(None if mean is None else ispu.sub_index(parameter, mean, table).index, 100.0 * share)


def aqi_of_hours(parameter: str, hours: Sequence[float | None]) -> Index:
    """US AQI of a row of `AQI_HOURS` from hourly means in ug/m3, the newest last.

    Gases become ppb at 25 Cel and 1 atm. O3 by the plain mean of 8 hours: its NowCast is a fitted model per place.
    """
    window = list(hours[-AQI_HOURS[parameter] :])
    known = [hour for hour in window if hour is not None]
    completeness = 100.0 * len(known) / AQI_HOURS[parameter]
    if parameter in ("pm2_5", "pm10"):
        concentration = usaqi.nowcast(parameter, window)
        return Index(None if concentration is None else usaqi.sub_index(parameter, concentration), completeness)
    newest = window[-1] if window else None
    mean = sum(known) / len(known) if completeness >= LEAST_PERCENT else None
    return Index(_aqi_of_gas(parameter, newest, mean), completeness)


def _aqi_of_gas(gas: str, newest: float | None, mean: float | None) -> int | None:
    newest_ppb = None if newest is None else gases.known_ppb(gas, newest)
    mean_ppb = None if mean is None else gases.known_ppb(gas, mean)
    if gas == "so2":
        return None if newest_ppb is None else usaqi.so2_index(newest_ppb, mean_ppb)
    if mean_ppb is None:
        return None
    if gas == "o3":
        return usaqi.o3_index(mean_ppb / 1000, None if newest_ppb is None else newest_ppb / 1000)
    if gas == "co":
        return usaqi.sub_index("co_8h", mean_ppb / 1000)
    return usaqi.sub_index("no2_1h", mean_ppb)


class IndexOfSite(msgspec.Struct, frozen=True):
    """The index of a site: the largest of its parameters', the parameter that gives it, and the least completeness."""

    index: int
    critical: str
    completeness: float


def ispu_of_site(found: Mapping[str, Index]) -> IndexOfSite | None:
    """ISPU of a site from the published ones of its parameters; None where it has none."""
    known = {parameter: one.index for parameter, one in found.items() if one.index is not None}
    site = ispu.site_index({parameter: SubIndex(float(index)) for parameter, index in known.items()})
    return None if site is None else IndexOfSite(site.index, site.critical, _least(found, known))


def aqi_of_site(found: Mapping[str, Index]) -> IndexOfSite | None:
    """US AQI of a site; None where it has none."""
    known = {parameter: one.index for parameter, one in found.items() if one.index is not None}
    if not known:
        return None
    critical = usaqi.critical_of(known)
    return IndexOfSite(known[critical], critical, _least(found, known))


def _least(found: Mapping[str, Index], known: Mapping[str, int]) -> float:
    return min(found[parameter].completeness for parameter in known)


class Rain(msgspec.Struct, frozen=True):
    """Rain in mm, and the completeness of the hours that it fell in, in %."""

    mm: float
    completeness: float


def rain_day_start_ms(end_ms: int, zone: ZoneInfo) -> int:
    """When (UTC) the day of rain began that the hour before `end_ms` belongs to: 07:00 of `zone`."""
    return last_shown_ms(end_ms, rain.DAY_BEGINS_HOUR, 0, zone)


def rain_day_end_ms(end_ms: int, zone: ZoneInfo) -> int:
    """When (UTC) the day of rain ends that the hour before `end_ms` belongs to: 23, 24 or 25 hours after it began."""
    return next_shown_ms(end_ms, rain.DAY_BEGINS_HOUR, 0, zone)


def rain_of_day(hours: Mapping[int, Rain], end_ms: int, zone: ZoneInfo) -> Rain | None:
    """The rain from 07:00 of `zone` to `end_ms`, from hours by their ends (UTC); an hour unknown is one of no rain.

    None where no hour is known. At 07:00 itself it is that of the whole day.
    """
    start_ms = rain_day_start_ms(end_ms, zone)
    ends = [hour_end_ms(start, zone) for start in hour_starts(start_ms, hour_start_ms(end_ms - 1, zone), zone)]
    known = [hours[end] for end in ends if end in hours]
    if not known:
        return None
    return Rain(math.fsum(hour.mm for hour in known), sum(hour.completeness for hour in known) / len(ends))


class Fall(msgspec.Struct, frozen=True):
    """Rain in mm that fell from `start_ms` to `end_ms` (UTC): a reading of a gauge that is read less than hourly."""

    start_ms: int
    end_ms: int
    mm: float


def rain_of_falls(falls: Sequence[Fall], time_ms: int, day_ms: tuple[int, int]) -> Rain | None:
    """The rain of the day from and to `day_ms` (UTC) by `time_ms`: of what had ended then; None where nothing had.

    At the day's end all counts that belongs to the day, though the gauge was read some minutes later.
    """
    start_ms, end_ms = day_ms
    known = [fall for fall in falls if fall.end_ms <= time_ms or time_ms >= end_ms]
    if not known:
        return None
    longest_ms = max(fall.end_ms - fall.start_ms for fall in known)
    heard = Heard((fall.start_ms for fall in known), each_ms=round(longest_ms * SLACK))
    share = heard.between(start_ms, time_ms) / (time_ms - start_ms)
    return Rain(math.fsum(fall.mm for fall in known), 100.0 * share)
