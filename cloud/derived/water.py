"""Water: the rain of the hour and of the day since 07:00, and the worst Siaga of the hour."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from cloud.derived.hours import hour_of, spans
from cloud.derived.sheet import Sheet, values_of
from cloud.registry.records import Sensor
from cloud.stores.contract import ReadingsStore
from rules.derived import DAY_MS, HOUR_MS, Rain, rain_day_start_ms, rain_of_day
from rules.siaga import Gauge, siaga_of
from wire import Domain


async def rain_hours(
    store: ReadingsStore, sensor: Sensor, starts_ms: Collection[int], *, now_ms: int
) -> tuple[Sheet, list[int]]:
    """The rain of those of the hours that have ended, and their ends (UTC)."""
    sheet = Sheet(site=sensor.site, sensor=sensor.id, domain=Domain.FLOOD)
    ends = sorted(start + HOUR_MS for start in starts_ms if start + HOUR_MS <= now_ms)
    for end in ends:
        hour = await hour_of(store, sensor.id, "rainfall", end - HOUR_MS)
        if hour.count:
            values = {"rain_hour": hour.total, "rain_hour_completeness": hour.completeness(sensor.interval_s)}
            sheet.put(end, values)
    return sheet, ends


async def rain_days(
    store: ReadingsStore, sensor: Sensor, ends_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> Sheet:
    """The rain of the day at each full hour that looks back on the hours that end at `ends_ms` (UTC)."""
    sheet = Sheet(site=sensor.site, sensor=sensor.id, domain=Domain.FLOOD)
    for span in spans(_rest_of_days(ends_ms, zone, now_ms), gap_ms=DAY_MS):
        first_ms, last_ms = span[0] - DAY_MS, span[-1]
        amounts = await values_of(store, sensor.id, "rain_hour", first_ms=first_ms, last_ms=last_ms)
        shares = await values_of(store, sensor.id, "rain_hour_completeness", first_ms=first_ms, last_ms=last_ms)
        hours = {end: Rain(mm, shares.get(end, 0.0)) for end, mm in amounts.items()}
        for time_ms in span:
            found = rain_of_day(hours, time_ms, zone)
            if found is not None:
                sheet.put(time_ms, {"rain_day": found.mm, "rain_day_completeness": found.completeness})
    return sheet


async def siaga_hours(
    store: ReadingsStore, sensor: Sensor, gauge: Gauge, starts_ms: Collection[int], *, now_ms: int
) -> Sheet:
    """The worst Siaga of those of the hours that have ended, by the limits of the sensor's gauge today."""
    sheet = Sheet(site=sensor.site, sensor=sensor.id, domain=Domain.FLOOD)
    for start in sorted(starts_ms):
        if start + HOUR_MS > now_ms:
            continue
        hour = await hour_of(store, sensor.id, "water_level", start)
        if hour.count:
            values = {
                "siaga": siaga_of(gauge, hour.highest),
                "siaga_completeness": hour.completeness(sensor.interval_s),
            }
            sheet.put(start + HOUR_MS, values)
    return sheet


def _rest_of_days(ends_ms: Collection[int], zone: ZoneInfo, now_ms: int) -> set[int]:
    until = {end: min(rain_day_start_ms(end, zone) + DAY_MS, now_ms) for end in ends_ms}
    return {time_ms for end, last in until.items() for time_ms in range(end, last + 1, HOUR_MS)}
