"""What the pages of thresholds show, worked out from the store of rules: which scope sets what of a rule.

River level        Alarm when Water level reaches 150 cm …
Levels       150 cm (Siaga 3) …   inherited from Pulau Morotai
Must last    1 min                set here
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from cloud.console.view_models.rule_fields import FIELD_NAMES, fields_of, value_words
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.asleep import also_asleep, asleep
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import sentence, title_of
from i18n.catalog import Catalog
from rules.rule import Rule
from rules.scope import NoRule, Patch, Place, Resolved, resolve, scopes_of

EVERYWHERE = "all"


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


_WIDTH = (EVERYWHERE, "group", "site", "sensor")


def widest_first(patches: Iterable[Patch]) -> list[Patch]:
    """What scopes say of a family, the widest scope first."""
    return sorted(patches, key=lambda patch: _WIDTH.index(patch.scope.partition(":")[0]))


def family_title(_: Catalog, family: str, patches: Sequence[Patch]) -> str:
    """What people call a family: the title that the widest of its scopes gives it, which stand in that order."""
    wanted = ("title_id", "title") if _.language.code == "id" else ("title",)
    texts = (str(patch.fields[field]) for field in wanted for patch in patches if patch.fields.get(field))
    return next(texts, family)


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


def _resolved(rule_store: RuleStore, family: str, scope: str, *, without: str = "") -> Resolved | None:
    place = place_of(rule_store, scope)
    patches = rule_store.patches_in(family, [each for each in scopes_of(place) if each != without])
    try:
        return resolve(family, patches, place)
    except NoRule:  # what reaches so far is no whole rule: narrower scopes complete it
        return None


def rule_at(_: Catalog, rule_store: RuleStore, family: str, scope: str) -> RuleView | None:
    """One rule as it holds in a scope."""
    resolved = _resolved(rule_store, family, scope)
    return None if resolved is None else _rule(_, rule_store, resolved, scope)


def inherited_at(rule_store: RuleStore, family: str, scope: str) -> Rule | None:
    """The rule that would hold in a scope if the scope itself set nothing; None where none would."""
    resolved = _resolved(rule_store, family, scope, without=scope)
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
