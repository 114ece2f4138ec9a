"""Air: hourly means ─► ISPU and US AQI of each sensor ─► those of the site.

A site with several sensors of one parameter has the worst of them. PM2.5 counts each hour; the other parameters of ISPU
at 09:00 and 15:00 of the site, and hold until the next time.
"""

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from cloud.derived.hours import and_after, ended, hour_of, spans
from cloud.derived.sheet import Sheet, values_of
from cloud.registry.records import Sensor
from cloud.stores.contract import ReadingsStore
from rules import ispu
from rules.derived import (
    AQI_HOURS,
    LEAST_PERCENT,
    Index,
    Site,
    aqi_of_hours,
    aqi_of_site,
    ispu_of_day,
    ispu_of_site,
)
from rules.local_time import DAY_MS, hour_ends_to
from wire import AIR_PARAMETERS, Domain

HELD_HOURS = 19
"""The longest that a published index holds: from 15:00 to 09:00, in the night in which clocks are set back."""

Values = dict[int, float]


async def hourly_means(
    store: ReadingsStore, sensor: Sensor, parameter: str, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> tuple[Sheet, list[int]]:
    """The means of those of the hours that have ended, and their ends (UTC)."""
    sheet = _sheet(sensor.site, sensor.id)
    hours = ended(starts_ms, zone=zone, now_ms=now_ms)
    for start, end in hours:
        hour = await hour_of(store, sensor, parameter, start, end)
        completeness = hour.completeness(sensor.interval_s)
        if hour.count or hour.doubts:  # what nobody can believe is 0 % complete, and not as if nothing had been said
            mean = hour.mean if completeness >= LEAST_PERCENT else None
            sheet.put(end, {f"{parameter}_hour": mean, f"{parameter}_hour_completeness": completeness})
    return sheet, [end for _, end in hours]


async def indices_of_sensor(
    store: ReadingsStore, sensor: Sensor, parameter: str, ends_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> tuple[Sheet, list[int]]:
    """Every index that looks back on the hours that end at `ends_ms` (UTC), and the times of these indices."""
    sheet = _sheet(sensor.site, sensor.id)
    times = and_after(ends_ms, ispu.WINDOW_HOURS - 1, zone=zone, now_ms=now_ms)
    for span in spans(times, gap_ms=DAY_MS):
        means = await values_of(store, sensor.id, f"{parameter}_hour", first_ms=span[0] - DAY_MS, last_ms=span[-1])
        for time_ms in span:
            hours = [means.get(end) for end in hour_ends_to(time_ms, ispu.WINDOW_HOURS, zone)]
            mean, share = ispu.mean_of_day(hours)
            if share:
                sheet.put(time_ms, {f"{parameter}_day": mean, f"{parameter}_day_completeness": 100.0 * share})
            if ispu.is_published(parameter, time_ms, zone):
                _put(sheet, time_ms, f"ispu_{parameter}", ispu_of_day(parameter, hours))
            if parameter in AQI_HOURS:
                _put(sheet, time_ms, f"us_aqi_{parameter}", aqi_of_hours(parameter, hours))
    return sheet, times


async def indices_of_site(
    store: ReadingsStore, site: str, sensors: Collection[Sensor], times_ms: Collection[int], *,
    zone: ZoneInfo, now_ms: int,
) -> Sheet:  # fmt: skip
    """ISPU and US AQI of `site` at `times_ms` (UTC) and as long after as what was published then holds."""
    sheet = _sheet(site, site)
    for span in spans(and_after(times_ms, HELD_HOURS, zone=zone, now_ms=now_ms), gap_ms=DAY_MS):
        first_ms, last_ms = span[0] - DAY_MS, span[-1]
        published = await _worst(store, sensors, "ispu", AIR_PARAMETERS, first_ms, last_ms)
        of_hour = await _worst(store, sensors, "us_aqi", AQI_HOURS, first_ms, last_ms)
        for time_ms in span:
            then = {parameter: ispu.last_publication_ms(parameter, time_ms, zone) for parameter in published}
            held = {
                parameter: found[then[parameter]] for parameter, found in published.items() if then[parameter] in found
            }
            now = {parameter: found[time_ms] for parameter, found in of_hour.items() if time_ms in found}
            _put_site(sheet, time_ms, "ispu", ispu_of_site(held))
            _put_site(sheet, time_ms, "us_aqi", aqi_of_site(now))
    return sheet


async def _worst(
    store: ReadingsStore,
    sensors: Collection[Sensor],
    index: str,
    parameters: Collection[str],
    first_ms: int,
    last_ms: int,
) -> Mapping[str, Mapping[int, Index]]:
    """By parameter and time the largest index of all sensors of a site."""
    worst: dict[str, dict[int, Index]] = {}
    for parameter in parameters:
        name = f"{index}_{parameter}"
        for sensor in sensors:
            if parameter not in sensor.quantities:
                continue
            values = await values_of(store, sensor.id, name, first_ms=first_ms, last_ms=last_ms)
            shares = await values_of(store, sensor.id, f"{name}_completeness", first_ms=first_ms, last_ms=last_ms)
            of_parameter = worst.setdefault(parameter, {})
            for time_ms, value in values.items():
                held = of_parameter.get(time_ms)
                if held is None or held.index is None or value > held.index:
                    of_parameter[time_ms] = Index(int(value), shares.get(time_ms, 0.0))
    return worst


def _put(sheet: Sheet, time_ms: int, name: str, found: Index) -> None:
    completeness = found.completeness or None  # of a sensor that said nothing at all there is nothing to say
    sheet.put(time_ms, {name: found.index, f"{name}_completeness": completeness})


def _put_site(sheet: Sheet, time_ms: int, name: str, found: Site | None) -> None:
    if found is None:
        sheet.put(time_ms, dict.fromkeys((name, f"{name}_critical", f"{name}_completeness")))
        return
    critical = AIR_PARAMETERS.index(found.critical)
    sheet.put(time_ms, {name: found.index, f"{name}_critical": critical, f"{name}_completeness": found.completeness})


def _sheet(site: str, sensor: str) -> Sheet:
    return Sheet(site=site, sensor=sensor, domain=Domain.AIR)
