"""What the page shows, worked out from a snapshot: texts and states, no elements, no clock.

SiteView(id="daruba", name="Daruba river bridge", freshness=FRESH, age="3 s ago", sensors=(SensorView(…), …))
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.colours import Chip
from cloud.console.view_models.conditions import Conditions, DomainCondition, conditions_of, worst_of
from cloud.console.view_models.snapshot import Snapshot
from cloud.gateways.freshness import Freshness, best, freshness, worst
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from i18n import figures
from i18n.catalog import N_, Catalog
from rules.marks import Mark
from wire import Domain, Quantity, QuantityTable

BEHIND = (Freshness.LATE, Freshness.SILENT)
BADGES = {
    Mark.BACKFILL: (N_("sent late"), N_("Sent after newer readings, when the connection came back")),
    Mark.CLOCK_ESTIMATED: (N_("time estimated"), N_("The gateway worked out the time when its clock was set")),
    Mark.CLOCK_UNKNOWN: (N_("time uncertain"), N_("The gateway did not know the time")),
    Mark.SPIKE: (N_("doubted"), N_("A step faster than it can be; the next readings will show")),
    Mark.STUCK: (N_("does not move"), N_("The same value for longer than it should be")),
    Mark.TWINS_DISAGREE: (N_("doubted"), N_("The sensor that measures the same says something else")),
    Mark.TWIN_ASTRAY: (N_("twin astray"), N_("The sensor that measures the same left what both had said")),
}
"""Marks as people read them: the badge, and what it means."""


DOMAIN_NAMES = {Domain.FLOOD: N_("Flooding"), Domain.AIR: N_("Air quality"), Domain.FOOTFALL: N_("Visitors")}
"""What every city watches, in the words of the console; what a city added goes by the names that it gave."""


def domain_name(_: Catalog, table: QuantityTable, domain: str) -> str:
    """A domain as people call it."""
    own = DOMAIN_NAMES.get(Domain(domain)) if domain in list(Domain) else None
    return table.domains[domain].name_in(_.language.code) if own is None else _(own)


class FigureView(msgspec.Struct, frozen=True):
    """One reading: `age` only where it is older than its sensor promises; badges with their meanings."""

    quantity: str
    name: str
    value: str
    unit: str
    freshness: Freshness
    age: str
    badges: tuple[tuple[str, str], ...]


class SensorView(msgspec.Struct, frozen=True):
    """One sensor with its newest readings."""

    id: str
    name: str
    freshness: Freshness
    age: str
    figures: tuple[FigureView, ...]


class SiteView(msgspec.Struct, frozen=True):
    """One site with its sensors."""

    id: str
    name: str
    place: str
    latitude: float
    longitude: float
    freshness: Freshness
    sensors: tuple[SensorView, ...]
    conditions: tuple[DomainCondition, ...] = ()
    worst: DomainCondition | None = None


class DomainView(msgspec.Struct, frozen=True):
    """One domain in the strip: its worst state and where that is, how fresh its readings are, and how many."""

    domain: str
    name: str
    freshness: Freshness
    newest: str
    oldest: str
    silent: str
    per_minute: str
    chip: Chip | None = None
    where: str = ""


class StateView(msgspec.Struct, frozen=True):
    """The state of the whole: `level` is ok, idle, warn or bad, `text` a few words, `detail` what parts report."""

    level: str
    text: str
    detail: str


def sites_of(_: Catalog, snapshot: Snapshot) -> tuple[SiteView, ...]:
    """The cards, in the order of the city file."""
    conditions = conditions_of(_, snapshot)
    return tuple(_site(_, snapshot, site, conditions[site.id]) for site in snapshot.sites)


def _site(_: Catalog, snapshot: Snapshot, site: Site, conditions: tuple[DomainCondition, ...]) -> SiteView:
    sensors = tuple(_sensor(_, snapshot, sensor) for sensor in snapshot.sensors if _is_of(sensor, site))
    return SiteView(
        id=site.id,
        name=site.name,
        place=site.place,
        latitude=site.latitude,
        longitude=site.longitude,
        freshness=worst(sensor.freshness for sensor in sensors),
        sensors=sensors,
        conditions=conditions,
        worst=worst_of(conditions),
    )


def _is_of(sensor: Sensor, site: Site) -> bool:
    return sensor.site == site.id and sensor.id != sensor.gateway


def _sensor(_: Catalog, snapshot: Snapshot, sensor: Sensor) -> SensorView:
    order = {quantity: place for place, quantity in enumerate(sensor.quantities)}
    readings = sorted(
        (reading for reading in snapshot.readings.get(sensor.id, ()) if reading.quantity in order),
        key=lambda reading: order[reading.quantity],
    )
    ages = [_age_s(snapshot, reading) for reading in readings]
    return SensorView(
        id=sensor.id,
        name=sensor.name,
        freshness=best(freshness(age_s, sensor.interval_s) for age_s in ages),
        age=figures.age(_, min(ages)) if ages else _("no reading yet"),
        figures=tuple(
            _figure(_, snapshot.quantities.row(reading.quantity), reading, age_s, sensor)
            for reading, age_s in zip(readings, ages, strict=True)
        ),
    )


def _figure(_: Catalog, row: Quantity, reading: StoredReading, age_s: float, sensor: Sensor) -> FigureView:
    value, unit = figures.value_and_unit(_, row, reading.value)
    fresh = freshness(age_s, sensor.interval_s)
    return FigureView(
        quantity=reading.quantity,
        name=figures.name_of(_, row),
        value=value,
        unit=unit,
        freshness=fresh,
        age="" if fresh is Freshness.FRESH else figures.age(_, age_s),
        badges=tuple((_(badge), _(meaning)) for mark, (badge, meaning) in BADGES.items() if reading.marks & mark),
    )


def _age_s(snapshot: Snapshot, reading: StoredReading) -> float:
    return max(0.0, (snapshot.now_ms - reading.time_ms) / 1_000)


def domains_of(_: Catalog, snapshot: Snapshot) -> tuple[DomainView, ...]:
    """The situation strip: what is watched for, and how fresh it is."""
    conditions = conditions_of(_, snapshot)
    return tuple(_domain(_, snapshot, domain, conditions) for domain in snapshot.quantities.watched)


def _domain(_: Catalog, snapshot: Snapshot, domain: str, conditions: Conditions) -> DomainView:
    sensors = [sensor for sensor in snapshot.sensors if _measures(snapshot, sensor, domain)]
    ages = [_newest_age_s(snapshot, sensor, domain) for sensor in sensors]
    states = [freshness(age_s, sensor.interval_s) for age_s, sensor in zip(ages, sensors, strict=True)]
    known = [age_s for age_s in ages if age_s is not None]
    rate = snapshot.per_minute.get(domain)
    place, worst_there = _worst_place(snapshot, domain, conditions)
    return DomainView(
        domain=domain,
        name=domain_name(_, snapshot.quantities, domain),
        freshness=worst(states),
        newest=figures.age(_, min(known)) if known else "–",
        oldest=figures.age(_, max(known)) if known else "–",
        silent=_silent(_, states),
        per_minute="–" if rate is None else _.number(rate, 0),
        chip=None if worst_there is None else worst_there.chip,
        where=place,
    )


def _worst_place(snapshot: Snapshot, domain: str, conditions: Conditions) -> tuple[str, DomainCondition | None]:
    """The worst state of a domain and the name of its site; no name where all is calm everywhere."""
    found = [
        (site.name, condition)
        for site in snapshot.sites
        for condition in conditions[site.id]
        if condition.domain == domain
    ]
    worst_there = worst_of(condition for _name, condition in found)
    if worst_there is None:
        return "", None
    place = next(name for name, condition in found if condition is worst_there)
    return (place if worst_there.is_told else ""), worst_there


def _silent(_: Catalog, states: list[Freshness]) -> str:
    silent = sum(state in BEHIND for state in states)
    if silent:
        return _("{n} of {all} silent", n=silent, all=len(states))
    return _("all on time") if Freshness.FRESH in states else _("no reading yet")


def _measures(snapshot: Snapshot, sensor: Sensor, domain: str) -> bool:
    return any(snapshot.quantities.row(quantity).domain == domain for quantity in sensor.quantities)


def _newest_age_s(snapshot: Snapshot, sensor: Sensor, domain: str) -> float | None:
    # computing is no sign of life of a sensor
    measured = [one for one in snapshot.readings.get(sensor.id, ()) if not snapshot.quantities[one.quantity].derived]
    return min(
        (_age_s(snapshot, reading) for reading in measured if snapshot.quantities[reading.quantity].domain == domain),
        default=None,
    )


def state_of(_: Catalog, snapshot: Snapshot, sites: Iterable[SiteView]) -> StateView:
    """How the whole is doing: the worst that is known, said first."""
    sites = list(sites)
    concerns = _concerns(_, snapshot, sites)
    details = [part.detail or name for name, part in snapshot.health.components.items() if part.status != "ok"]
    if snapshot.health.status == "down":
        return StateView("bad", _("Not working"), "; ".join(details))
    if concerns or snapshot.health.status != "ok":
        return StateView("warn", " · ".join(concerns) or _("Working with limits"), "; ".join(details))
    if all(site.freshness is Freshness.NEVER for site in sites):
        return StateView("idle", _("Waiting for the first reading"), "")
    return StateView("ok", _("All data is arriving"), "")


def _concerns(_: Catalog, snapshot: Snapshot, sites: list[SiteView]) -> list[str]:
    sensors = [sensor for site in sites for sensor in site.sensors]
    silent = sum(sensor.freshness in BEHIND for sensor in sensors)
    offline = sum(status is not None and not status.online for status in snapshot.statuses.values())
    concerns = []
    if silent:
        concerns.append(_.plural("{n} sensor silent", "{n} sensors silent", silent))
    if offline:
        concerns.append(_.plural("{n} gateway offline", "{n} gateways offline", offline))
    return concerns


def zone_of(snapshot: Snapshot, site_id: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The time zone of a site, or that of the city."""
    zone = next((site.zone for site in snapshot.sites if site.id == site_id), "")
    return ZoneInfo(zone) if zone else otherwise
