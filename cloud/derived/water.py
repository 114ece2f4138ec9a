"""Water: the rain of the hour and of the day since 07:00, and the worst Siaga of the hour."""

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from cloud.derived.grouped_reads import SeriesReader
from cloud.derived.grouping import together
from cloud.derived.hours import StoredHours, ended, timing_of
from cloud.derived.series_writer import DerivedSeriesWriter, values_of
from cloud.derived.spans import spans
from cloud.registry.records import Sensor
from rules.derived import (
    Fall,
    Rain,
    rain_day_end_ms,
    rain_day_start_ms,
    rain_of_day,
    rain_of_falls,
)
from rules.local_time import hour_end_ms, hour_starts
from rules.marks import NOT_BELIEVED
from rules.siaga import GaugeLimits, siaga_of
from wire import Domain
from wire.durations import DAY_MS, HOUR_MS


def is_read_seldom(sensor: Sensor) -> bool:
    """Whether a gauge is read more seldom than each hour: it says nothing of hours, and its readings make the day."""
    return timing_of(sensor).interval_ms > HOUR_MS


async def rain_hours(
    store: StoredHours, sensor: Sensor, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> tuple[DerivedSeriesWriter, list[int]]:
    """The rain of those of the hours that have ended, and their ends (UTC)."""
    writer = _new_writer(sensor)
    hours = ended(starts_ms, zone=zone, now_ms=now_ms)
    for start, end in hours:
        hour = await store.hour(sensor, "rainfall", start, end)
        if hour.count:
            values = {"rain_hour": hour.total, "rain_hour_completeness": hour.completeness}
            writer.put(end, values)
    return writer, [end for _, end in hours]


async def rain_days(
    store: SeriesReader, sensor: Sensor, ends_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> DerivedSeriesWriter:
    """The rain of the day at each full hour that looks back on the hours that end at `ends_ms` (UTC)."""
    writer = _new_writer(sensor)
    for span in spans(_rest_of_days(ends_ms, zone, now_ms), gap_ms=DAY_MS):
        first_ms, last_ms = rain_day_start_ms(span[0], zone), span[-1]
        amounts, shares = await together(
            values_of(store, sensor.id, quantity, first_ms=first_ms, last_ms=last_ms)
            for quantity in ("rain_hour", "rain_hour_completeness")
        )
        hours = {end: Rain(mm, shares.get(end, 0.0)) for end, mm in amounts.items()}
        for time_ms in span:
            _put_day(writer, time_ms, rain_of_day(hours, time_ms, zone))
    return writer


async def rain_days_of_readings(
    store: StoredHours, sensor: Sensor, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> DerivedSeriesWriter:
    """The rain of the days of a gauge that is read more seldom than each hour, at each full hour."""
    writer = _new_writer(sensor)
    for start_ms, end_ms in sorted({_day_of(start, zone) for start in starts_ms}):
        falls = await _falls(store, sensor, start_ms, end_ms)
        for time_ms in _ends_between(start_ms, min(end_ms, now_ms), zone):
            _put_day(writer, time_ms, rain_of_falls(falls, time_ms, (start_ms, end_ms)))
    return writer


async def _falls(store: StoredHours, sensor: Sensor, start_ms: int, end_ms: int) -> list[Fall]:
    timing = timing_of(sensor)
    points = await store.belonging(sensor, "rainfall", start_ms, end_ms)
    back_ms = timing.begins_ms - timing.shift_ms
    begins = [(point.time_ms + back_ms, point.value) for point in points if not point.marks & NOT_BELIEVED]
    return [Fall(begin_ms, begin_ms + timing.interval_ms, mm) for begin_ms, mm in begins]


async def siaga_hours(
    store: StoredHours, sensor: Sensor, gauge: GaugeLimits, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> DerivedSeriesWriter:
    """The worst Siaga of those of the hours that have ended, by the limits of the sensor's gauge today.

    An hour in which no reading can be believed has that of the highest, marked with what is doubted of it.
    """
    writer = _new_writer(sensor)
    for start, end in ended(starts_ms, zone=zone, now_ms=now_ms):
        hour = await store.hour(sensor, "water_level", start, end)
        if hour.worst is not None:
            values = {
                "siaga": siaga_of(gauge, hour.worst),
                "siaga_completeness": hour.completeness,
            }
            writer.put(end, values, doubts={"siaga": hour.doubts})
    return writer


def _put_day(writer: DerivedSeriesWriter, time_ms: int, found: Rain | None) -> None:
    if found is not None:
        writer.put(time_ms, {"rain_day": found.mm, "rain_day_completeness": found.completeness})


def _day_of(start_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    end_of_hour_ms = hour_end_ms(start_ms, zone)
    return rain_day_start_ms(end_of_hour_ms, zone), rain_day_end_ms(end_of_hour_ms, zone)


def _rest_of_days(ends_ms: Iterable[int], zone: ZoneInfo, now_ms: int) -> set[int]:
    until = {end: min(rain_day_end_ms(end, zone), now_ms) for end in ends_ms}
    return {time_ms for end, last_ms in until.items() for time_ms in (end, *_ends_between(end, last_ms, zone))}


def _ends_between(first_ms: int, last_ms: int, zone: ZoneInfo) -> list[int]:
    """The ends (UTC) of the hours that end after `first_ms`, up to `last_ms`."""
    if last_ms <= first_ms:
        return []
    ends = [hour_end_ms(start, zone) for start in hour_starts(first_ms, last_ms, zone)]
    return [end for end in ends if end <= last_ms]


def _new_writer(sensor: Sensor) -> DerivedSeriesWriter:
    return DerivedSeriesWriter(site=sensor.site, sensor=sensor.id, domain=Domain.FLOOD)
