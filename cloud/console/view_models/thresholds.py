"""What the page of thresholds shows, worked out from the store of rules: which scope sets what of a rule.

Pulau Morotai   River level, Heat          River level        1.5 m above …
├ group: rivers River level                Levels       150 cm (Siaga 3) …   inherited from Pulau Morotai
└ Daruba bridge                            Must last    1 min                set here
  └ River gauge River level                Versions     3   24 Nov 12:10  ani  "the dike was raised"
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.rule_fields import FIELD_NAMES, fields_of, typed, value_words
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.asleep import also_asleep, asleep
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import sentence, title_of
from i18n import figures
from i18n.catalog import Catalog
from rules.rule import Rule
from rules.scope import Patch, Place, Resolved, resolve
from wire import QuantityTable

EVERYWHERE = "all"


class Branch(msgspec.Struct, frozen=True):
    """One place in the tree: `depth` from 0, and the titles of the rules that are set here."""

    scope: str
    name: str
    detail: str
    depth: int
    own: tuple[str, ...]


class ValueView(msgspec.Struct, frozen=True):
    """One value of a rule in words, and where it comes from; `own` where it is set in the chosen scope."""

    field: str
    name: str
    value: str
    origin: str
    own: bool


class RuleView(msgspec.Struct, frozen=True):
    """One rule as it holds in a scope; `own` where the scope itself sets something of it.

    `asleep` says why it watches nothing, where what it is about is gone from the city.
    """

    family: str
    title: str
    sentence: str
    advice: str
    enabled: bool
    own: bool
    origin: str
    values: tuple[ValueView, ...]
    resolved: Resolved
    asleep: str


class ChangeView(msgspec.Struct, frozen=True):
    """One field that a version changed."""

    name: str
    before: str
    after: str


class VersionView(msgspec.Struct, frozen=True):
    """One version: who, when, why, and what it changed of the version before it."""

    version: int
    when: str
    since: str
    author: str
    reason: str
    removed: bool
    changes: tuple[ChangeView, ...]


def tree_of(_: Catalog, rule_store: RuleStore, *, sites: frozenset[str] | None) -> tuple[Branch, ...]:
    """The city, its groups, its sites with their sensors; only `sites` where somebody may not see them all."""
    own = _titles_by_scope(_, rule_store)

    def branch(scope: str, detail: str, depth: int) -> Branch:
        return Branch(scope, scope_name(_, rule_store, scope), detail, depth, own.get(scope, ()))

    sensors = [sensor for sensor in watched(rule_store.registry) if sites is None or sensor.site in sites]
    groups = sorted({group for sensor in sensors for group in sensor.groups})
    branches = [branch(EVERYWHERE, _("the whole city"), 0)]
    branches += [branch(f"group:{group}", _("group"), 1) for group in groups]
    for site in rule_store.registry.sites():
        if sites is None or site.id in sites:
            branches.append(branch(f"site:{site.id}", site.place, 1))
            branches += [
                branch(f"sensor:{sensor.id}", _measures(_, rule_store.registry.quantities, sensor), 2)
                for sensor in sensors
                if sensor.site == site.id
            ]
    shown = {each.scope for each in branches}
    gone = sorted(scope for scope in own if scope not in shown and asleep(scope, rule_store.registry) is not None)
    branches += [
        branch(scope, _("asleep: gone from the city"), 1) for scope in gone if _may_show(rule_store, scope, sites)
    ]
    return tuple(branches)


def _may_show(rule_store: RuleStore, scope: str, sites: frozenset[str] | None) -> bool:
    """Whether somebody who sees `sites` may see that something of `scope` was there."""
    kind, _colon, name = scope.partition(":")
    sensor = rule_store.registry.sensor(name) if kind == "sensor" else None
    return sites is None or (name if sensor is None else sensor.site) in sites


def asleep_at(_: Catalog, rule_store: RuleStore, resolved: Resolved, scope: str) -> str:
    """Why a rule watches nothing in a scope, as its reader reads it; empty where it watches."""
    also = resolved.rule.also
    reason = asleep(scope, rule_store.registry) or (
        None if also is None else also_asleep(also.sensor, rule_store.registry)
    )
    return "" if reason is None else _.said(reason)


def watched(registry: Registry) -> list[Sensor]:
    """The sensors of the city, without the gateways as sensors of themselves."""
    return [sensor for sensor in registry.sensors() if sensor.id != sensor.gateway]


def _measures(_: Catalog, table: QuantityTable, sensor: Sensor) -> str:
    return ", ".join(figures.name_of(_, table.row(quantity)) for quantity in sensor.quantities)


def _titles_by_scope(_: Catalog, rule_store: RuleStore) -> Mapping[str, tuple[str, ...]]:
    titles: dict[str, list[str]] = {}
    for family in rule_store.families():
        for patch in rule_store.patches(family):
            titles.setdefault(patch.scope, []).append(family_title(_, rule_store, family))
    return {scope: tuple(sorted(names)) for scope, names in titles.items()}


def family_title(_: Catalog, rule_store: RuleStore, family: str) -> str:
    """What people call a family: the title that the widest scope gives it."""
    wanted = ("title_id", "title") if _.language.code == "id" else ("title",)
    patches = sorted(rule_store.patches(family), key=lambda patch: _WIDTH.index(patch.scope.partition(":")[0]))
    texts = [str(patch.fields[field]) for field in wanted for patch in patches if patch.fields.get(field)]
    return texts[0] if texts else family


_WIDTH = (EVERYWHERE, "group", "site", "sensor")


def scope_name(_: Catalog, rule_store: RuleStore, scope: str) -> str:
    """A scope as people call it: Pulau Morotai, rivers, Daruba river bridge, River gauge."""
    kind, _colon, name = scope.partition(":")
    if kind == EVERYWHERE:
        return rule_store.registry.city.name
    if kind == "site":
        site = rule_store.registry.site(name)
        return site.name if site else name
    if kind == "sensor":
        sensor = rule_store.targets.get(name)
        return sensor.name if sensor else name
    return name


def targets_at(rule_store: RuleStore, scope: str) -> list[Sensor]:
    """What a rule in `scope` may watch: sensors, and sites with what is computed of them, each with all it measures."""
    kind, _colon, name = scope.partition(":")
    targets = [target for target in rule_store.targets.all() if target.id != target.gateway]
    if kind == EVERYWHERE:
        return targets
    if kind == "sensor":
        return [target for target in targets if target.id == name]
    if kind == "site":
        return [target for target in targets if target.site == name]
    return [target for target in targets if name in target.groups]


def series_in(_: Catalog, rule_store: RuleStore, sites: frozenset[str] | None) -> list[tuple[str, str]]:
    """What a second sensor may be, of `sites` or all: sensor/quantity, and the words for it."""
    seen = [sensor for sensor in watched(rule_store.registry) if sites is None or sensor.site in sites]
    names = {site.id: site.name for site in rule_store.registry.sites()}
    table = rule_store.registry.quantities
    return [
        (f"{sensor.id}/{quantity}", f"{names[sensor.site]} · {sensor.name} · {figures.name_of(_, table.row(quantity))}")
        for sensor in seen
        for quantity in sensor.quantities
    ]


def place_of(rule_store: RuleStore, scope: str) -> Place:
    """A place that only `scope` and what is wider reaches: a group's or a site's own, with every quantity."""
    kind, _colon, name = scope.partition(":")
    target = rule_store.targets.get(name) if kind == "sensor" else None
    if target is not None:
        return Place(target.id, target.site, target.groups, target.quantities)
    groups = (name,) if kind == "group" else ()
    return Place("", name if kind == "site" else "", groups, tuple(rule_store.registry.quantities))


def rules_at(_: Catalog, rule_store: RuleStore, scope: str) -> tuple[RuleView, ...]:
    """The rules in force in a scope: those that it sets itself first, then by title."""
    found = (_resolved(rule_store, family, scope) for family in rule_store.families())
    views = [_rule(_, rule_store, resolved, scope) for resolved in found if resolved is not None]
    return tuple(sorted(views, key=lambda view: (not view.own, view.title.casefold())))


def _resolved(rule_store: RuleStore, family: str, scope: str) -> Resolved | None:
    return _rule_of(family, rule_store.patches(family), place_of(rule_store, scope))


def _rule_of(family: str, patches: list[Patch], place: Place) -> Resolved | None:
    try:
        return resolve(family, patches, place)
    except ValueError:  # what reaches so far is no whole rule: narrower scopes complete it
        return None


def rule_at(_: Catalog, rule_store: RuleStore, family: str, scope: str) -> RuleView | None:
    """One rule as it holds in a scope."""
    resolved = _resolved(rule_store, family, scope)
    return None if resolved is None else _rule(_, rule_store, resolved, scope)


def inherited_at(rule_store: RuleStore, family: str, scope: str) -> Rule | None:
    """The rule that would hold in a scope if the scope itself set nothing; None where none would."""
    wider = [patch for patch in rule_store.patches(family) if patch.scope != scope]
    resolved = _rule_of(family, wider, place_of(rule_store, scope))
    return None if resolved is None else resolved.rule


def view_of_new(_: Catalog, rule_store: RuleStore, rule: Rule, scope: str) -> RuleView:
    """A rule that is not in the store yet, as if `scope` set all of it."""
    origin = {field: scope for field in Rule.__struct_fields__ if field != "family"}
    return _rule(_, rule_store, Resolved(rule, origin, ""), scope)


def _rule(_: Catalog, rule_store: RuleStore, resolved: Resolved, scope: str) -> RuleView:
    rule = resolved.rule
    values = tuple(
        _value(_, rule_store, resolved, field, scope)
        for field in fields_of(rule.kind)
        if field in resolved.origin or getattr(rule, field) not in _NOTHING
    )
    own = any(value.own for value in values)
    return RuleView(
        family=rule.family,
        title=title_of(_, rule),
        sentence=sentence(_, rule_store.registry.quantities, rule),
        advice=rule.advice_id if _.language.code == "id" and rule.advice_id else rule.advice,
        enabled=rule.enabled,
        own=own,
        origin=_origin_of_rule(_, rule_store, resolved, scope),
        values=values,
        resolved=resolved,
        asleep=asleep_at(_, rule_store, resolved, scope),
    )


_NOTHING: tuple[Any, ...] = (None, "", 0.0)
"""What a field that nobody has set need not be shown for."""


def _value(_: Catalog, rule_store: RuleStore, resolved: Resolved, field: str, scope: str) -> ValueView:
    origin = resolved.origin.get(field)
    if origin is None:
        source = _("usual value")
    elif origin == scope:
        source = _("set here")
    else:
        source = _("from {place}", place=scope_name(_, rule_store, origin))
    value = value_words(_, rule_store.registry.quantities, resolved.rule, field, getattr(resolved.rule, field))
    return ValueView(field, _(FIELD_NAMES[field]), value, source, origin == scope)


def _origin_of_rule(_: Catalog, rule_store: RuleStore, resolved: Resolved, scope: str) -> str:
    origins = [origin for origin in dict.fromkeys(resolved.origin.values()) if origin != scope]
    places = ", ".join(scope_name(_, rule_store, origin) for origin in origins)
    if scope not in resolved.origin.values():
        return _("inherited from {places}", places=places)
    return _("set here, the rest from {places}", places=places) if places else _("set here")


def fields_to_save(resolved: Resolved, edited: Rule, scope: str, *, released: Iterable[str] = ()) -> dict[str, Any]:
    """What `scope` must set for `edited` to hold there: what it sets already and what has changed.

    `released` are fields that go back to what wider scopes set.
    """
    named = {
        field: getattr(edited, field)
        for field in Rule.__struct_fields__
        if field != "family"
        and (resolved.origin.get(field) == scope or getattr(edited, field) != getattr(resolved.rule, field))
    }
    kept = {field: value for field, value in named.items() if field not in set(released)}
    plain: dict[str, Any] = msgspec.to_builtins(kept)
    return plain


def versions_of(
    _: Catalog, rule_store: RuleStore, view: RuleView, scope: str, *, zone: ZoneInfo
) -> tuple[VersionView, ...]:
    """Every version of what a scope sets of a rule, the newest first, each beside the one before it."""
    versions = rule_store.versions(view.family, scope)
    before: list[RuleVersion | None] = [*versions[1:], None]
    return tuple(
        _version(_, rule_store.registry.quantities, view.resolved.rule, version, older, zone)
        for version, older in zip(versions, before, strict=True)
    )


def _version(
    _: Catalog, table: QuantityTable, rule: Rule, version: RuleVersion, older: RuleVersion | None, zone: ZoneInfo
) -> VersionView:
    ahead = version.valid_from_ms > version.at_ms
    return VersionView(
        version=version.version,
        when=figures.day_and_time(_, version.at_ms, zone),
        since=_("holds from {time}", time=figures.day_and_time(_, version.valid_from_ms, zone)) if ahead else "",
        author=version.author,
        reason=version.reason,
        removed=version.removed,
        changes=changes_between(_, table, rule, {} if older is None else older.fields, version.fields),
    )


def changes_between(
    _: Catalog, table: QuantityTable, rule: Rule, before: dict[str, Any], after: dict[str, Any]
) -> tuple[ChangeView, ...]:
    """The fields in which two versions differ, in words; what a version does not set it inherits."""

    def words(fields: dict[str, Any], field: str) -> str:
        return value_words(_, table, rule, field, typed(field, fields[field])) if field in fields else _("inherited")

    return tuple(
        ChangeView(_(name), words(before, field), words(after, field))
        for field, name in FIELD_NAMES.items()
        if before.get(field) != after.get(field) or (field in before) != (field in after)
    )
