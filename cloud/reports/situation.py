"""The situation: the state of each domain at each site, as the console shows it, and the worst of each site.

daruba  flood  3  "Siaga 2"      daruba  air  1  "Moderate"      daruba  all  3  "Siaga 2"

One thing is stricter here than on the console, where the age stands beside each figure: where every sensor of a domain
is silent and no alarm is open, nothing is known, however good the last figure was.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from cloud.gateways.freshness import Freshness, best, freshness
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import COMPUTED
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from cloud.situation import WATCHED, DomainState, states_of, unknown, worst_state
from i18n.catalog import catalog_of
from wire import QUANTITIES, Domain
from wire.measurements import EVERYWHERE, NOTHING_KNOWN


class _Heard(msgspec.Struct, frozen=True):
    """The sensors of a domain at a site: how many there are, how many are silent, when one was heard last (UTC)."""

    sensors: int
    silent: int
    newest_ms: int | None


def situation_points(known: PlatformSnapshot) -> list[ReportPoint]:
    """A point for each domain that a site measures, and one for the site as a whole."""
    sensors = _by_site(known)
    readings = _readings_by_site(known)
    alarms = defaultdict(list)
    for alarm in known.alarms:
        alarms[alarm.site].append(alarm)
    by_id = {sensor.id: sensor for sensor in known.registry.sensors()}
    points: list[ReportPoint] = []
    for site in known.registry.sites():
        if site.id in sensors or site.id in alarms:
            own, here = readings.get(site.id, ()), sensors.get(site.id, ())
            states = states_of(
                site,
                readings=own,
                sensors=by_id,
                alarms=alarms[site.id],
                now_ms=known.now_ms,
                refused=known.refused,
            )
            points += _site(known, site, states, here, _heard_ms(own))
    return points


def _site(
    known: PlatformSnapshot,
    site: Site,
    states: Sequence[DomainState],
    sensors: Sequence[Sensor],
    heard_ms: Mapping[tuple[str, Domain], int],
) -> Iterator[ReportPoint]:
    by_domain = {state.domain: state for state in states}
    told: list[DomainState] = []
    of_all: list[_Heard] = []
    for domain in WATCHED:
        heard = _heard(known.now_ms, domain, sensors, heard_ms)
        state = by_domain.get(domain)
        if state is None and not heard.sensors:
            continue
        if state is None or (heard.silent == heard.sensors and not state.alarm):
            state = unknown(domain) if state is None or state.rank != NOTHING_KNOWN else state
        told.append(state)
        of_all.append(heard)
        yield _point(known, site, domain, state, heard)
    worst = worst_state(told)
    if worst is not None:
        yield _point(known, site, EVERYWHERE, worst, _together(known.now_ms, sensors, heard_ms))


def _point(known: PlatformSnapshot, site: Site, domain: str, state: DomainState, heard: _Heard) -> ReportPoint:
    age_s = None if heard.newest_ms is None else max(0.0, (known.now_ms - heard.newest_ms) / 1_000)
    return ReportPoint(
        "situation",
        known.now_ms,
        {"domain": str(domain), "instance": known.instance, "site": site.id},
        {
            "severity": state.rank,
            "word": catalog_of("en").said(state.text),
            "word_id": catalog_of("id").said(state.text),
            "age_s": age_s,
            "sensors": heard.sensors,
            "silent": heard.silent,
            "name": site.name,
            "latitude": site.latitude,
            "longitude": site.longitude,
        },
    )


def _heard(
    now_ms: int, domain: Domain, sensors: Sequence[Sensor], heard_ms: Mapping[tuple[str, Domain], int]
) -> _Heard:
    """What is heard of the sensors that measure something of `domain`."""
    measuring = [sensor for sensor in sensors if any(QUANTITIES[name].domain is domain for name in sensor.quantities)]
    times = [heard_ms.get((sensor.id, domain)) for sensor in measuring]
    silent = sum(
        _freshness(now_ms, time_ms, sensor) in (Freshness.SILENT, Freshness.NEVER)
        for sensor, time_ms in zip(measuring, times, strict=True)
    )
    return _Heard(len(measuring), silent, max((time_ms for time_ms in times if time_ms is not None), default=None))


def _together(now_ms: int, sensors: Sequence[Sensor], heard_ms: Mapping[tuple[str, Domain], int]) -> _Heard:
    """The same of a whole site: a sensor is as fresh as the last thing that it said."""
    found = {sensor.id: [heard_ms.get((sensor.id, domain)) for domain in WATCHED] for sensor in sensors}
    silent = sum(
        best(_freshness(now_ms, time_ms, sensor) for time_ms in found[sensor.id]) in (Freshness.SILENT, Freshness.NEVER)
        for sensor in sensors
    )
    times = [time_ms for each in found.values() for time_ms in each if time_ms is not None]
    return _Heard(len(sensors), silent, max(times, default=None))


def _freshness(now_ms: int, time_ms: int | None, sensor: Sensor) -> Freshness:
    return freshness(None if time_ms is None else (now_ms - time_ms) / 1_000, sensor.interval_s)


def _by_site(known: PlatformSnapshot) -> Mapping[str, Sequence[Sensor]]:
    found: defaultdict[str, list[Sensor]] = defaultdict(list)
    for sensor in known.sensors():
        found[sensor.site].append(sensor)
    return found


def _readings_by_site(known: PlatformSnapshot) -> Mapping[str, Sequence[StoredReading]]:
    """The readings of our own sensors, and what is computed; the others' are as old as our start."""
    found: defaultdict[str, list[StoredReading]] = defaultdict(list)
    for reading in known.readings:
        if reading.gateway == COMPUTED or known.is_own(reading.gateway):
            found[reading.site].append(reading)
    return found


def _heard_ms(readings: Sequence[StoredReading]) -> Mapping[tuple[str, Domain], int]:
    """When each sensor was heard last in each domain; what Siaga computes is no sign of life."""
    found: dict[tuple[str, Domain], int] = {}
    for reading in readings:
        row = QUANTITIES[reading.quantity]
        if not row.derived:
            key = (reading.sensor, row.domain)
            found[key] = max(reading.time_ms, found.get(key, reading.time_ms))
    return found
