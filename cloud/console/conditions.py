"""How each place is doing, in the terms of each domain: flood by level, air by ISPU category, visitors by capacity.

conditions_of(_, snapshot)["daruba"] -> (Condition(FLOOD, "Siaga 2" on orange), Condition(AIR, "Sedang" on blue))

An open alarm says more than the newest reading: it has lasted, and it stays when the sensor falls silent.
"""

from collections.abc import Iterable, Mapping

import msgspec

from cloud.alarms.records import Alarm
from cloud.console.alarm_views import domain_of, level_of
from cloud.console.colours import Chip, chip
from cloud.console.freshness import Freshness, freshness
from cloud.console.rule_words import level_name
from cloud.console.snapshot import Snapshot
from cloud.console.words import Words
from cloud.registry.records import Site
from cloud.stores.contract import StoredReading
from rules import ispu, siaga
from rules.colours import UNKNOWN, colour_of
from rules.footfall import used_percent
from rules.rule import Severity
from wire import AIR_PARAMETERS, Domain

WATER, ISPU, CAPACITY_USED, OCCUPANCY = "water_level", "ispu", "capacity_used", "occupancy"
_RANKS = {severity: rank for rank, severity in enumerate(Severity, start=1)}
_ISPU_HOURS = 3
"""An index is published each hour; one that is older than this says nothing of now."""


class Fullness(msgspec.Struct, frozen=True):
    """How full a place is from `from_percent` of its capacity on: its rank among all states, and its colour."""

    from_percent: float
    rank: int
    colour: str


FULLNESS = (
    Fullness(0, 0, "#2e9e4f"),
    Fullness(70, 1, "#f2c500"),
    Fullness(90, 2, "#f28c00"),
    Fullness(100, 3, "#d7261e"),
)
"""The colours are our choice; no regulation has them."""


class Condition(msgspec.Struct, frozen=True):
    """A domain's state at a place: `rank` 0 is calm, 4 the worst, -1 not known; `alarm`: an alarm is open."""

    domain: Domain
    chip: Chip
    rank: int
    alarm: bool


Conditions = Mapping[str, tuple[Condition, ...]]
"""By site, in the order flood, air, visitors; a domain that is not measured at a site is left out."""
_ORDER = (Domain.FLOOD, Domain.AIR, Domain.FOOTFALL)


def conditions_of(_: Words, snapshot: Snapshot) -> Conditions:
    """The state of each domain at each site."""
    return {site.id: tuple(_site(_, snapshot, site)) for site in snapshot.sites}


def worst_of(conditions: Iterable[Condition]) -> Condition | None:
    """The worst of some states; an open alarm is worse than a reading of the same rank."""
    return max(conditions, key=lambda condition: (condition.rank, condition.alarm), default=None)


def _site(_: Words, snapshot: Snapshot, site: Site) -> Iterable[Condition]:
    # what is computed belongs to the site or to a sensor; each reading names its site
    readings = [reading for found in snapshot.readings.values() for reading in found if reading.site == site.id]
    sensors = {sensor.id: sensor for sensor in snapshot.sensors}
    measured = {domain: _MEASURED[domain](_, snapshot, site, readings) for domain in _ORDER}
    for domain in _ORDER:
        alarms = [alarm for alarm in snapshot.alarms if alarm.site == site.id and domain_of(alarm, sensors) is domain]
        worst = worst_of([*(_of_alarm(_, alarm, domain) for alarm in alarms), *_known(measured[domain])])
        if worst is not None:
            yield worst


def _known(condition: Condition | None) -> list[Condition]:
    return [] if condition is None else [condition]


def _of_alarm(_: Words, alarm: Alarm, domain: Domain) -> Condition:
    level = level_of(alarm.rule, alarm.level)
    word = chip(level_name(_, level), colour_of(level))
    return Condition(domain, word, _RANKS[level.severity], True)


def _flood(_: Words, snapshot: Snapshot, site: Site, readings: list[StoredReading]) -> Condition | None:
    levels = [reading for reading in readings if reading.quantity == WATER]
    if not levels:
        return None
    if all(_is_silent(snapshot, reading) for reading in levels):
        return Condition(Domain.FLOOD, chip(_("no current reading"), UNKNOWN), -1, False)
    stage = siaga.STAGES[siaga.NORMAL]
    name = stage.indonesian if _.language.code == "id" else stage.english
    return Condition(Domain.FLOOD, chip(name, stage.hex), 0, False)


def _is_silent(snapshot: Snapshot, reading: StoredReading) -> bool:
    interval_s = next((sensor.interval_s for sensor in snapshot.sensors if sensor.id == reading.sensor), None)
    age_s = (snapshot.now_ms - reading.time_ms) / 1_000
    return freshness(age_s, interval_s) is Freshness.SILENT


def _air(_: Words, snapshot: Snapshot, site: Site, readings: list[StoredReading]) -> Condition | None:
    oldest_ms = snapshot.now_ms - _ISPU_HOURS * 3_600_000
    indices = [reading.value for reading in readings if reading.quantity == ISPU and reading.time_ms >= oldest_ms]
    if indices:
        return _of_index(_, max(indices))
    if any(reading.quantity in AIR_PARAMETERS for reading in readings):
        return Condition(Domain.AIR, chip(_("no ISPU yet"), UNKNOWN), -1, False)  # it takes 18 hours of 24
    return None


def _of_index(_: Words, index: float) -> Condition:
    category = ispu.category_of(index)
    word = chip(category.indonesian if _.language.code == "id" else category.english, category.hex)
    return Condition(Domain.AIR, word, ispu.CATEGORIES.index(category), False)


def _visitors(_: Words, snapshot: Snapshot, site: Site, readings: list[StoredReading]) -> Condition | None:
    # what is computed is an hour's, and knows of drift; a counter's own figure is of now: the fuller one counts
    used = [reading.value for reading in readings if reading.quantity == CAPACITY_USED]
    if site.capacity:
        used += [used_percent(one.value, site.capacity) for one in readings if one.quantity == OCCUPANCY]
    if not used:
        return None
    percent = max(used)
    fullness = max((row for row in FULLNESS if percent >= row.from_percent), key=lambda row: row.from_percent)
    word = chip(_("{share} full", share=f"{_.number(percent, 0)} %"), fullness.colour)
    return Condition(Domain.FOOTFALL, word, fullness.rank, False)


_MEASURED = {Domain.FLOOD: _flood, Domain.AIR: _air, Domain.FOOTFALL: _visitors}
