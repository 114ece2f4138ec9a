"""Air: hourly means, corrected ─► ISPU and US AQI of each sensor ─► those of the site.

A site with several sensors of one parameter has the worst of them. PM2.5 counts each hour; the other parameters of ISPU
at 09:00 and 15:00 of the site, and hold until the next time.
"""

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from cloud.derived.corrected_hours import CorrectedHours
from cloud.derived.grouped_reads import SeriesReader
from cloud.derived.grouping import together
from cloud.derived.hours import StoredHours, and_after, ended
from cloud.derived.series_writer import DerivedSeriesWriter, values_of
from cloud.derived.site_sensors import Stood
from cloud.derived.spans import spans
from cloud.registry.facts import Timeline, constant
from cloud.registry.records import Sensor
from rules import ispu
from rules.derived import (
    AQI_HOURS,
    Index,
    IndexOfSite,
    aqi_of_hours,
    aqi_of_site,
    ispu_of_day,
    ispu_of_site,
)
from rules.ispu import P14_2020, TABLES
from rules.local_time import hour_ends_to
from wire import AIR_PARAMETERS, ISPU_OF_VERSIONS, ISPU_TABLE, Domain
from wire.durations import DAY_MS

HELD_HOURS = 19
"""The longest that a published index holds: from 15:00 to 09:00, in the night in which clocks are set back."""


def _always_here(_sensor: Sensor, _end_ms: int) -> bool:
    return True


ALWAYS_P14 = constant(P14_2020.key)
"""The regulation's table, official as long as nobody has said otherwise."""
Values = dict[int, float]


async def hourly_means(
    store: StoredHours, corrections: CorrectedHours, sensor: Sensor, parameter: str, starts_ms: Collection[int], *,
    zone: ZoneInfo, now_ms: int,
) -> tuple[DerivedSeriesWriter, list[int]]:  # fmt: skip
    """The means of those of the hours that have ended, each by its correction, and their ends (UTC)."""
    writer = _new_writer(sensor.site, sensor.id)
    hours = ended(starts_ms, zone=zone, now_ms=now_ms)
    for start, end in hours:
        hour = await store.hour(sensor, parameter, start, end)
        if hour.count or hour.doubts:  # what nobody can believe is 0 % complete, and not as if nothing had been said
            await corrections.put(writer, store, sensor, parameter, hour)
    return writer, [end for _, end in hours]


async def indices_of_sensor(
    store: SeriesReader,
    sensor: Sensor,
    parameter: str,
    ends_ms: Collection[int],
    *,
    zone: ZoneInfo,
    now_ms: int,
    official: Timeline = ALWAYS_P14,
    stood: Stood = _always_here,
) -> tuple[DerivedSeriesWriter, list[int]]:
    """Every index that looks back on the hours that end at `ends_ms` (UTC), and the times of these indices.

    ISPU by every version of its table, and as ISPU itself that of the version that was `official` (its key). Of a
    sensor that moved only the hours count in which it `stood` there, and its indices of other hours are another site's.
    """
    writer = _new_writer(sensor.site, sensor.id)
    times = and_after(ends_ms, ispu.WINDOW_HOURS - 1, zone=zone, now_ms=now_ms)
    for span in spans(times, gap_ms=DAY_MS):
        means = await values_of(store, sensor.id, f"{parameter}_hour", first_ms=span[0] - DAY_MS, last_ms=span[-1])
        for time_ms in (each for each in span if stood(sensor, each)):
            ends = hour_ends_to(time_ms, ispu.WINDOW_HOURS, zone)
            hours = [means.get(end) if stood(sensor, end) else None for end in ends]
            mean, share = ispu.mean_of_day(hours)
            if share:
                writer.put(time_ms, {f"{parameter}_day": mean, f"{parameter}_day_completeness": 100.0 * share})
            if ispu.is_published(parameter, time_ms, zone):
                _put_ispu(writer, time_ms, parameter, hours, TABLES[official.at(time_ms)])
            if parameter in AQI_HOURS:
                _put(writer, time_ms, f"us_aqi_{parameter}", aqi_of_hours(parameter, hours))
    return writer, times


async def indices_of_site(
    store: SeriesReader, site: str, sensors: Collection[Sensor], times_ms: Collection[int], *,
    zone: ZoneInfo, now_ms: int, official: Timeline = ALWAYS_P14,
    stood: Stood = _always_here,
) -> DerivedSeriesWriter:  # fmt: skip
    """ISPU and US AQI of `site` at `times_ms` (UTC) and as long after as what was published then holds.

    ISPU by every version of its table, and as ISPU itself that of the version that was `official` (its key).
    """
    writer = _new_writer(site, site)
    for span in spans(and_after(times_ms, HELD_HOURS, zone=zone, now_ms=now_ms), gap_ms=DAY_MS):
        first_ms, last_ms = span[0] - DAY_MS, span[-1]
        of_hour, *of_versions = await together((
            _worst(store, sensors, "us_aqi", AQI_HOURS, first_ms, last_ms, stood),
            *(_worst(store, sensors, "ispu", AIR_PARAMETERS, first_ms, last_ms, stood, version=key) for key in TABLES),
        ))  # fmt: skip
        published = dict(zip(TABLES, of_versions, strict=True))
        for time_ms in span:
            held = {key: _held(found, time_ms, zone) for key, found in published.items()}
            _put_ispu_of_site(writer, time_ms, held, TABLES[official.at(time_ms)])
            now = {parameter: found[time_ms] for parameter, found in of_hour.items() if time_ms in found}
            _put_site(writer, time_ms, "us_aqi", aqi_of_site(now))
    return writer


