"""How each place is doing, in the terms of each domain: flood by level, air by ISPU category, visitors by capacity.

In a domain that the city added a place is as bad as its alarms, and calm only where something says what is not.

states_of(daruba, …)
 -> (DomainState(FLOOD, 3, "Siaga 2", orange, alarm), DomainState(AIR, 1, "Moderate", blue))

daruba, whose only gauge says something that its past speaks against -> DomainState(FLOOD, -1, "doubted: 415 cm", grey)

An open alarm says more than the newest reading: it has lasted, and it stays when the sensor falls silent. Screens and
dashboards show the same, since both ask here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.records import Alarm
from cloud.gateways.freshness import Freshness, freshness
from cloud.ingest.manual.records import Overruling
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from i18n import figures
from i18n.catalog import catalog_of
from i18n.message import Bilingual, LocalizedMessage, in_context
from i18n.units import amount_of
from rules import ispu, siaga
from rules.colours import CALM, UNKNOWN, colour_of
from rules.footfall import fullness_of, used_percent
from rules.marks import DOUBTED, NOT_BELIEVED, Mark
from rules.rule import Level, Rule
from wire import AIR_PARAMETERS, BUILT_IN, QUANTITIES, Domain, QuantityTable, Worse
from wire.durations import HOUR_MS

WATER, ISPU, CAPACITY_USED, OCCUPANCY = "water_level", "ispu", "capacity_used", "occupancy"
ISPU_HOURS = 3
"""An index is published each hour; one that is older than this says nothing of now."""


class DomainState(msgspec.Struct, frozen=True):
    """A domain's state at a place, in words for people: `rank` 0 is calm, 4 the worst, -1 not known.

    `alarm`: an alarm is open. `doubted`: the newest reading is, so that nothing is sure. Colours are #rrggbb.
    """

    domain: str
    rank: int
    text: LocalizedMessage | Bilingual
    colour: str
    alarm: bool = False
    doubted: bool = False


NO_READING = in_context("situation", "no current reading")
REFUSED = in_context("situation", "readings are refused")
_TELLING: Mapping[str, frozenset[str]] = {
    Domain.FLOOD: frozenset({WATER, "distance"}),  # the level is worked out of the distance where a gauge gives that
    Domain.AIR: frozenset(AIR_PARAMETERS),
    Domain.FOOTFALL: frozenset(name for name, row in QUANTITIES.items() if row.domain == Domain.FOOTFALL),
}
"""The quantities that the state of a domain is made of."""
_NO_INDEX = in_context("situation", "no ISPU yet")
_NO_LIMIT = in_context("situation", "no limits set")
_NO_ALARM = in_context("situation", "no alarm")


def states_of(
    site: Site,
    *,
    readings: Sequence[StoredReading],
    sensors: Mapping[str, Sensor],
    alarms: Iterable[Alarm],
    now_ms: int,
    table: QuantityTable,
    refused: Collection[tuple[str, str]] = (),
    limited: Collection[tuple[str, str]] = (),
    placed: Iterable[Sensor] | None = None,
    overrulings: Iterable[Overruling] = (),
    city_zone: str = "UTC",
) -> tuple[DomainState, ...]:
    """The state of each domain of `table` at `site`, whose newest `readings` and open `alarms` these are.

    Readings and alarms of other sites are let be. A domain that is not measured there is left out. A limit is set of
    the `limited` series of the city's own quantities.
    Of the `refused` series (sensor, quantity) nothing is known now. `now_ms` is UTC; `sensors` are the city's, by id,
    and `placed` those that stand at the site, where the caller knows them: else they are looked for among all.
    `overrulings` are what people have read at the site in place of a sensor: worth knowing, and neither calm nor bad.
    Their times are in the site's zone, or `city_zone` where it has none.
    """
    own = [reading for reading in readings if _is_here(reading, site, sensors)]
    open_here = [(domain_of(alarm, sensors, table), alarm) for alarm in alarms if alarm.site == site.id]
    blind = _blind(site, sensors, refused, table)
    found: list[DomainState] = []
    placed = sensors.values() if placed is None else placed
    for domain in table.watched:
        if domain in _MEASURED:
            measured = list(_MEASURED[domain](site, own, sensors, now_ms))
        else:
            here = _own_series(site, placed, domain, table)
            measured = list(_own_domain(domain, here, limited, own, sensors, now_ms, table))
        measured = [*_read_by_people(domain, overrulings, table, ZoneInfo(site.zone or city_zone)), *measured]
        if domain in blind:  # what is known may be bad, but not good
            measured = [unknown(domain, REFUSED), *(state for state in measured if state.rank > 0)]
        worst = worst_state([*(_of_alarm(alarm, domain) for of, alarm in open_here if of == domain), *measured])
        found += () if worst is None else (worst,)
    return tuple(found)


def _is_here(reading: StoredReading, site: Site, sensors: Mapping[str, Sensor]) -> bool:
    """Whether a reading is of a sensor at `site` now, or computed for all of it: what is retired tells nothing."""
    sensor = sensors.get(reading.sensor)
    return reading.sensor == site.id if sensor is None else sensor.site == site.id and not sensor.retired


def worst_state(states: Iterable[DomainState]) -> DomainState | None:
    """The worst of some states; an open alarm is worse than a reading of the same rank, and a doubt than calm."""
    return max(states, key=lambda state: badness(state.rank, alarm=state.alarm, doubted=state.doubted), default=None)


def badness(rank: int, *, alarm: bool, doubted: bool) -> tuple[int, bool, bool, int]:
    """What states are compared by."""
    return rank or -1, alarm, doubted, rank


def unknown(domain: str, text: LocalizedMessage = NO_READING) -> DomainState:
    """The state of a domain of which nothing is known now, in the words of `text`."""
    return DomainState(domain, -1, text, UNKNOWN)


def level_of(rule: Rule, number: int) -> Level:
    """A level by its number, the nearest one where the rule has no such level."""
    return rule.levels[max(0, min(number, len(rule.levels) - 1))]


def domain_of(alarm: Alarm, sensors: Mapping[str, Sensor], table: QuantityTable) -> str:
    """The domain in which an alarm counts: that of its quantity, or of the first that its sensor measures."""
    sensor = sensors.get(alarm.sensor)
    quantity = alarm.quantity or (sensor.quantities[0] if sensor is not None and sensor.quantities else "")
    return table[quantity].domain if quantity in table else Domain.GATEWAY


def is_silent(reading: StoredReading, sensors: Mapping[str, Sensor], now_ms: int) -> bool:
    """Whether a reading is too old for what its sensor promises, so that it says nothing of now."""
    sensor = sensors.get(reading.sensor)
    age_s = (now_ms - reading.time_ms) / 1_000
    return freshness(age_s, None if sensor is None else sensor.interval_s) is Freshness.SILENT


def _blind(
    site: Site, sensors: Mapping[str, Sensor], refused: Collection[tuple[str, str]], table: QuantityTable
) -> set[str]:
    """The domains of which something at `site` is measured and refused."""
    here = [quantity for sensor, quantity in refused if sensor in sensors and sensors[sensor].site == site.id]
    own = {table.own[name].domain for name in here if name in table.own} - _TELLING.keys()
    return own | {domain for domain, telling in _TELLING.items() if telling.intersection(here)}


def _of_alarm(alarm: Alarm, domain: str) -> DomainState:
    level = level_of(alarm.rule, alarm.level)
    return DomainState(
        domain,
        level.severity.rank,
        Bilingual(level.name, level.name_id or level.name),
        colour_of(level),
        alarm=True,
    )


_StateOf = Callable[[Site, Sequence[StoredReading], Mapping[str, Sensor], int], Iterator[DomainState]]


def _flood(
    _site: Site, readings: Sequence[StoredReading], sensors: Mapping[str, Sensor], now_ms: int
) -> Iterator[DomainState]:
    levels = [reading for reading in readings if reading.quantity == WATER]
    if not levels:
        return
    if all(is_silent(reading, sensors, now_ms) for reading in levels):
        yield unknown(Domain.FLOOD)
        return
    current = [reading for reading in levels if not is_silent(reading, sensors, now_ms)]
    yield from _doubted(Domain.FLOOD, current)
    if all(reading.marks & NOT_BELIEVED for reading in current):
        return
    stage = siaga.STAGES[siaga.NORMAL]
    yield DomainState(Domain.FLOOD, 0, Bilingual(stage.english, stage.indonesian), stage.hex)


def _air(
    _site: Site, readings: Sequence[StoredReading], sensors: Mapping[str, Sensor], now_ms: int
) -> Iterator[DomainState]:
    oldest_ms = now_ms - ISPU_HOURS * HOUR_MS
    measured = [reading for reading in readings if reading.quantity in AIR_PARAMETERS]
    yield from _doubted(Domain.AIR, [reading for reading in measured if not is_silent(reading, sensors, now_ms)])
    indices = [reading.value for reading in readings if _is_index(reading) and reading.time_ms >= oldest_ms]
    if indices:
        category = ispu.category_of(max(indices))
        rank = ispu.CATEGORIES.index(category)
        yield DomainState(Domain.AIR, rank, Bilingual(category.english, category.indonesian), category.hex)
    elif measured:
        yield unknown(Domain.AIR, _NO_INDEX)  # it takes 18 hours of 24


def _is_index(reading: StoredReading) -> bool:
    return reading.quantity == ISPU and not reading.marks & (Mark.WITHDRAWN | Mark.CLOCK_UNKNOWN)


def _own_series(site: Site, sensors: Iterable[Sensor], domain: str, table: QuantityTable) -> list[tuple[str, str]]:
    """What sensors at `site` are to measure of a domain that the city added."""
    return [
        (sensor.id, quantity)
        for sensor in sensors
        if sensor.site == site.id and not sensor.retired
        for quantity in sensor.quantities
        if quantity in table.own and table.own[quantity].domain == domain
    ]


def _own_domain(
    domain: str,
    here: Sequence[tuple[str, str]],
    limited: Collection[tuple[str, str]],
    readings: Sequence[StoredReading],
    sensors: Mapping[str, Sensor],
    now_ms: int,
    table: QuantityTable,
) -> Iterator[DomainState]:
    """Calm where all that has a limit is heard now and believed: of each quantity one sensor at least."""
    telling = {quantity for sensor, quantity in here if (sensor, quantity) in limited}
    asked = telling or {quantity for _, quantity in here}
    if not asked:
        return
    heard = [one for one in readings if one.quantity in asked and not is_silent(one, sensors, now_ms)]
    for quantity in sorted(asked):
        yield from _doubted(domain, [one for one in heard if one.quantity == quantity], table)
    if not telling:
        yield unknown(domain, _NO_LIMIT if heard else NO_READING)
    elif {one.quantity for one in heard} < asked:
        yield unknown(domain)
    elif {one.quantity for one in heard if not one.marks & NOT_BELIEVED} == asked:
        yield DomainState(domain, 0, _NO_ALARM, CALM)


def _doubted(domain: str, current: Iterable[StoredReading], table: QuantityTable = BUILT_IN) -> Iterator[DomainState]:
    """The worst of the newest readings that cannot be taken as they are: neither calm nor an alarm."""
    found = [one for one in current if one.marks & DOUBTED]
    if found:
        is_low = table[found[0].quantity].worse is Worse.DOWN
        doubted = (min if is_low else max)(found, key=lambda one: one.value)
        text = in_context("situation", "doubted: {value}", value=_value(doubted, table))
        yield DomainState(domain, -1, text, UNKNOWN, doubted=True)


def _read_by_people(
    domain: str, overrulings: Iterable[Overruling], table: QuantityTable, zone: ZoneInfo
) -> Iterator[DomainState]:
    """What was read in place of sensors that are doubted or silent: their alarms say what of it is bad."""
    for one in overrulings:
        if one.quantity in table and table[one.quantity].domain == domain:
            time = figures.time_of_day(one.read_ms, zone)[:5]
            text = in_context("situation", "read {time}: {value}", time=time, value=_value(one, table))
            yield DomainState(domain, -1, text, UNKNOWN, doubted=True)


def _value(reading: StoredReading | Overruling, table: QuantityTable) -> Bilingual:
    """A value with its unit, in both languages."""
    row = table[reading.quantity]
    english, indonesian = (
        amount_of(catalog_of(code).number(reading.value, row.decimals), row, code) for code in ("en", "id")
    )
    return Bilingual(english, indonesian)


def _visitors(
    site: Site, readings: Sequence[StoredReading], _sensors: Mapping[str, Sensor], _now_ms: int
) -> Iterator[DomainState]:
    # what is computed is an hour's, and knows of drift; a counter's own figure is of now: the fuller one counts
    used = [reading.value for reading in readings if reading.quantity == CAPACITY_USED]
    if site.capacity:
        used += [used_percent(one.value, site.capacity) for one in readings if one.quantity == OCCUPANCY]
    if used:
        fullness = fullness_of(max(used))
        share = Bilingual(*(f"{catalog_of(code).number(max(used), 0)} %" for code in ("en", "id")))
        text = in_context("situation", "{share} full", share=share)
        yield DomainState(Domain.FOOTFALL, fullness.rank, text, fullness.hex)


_MEASURED: Mapping[str, _StateOf] = {Domain.FLOOD: _flood, Domain.AIR: _air, Domain.FOOTFALL: _visitors}
