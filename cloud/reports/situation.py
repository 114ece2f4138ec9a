"""The situation: the state of each domain at each site, as the console shows it, and the worst of each site.

daruba  flood  3  "Siaga 2"      daruba  air  1  "Moderate"      daruba  all  3  "Siaga 2"

One thing is stricter here than on the console, where the age stands beside each figure: where every sensor of a domain
is silent and no alarm is open, nothing is known, however good the last figure was.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from cloud.gateways.freshness import Freshness, best, freshness
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from cloud.situation import DomainState, states_of, unknown, worst_state
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import LocalizedMessage, in_context
from wire import Domain, QuantityTable
from wire.measurements import COMPUTED, EVERYWHERE, NOTHING_KNOWN, listed


class _Liveness(msgspec.Struct, frozen=True):
    """How alive the sensors of a domain at a site are: how many, how many silent, when one was heard last."""

    sensors: int
    silent: int
    newest_ms: int | None


def situation_points(snapshot: PlatformSnapshot, at: Collection[str] | None = None) -> Iterator[ReportPoint]:
    """Yield a point for each domain that a site measures, and one for the site as a whole; `at` these sites alone."""
    sensors = _by_site(snapshot)
    readings = _readings_by_site(snapshot)
    alarms = defaultdict(list)
    for alarm in snapshot.alarms:
        alarms[alarm.site].append(alarm)
    by_id = {sensor.id: sensor for sensor in snapshot.registry.sensors()}
    refused = _refused_by_site(snapshot, by_id)
    for site in snapshot.registry.sites():
        if (site.id in sensors or site.id in alarms) and (at is None or site.id in at):
            own, here = readings.get(site.id, ()), sensors.get(site.id, ())
            states = states_of(
                site,
                readings=own,
                sensors=by_id,
                alarms=alarms[site.id],
                now_ms=snapshot.now_ms,
                table=snapshot.registry.quantities,
                limited=snapshot.limited,
                refused=refused.get(site.id, ()),
                placed=snapshot.registry.sensors_at(site.id),
            )
            yield from _site(snapshot, site, states, here, _last_heard_ms(own, snapshot.registry.quantities))


def _site(
    snapshot: PlatformSnapshot,
    site: Site,
    states: Sequence[DomainState],
    sensors: Sequence[Sensor],
    last_heard_ms: Mapping[tuple[str, str], int],
) -> Iterator[ReportPoint]:
    by_domain = {state.domain: state for state in states}
    reported: list[DomainState] = []
    table = snapshot.registry.quantities
    for domain in table.watched:
        liveness = _liveness(snapshot.now_ms, domain, sensors, last_heard_ms, table)
        state = by_domain.get(domain)
        if state is None and not liveness.sensors:
            continue
        if state is None or (liveness.silent == liveness.sensors and not state.alarm):
            state = unknown(domain) if state is None or state.rank != NOTHING_KNOWN else state
        reported.append(state)
        yield _point(snapshot, site, domain, state, liveness)
    worst = worst_state(reported)
    if worst is not None:
        yield _point(
            snapshot, site, EVERYWHERE, worst, _liveness_of_all(snapshot.now_ms, sensors, last_heard_ms, table)
        )


def _point(snapshot: PlatformSnapshot, site: Site, domain: str, state: DomainState, liveness: _Liveness) -> ReportPoint:
    age_s = None if liveness.newest_ms is None else max(0.0, (snapshot.now_ms - liveness.newest_ms) / 1_000)
    return ReportPoint(
        "situation",
        snapshot.now_ms,
        {"domain": str(domain), "instance": snapshot.instance, "site": site.id},
        {
            "severity": state.rank,
            "word": catalog_of("en").said(state.text),
            "word_id": catalog_of("id").said(state.text),
            "age_s": age_s,
            "sensors": liveness.sensors,
            "silent": liveness.silent,
            "name": site.name,
            "domain_title": _listed(domain, LanguageCode.ENGLISH, snapshot.registry.quantities),
            "domain_title_id": _listed(domain, LanguageCode.INDONESIAN, snapshot.registry.quantities),
            "latitude": site.latitude,
            "longitude": site.longitude,
        },
    )


_TITLES: Mapping[str, LocalizedMessage] = {
    Domain.FLOOD: in_context("dashboards", "Flood"),
    Domain.AIR: in_context("dashboards", "Air"),
    Domain.FOOTFALL: in_context("dashboards", "Visitors"),
    EVERYWHERE: in_context("dashboards", "All"),
}


def _listed(domain: str, language: LanguageCode, table: QuantityTable) -> str:
    """A domain as a list of a dashboard reads it: what it shows, and what it stands for."""
    own = domain not in _TITLES
    return listed(
        table.domains[domain].name_in(language) if own else catalog_of(language).said(_TITLES[domain]), domain
    )


def _liveness(
    now_ms: int,
    domain: str,
    sensors: Sequence[Sensor],
    last_heard_ms: Mapping[tuple[str, str], int],
    table: QuantityTable,
) -> _Liveness:
    """Return how alive the sensors are that measure something of `domain`."""
    measuring = [sensor for sensor in sensors if any(table[name].domain == domain for name in sensor.quantities)]
    times = [last_heard_ms.get((sensor.id, domain)) for sensor in measuring]
    silent = sum(
        _freshness(now_ms, time_ms, sensor) in (Freshness.SILENT, Freshness.NEVER)
        for sensor, time_ms in zip(measuring, times, strict=True)
    )
    return _Liveness(len(measuring), silent, max((time_ms for time_ms in times if time_ms is not None), default=None))


def _liveness_of_all(
    now_ms: int, sensors: Sequence[Sensor], last_heard_ms: Mapping[tuple[str, str], int], table: QuantityTable
) -> _Liveness:
    """Return the same of a whole site: a sensor is as fresh as the last thing that it said."""
    found = {sensor.id: [last_heard_ms.get((sensor.id, domain)) for domain in table.watched] for sensor in sensors}
    silent = sum(
        best(_freshness(now_ms, time_ms, sensor) for time_ms in found[sensor.id]) in (Freshness.SILENT, Freshness.NEVER)
        for sensor in sensors
    )
    times = [time_ms for each in found.values() for time_ms in each if time_ms is not None]
    return _Liveness(len(sensors), silent, max(times, default=None))


def _freshness(now_ms: int, time_ms: int | None, sensor: Sensor) -> Freshness:
    return freshness(None if time_ms is None else (now_ms - time_ms) / 1_000, sensor.interval_s)


def _by_site(snapshot: PlatformSnapshot) -> Mapping[str, Sequence[Sensor]]:
    found: defaultdict[str, list[Sensor]] = defaultdict(list)
    for sensor in snapshot.sensors():
        found[sensor.site].append(sensor)
    return found


def _refused_by_site(
    snapshot: PlatformSnapshot, sensors: Mapping[str, Sensor]
) -> Mapping[str, Sequence[tuple[str, str]]]:
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for sensor, quantity in snapshot.refused:
        if sensor in sensors:
            found[sensors[sensor].site].append((sensor, quantity))
    return found


def _readings_by_site(snapshot: PlatformSnapshot) -> Mapping[str, Sequence[StoredReading]]:
    """Return by site the readings of our own sensors, and what is computed; others' are as old as our start."""
    found: defaultdict[str, list[StoredReading]] = defaultdict(list)
    for reading in snapshot.readings:
        if reading.gateway == COMPUTED or snapshot.is_own(reading.gateway):
            found[reading.site].append(reading)
    return found


def _last_heard_ms(readings: Sequence[StoredReading], table: QuantityTable) -> Mapping[tuple[str, str], int]:
    """Return when each sensor was heard last in each domain; what Siaga computes is no sign of life."""
    found: dict[tuple[str, str], int] = {}
    for reading in readings:
        row = table[reading.quantity]
        if not row.derived:
            key = (reading.sensor, row.domain)
            found[key] = max(reading.time_ms, found.get(key, reading.time_ms))
    return found