async def _worst(
    store: SeriesReader,
    sensors: Collection[Sensor],
    index: str,
    parameters: Collection[str],
    first_ms: int,
    last_ms: int,
    stood: Stood,
    *,
    version: str = "",
) -> Mapping[str, Mapping[int, Index]]:
    """By parameter and time the largest index of all sensors of a site, by one `version` where there are several."""
    measured = [(each, sensor) for each in parameters for sensor in sensors if each in sensor.quantities]
    found = await together(
        _indices_and_shares(store, sensor.id, f"{index}_{parameter}", first_ms, last_ms, version=version)
        for parameter, sensor in measured
    )
    worst: dict[str, dict[int, Index]] = {}
    for (parameter, sensor), (values, shares) in zip(measured, found, strict=True):
        of_parameter = worst.setdefault(parameter, {})
        for time_ms, value in values.items():
            if not stood(sensor, time_ms):
                continue
            held = of_parameter.get(time_ms)
            if held is None or held.index is None or value > held.index:
                of_parameter[time_ms] = Index(int(value), shares.get(time_ms, 0.0))
    return worst


async def _indices_and_shares(
    store: SeriesReader, sensor: str, name: str, first_ms: int, last_ms: int, *, version: str
) -> tuple[dict[int, float], dict[int, float]]:
    values, shares = await together((
        _indices(store, sensor, name, first_ms, last_ms, version=version),
        values_of(store, sensor, f"{name}_completeness", first_ms=first_ms, last_ms=last_ms),
    ))  # fmt: skip
    return values, shares


async def _indices(
    store: SeriesReader, sensor: str, name: str, first_ms: int, last_ms: int, *, version: str
) -> dict[int, float]:
    """The index of one parameter at one sensor: by `version` where it depends on that.

    What was computed before tables had versions stands under its plain name, and is of the regulation's.
    """
    if not version or name.removeprefix("ispu_") not in ISPU_OF_VERSIONS:
        return await values_of(store, sensor, name, first_ms=first_ms, last_ms=last_ms)
    of_version = name.replace("ispu_", f"ispu_{version}_")
    if version != P14_2020.key:
        return await values_of(store, sensor, of_version, first_ms=first_ms, last_ms=last_ms)
    plain, by_version, tables = await together(
        values_of(store, sensor, each, first_ms=first_ms, last_ms=last_ms) for each in (name, of_version, ISPU_TABLE)
    )
    return {time_ms: value for time_ms, value in plain.items() if time_ms not in tables} | by_version


def _held(published: Mapping[str, Mapping[int, Index]], time_ms: int, zone: ZoneInfo) -> dict[str, Index]:
    """What was published last of each parameter."""
    then = {parameter: ispu.last_publication_ms(parameter, time_ms, zone) for parameter in published}
    return {parameter: found[then[parameter]] for parameter, found in published.items() if then[parameter] in found}


def _put_ispu(
    writer: DerivedSeriesWriter, time_ms: int, parameter: str, hours: Sequence[float | None], official: ispu.Table
) -> None:
    _put(writer, time_ms, f"ispu_{parameter}", ispu_of_day(parameter, hours, official))
    if parameter not in ISPU_OF_VERSIONS:
        return
    for key, table in TABLES.items():
        found = ispu_of_day(parameter, hours, table)
        number = official.number if found.completeness else None
        writer.put(time_ms, {f"ispu_{key}_{parameter}": found.index, ISPU_TABLE: number})


def _put_ispu_of_site(
    writer: DerivedSeriesWriter, time_ms: int, held: Mapping[str, Mapping[str, Index]], official: ispu.Table
) -> None:
    for key, of_parameter in held.items():
        found = ispu_of_site(of_parameter)
        if of_parameter.keys() != held[P14_2020.key].keys():
            continue  # a version of which some parameter was not computed yet would look better than it is
        index, critical = (None, None) if found is None else (found.index, AIR_PARAMETERS.index(found.critical))
        writer.put(time_ms, {f"ispu_{key}": index, f"ispu_{key}_critical": critical})
        if key == official.key:
            _put_site(writer, time_ms, "ispu", found)
            writer.put(time_ms, {ISPU_TABLE: None if found is None else official.number})


def _put(writer: DerivedSeriesWriter, time_ms: int, name: str, found: Index) -> None:
    completeness = found.completeness or None  # of a sensor that said nothing at all there is nothing to say
    writer.put(time_ms, {name: found.index, f"{name}_completeness": completeness})


def _put_site(writer: DerivedSeriesWriter, time_ms: int, name: str, found: IndexOfSite | None) -> None:
    if found is None:
        writer.put(time_ms, dict.fromkeys((name, f"{name}_critical", f"{name}_completeness")))
        return
    critical = AIR_PARAMETERS.index(found.critical)
    writer.put(time_ms, {name: found.index, f"{name}_critical": critical, f"{name}_completeness": found.completeness})


def _new_writer(site: str, sensor: str) -> DerivedSeriesWriter:
    return DerivedSeriesWriter(site=site, sensor=sensor, domain=Domain.AIR)
