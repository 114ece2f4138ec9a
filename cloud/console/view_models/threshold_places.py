"""The places at which thresholds are set, as a tree that opens where somebody looks, and as a search.

Pulau Morotai            River level, Heat
  Daruba river bridge    Morotai Selatan                 a page of sites, with the sensors of the one that is open
    River gauge          Water level · River level
What it needs of all rules is worked out when one changes, what it needs of all sensors when the registry does, and the
index of the search when somebody searches then; it is kept for all pages.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain

import msgspec

from cloud.console.view_models.thresholds import EVERYWHERE, family_title, scope_name, widest_first
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.admission import scope_problems
from cloud.rulebook.asleep import asleep
from cloud.rulebook.rule_store import RuleStore
from i18n import figures
from i18n.catalog import Catalog
from runtime.clock import wall_ms

SITES_SHOWN = 30
SENSORS_SHOWN = 40
GROUPS_SHOWN = 20
FOUND_SHOWN = 40
_NEVER_MS = 2**62


class Branch(msgspec.Struct, frozen=True):
    """One place in the tree, and the titles of the rules that are set here."""

    scope: str
    name: str
    detail: str
    own: tuple[str, ...]


class Branches(msgspec.Struct, frozen=True):
    """A page of branches: which of how many pages, and how many branches there are in all."""

    shown: tuple[Branch, ...]
    page: int
    pages: int
    count: int


class _OfTheRules(msgspec.Struct, frozen=True):
    """What is kept until the rules or the registry change."""

    titles: dict[str, tuple[str, ...]]
    families: tuple[tuple[str, str, str], ...]
    gone: tuple[str, ...]


class _OfTheRegistry:
    """What is kept until the registry changes: the groups by name, and what is searched, each from when it is asked."""

    def __init__(self, registry: Registry) -> None:
        self._registry, self.edition = registry, registry.edition

    @cached_property
    def groups(self) -> dict[str, frozenset[str]]:
        return _groups(_measuring(self._registry.sensors()))

    @cached_property
    def searched(self) -> tuple[tuple[str, str, str], ...]:
        """(text, scope, site) of each place."""
        sites = ((f"{site.name} {site.place} {site.id}", f"site:{site.id}", site.id) for site in self._registry.sites())
        sensors = (
            (f"{sensor.name} {sensor.id}", f"sensor:{sensor.id}", sensor.site)
            for sensor in _measuring(self._registry.sensors())
        )
        return tuple((text.casefold(), scope, site) for text, scope, site in chain(sites, sensors))


class ThresholdPlaces:
    """The places of the city of `rule_store`."""

    def __init__(self, rule_store: RuleStore) -> None:
        self._rule_store = rule_store
        self._moment: object = None
        self._until_ms = _NEVER_MS
        self._kept: dict[str, _OfTheRules] = {}
        self._of_registry = _OfTheRegistry(rule_store.registry)

    @property
    def _registry(self) -> Registry:
        return self._rule_store.registry

    @property
    def _city(self) -> _OfTheRegistry:
        if self._of_registry.edition != self._registry.edition:
            self._of_registry = _OfTheRegistry(self._registry)
        return self._of_registry

    def moment(self) -> object:
        """What changes whenever another rule holds somewhere, or another thing is there."""
        now = (self._rule_store.edition, self._registry.edition)
        held = self._moment
        if not isinstance(held, tuple) or held[0] != now or wall_ms() >= self._until_ms:
            self._kept.clear()
            self._until_ms = self._rule_store.next_start() or _NEVER_MS
            self._moment = (now, self._until_ms)
        return self._moment

    def branch(self, _: Catalog, scope: str) -> Branch:
        """One place."""
        kind, _colon, name = scope.partition(":")
        sensor = self._registry.sensor(name) if kind == "sensor" else None
        site = self._registry.site(name) if kind == "site" else None
        details = {EVERYWHERE: _("the whole city"), "group": _("group"), "site": site.place if site else ""}
        detail = self._measures(_, sensor) if sensor is not None else details.get(kind, "")
        return Branch(scope, scope_name(_, self._rule_store, scope), detail, self._of(_).titles.get(scope, ()))

    def sites(self, _: Catalog, sites: frozenset[str] | None, *, page: int | None, holding: str) -> Branches:
        """A page of the sites, of `sites` or all; where none is asked for, the one with the site `holding`."""
        seen = [site.id for site in self._registry.sites() if sites is None or site.id in sites]
        place = seen.index(holding) if page is None and holding in seen else 0
        wanted = place // SITES_SHOWN if page is None else page
        return self._page(_, [f"site:{site}" for site in seen], wanted, SITES_SHOWN)

    def sensors(self, _: Catalog, site: str, *, page: int = 0) -> Branches:
        """A page of the sensors at a site."""
        scopes = [f"sensor:{sensor.id}" for sensor in _measuring(self._registry.sensors_at(site))]
        return self._page(_, scopes, page, SENSORS_SHOWN)

    def groups(self, _: Catalog, sites: frozenset[str] | None) -> Branches:
        """The first of the groups of sensors, by name."""
        seen = [name for name, at in self._city.groups.items() if sites is None or at & sites]
        return self._page(_, [f"group:{name}" for name in seen], 0, GROUPS_SHOWN)

    def gone(self, _: Catalog, sites: frozenset[str] | None) -> tuple[Branch, ...]:
        """Places that are gone from the city, of which rules are kept."""
        seen = [scope for scope in self._of(_).gone if self._may_show(scope, sites)][:GROUPS_SHOWN]
        return tuple(
            msgspec.structs.replace(self.branch(_, scope), detail=_("asleep: gone from the city")) for scope in seen
        )

    def search(self, _: Catalog, text: str, sites: frozenset[str] | None) -> Branches:
        """The places and rules whose name or id has `text`, the first of them: rules lead to where they are set."""
        wanted = text.casefold().strip()
        found = [
            scope
            for name, scope, site in self._city.searched
            if wanted in name and (sites is None or not site or site in sites)
        ]
        ruled = [
            Branch(scope, title, _("rule, set in {place}", place=scope_name(_, self._rule_store, scope)), ())
            for family, title, scope in self._of(_).families
            if wanted in f"{title} {family}".casefold() and self._may_show(scope, sites)
        ]
        groups = [name for name, at in self._city.groups.items() if sites is None or at & sites]
        scopes = [*(f"group:{name}" for name in groups if wanted in name.casefold()), *found]
        shown = [*ruled, *(self.branch(_, scope) for scope in scopes[:FOUND_SHOWN])][:FOUND_SHOWN]
        return Branches(tuple(shown), 0, 1, len(ruled) + len(scopes))

    def has(self, _: Catalog, scope: str) -> bool:
        """Whether there is a place `scope`, or was when rules were set there."""
        kind, _colon, name = scope.partition(":")
        if kind == "group" and name in self._city.groups:
            return True
        there = kind != "group" and next(scope_problems(scope, self._registry), None) is None
        return there or bool(self._rule_store.versions(scope=scope))

    def site_of(self, scope: str) -> str:
        """The site of a place; empty for wide ones."""
        kind, _colon, name = scope.partition(":")
        sensor = self._registry.sensor(name) if kind == "sensor" else None
        return name if kind == "site" else sensor.site if sensor is not None else ""

    def _page(self, _: Catalog, scopes: Sequence[str], page: int, size: int) -> Branches:
        pages = max(1, -(-len(scopes) // size))
        number = max(0, min(page, pages - 1))
        shown = tuple(self.branch(_, scope) for scope in scopes[number * size : (number + 1) * size])
        return Branches(shown, number, pages, len(scopes))

    def _may_show(self, scope: str, sites: frozenset[str] | None) -> bool:
        """Whether somebody who sees `sites` may see that something of `scope` is or was there."""
        kind, _colon, name = scope.partition(":")
        if sites is None or scope == EVERYWHERE:
            return True
        if kind == "group":
            return not sites.isdisjoint(self._rule_store.targets.sites_of(name))
        return self.site_of(scope) in sites

    def _measures(self, _: Catalog, sensor: Sensor) -> str:
        table = self._registry.quantities
        return ", ".join(figures.name_of(_, table.row(quantity)) for quantity in sensor.quantities)

    def _of(self, _: Catalog) -> _OfTheRules:
        self.moment()
        code = _.language.code
        if code not in self._kept:
            self._kept[code] = self._work_out(_)
        return self._kept[code]

    def _work_out(self, _: Catalog) -> _OfTheRules:
        titles: dict[str, list[str]] = {}
        families = []
        for family in self._rule_store.families():
            patches = widest_first(self._rule_store.patches(family))
            title = family_title(_, family, patches)
            families += [(family, title, patches[0].scope)] if patches else []
            for patch in patches:
                titles.setdefault(patch.scope, []).append(title)
        return _OfTheRules(
            titles={scope: tuple(sorted(names)) for scope, names in titles.items()},
            families=tuple(families),
            gone=tuple(sorted(scope for scope in titles if asleep(scope, self._registry) is not None)),
        )


def _measuring(sensors: Iterable[Sensor]) -> list[Sensor]:
    """The sensors without the gateways as sensors of themselves."""
    return [sensor for sensor in sensors if sensor.id != sensor.gateway]


def _groups(sensors: Iterable[Sensor]) -> dict[str, frozenset[str]]:
    """The groups by name, each with the sites at which it has a sensor."""
    found: dict[str, set[str]] = {}
    for sensor in sensors:
        for group in sensor.groups:
            found.setdefault(group, set()).add(sensor.site)
    return {group: frozenset(found[group]) for group in sorted(found)}
