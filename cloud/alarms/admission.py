"""Admission: whether a change of the rules may stand. The whole rule of every sensor that it touches is looked at.

mistakes_of(shelf, registry, version) -> ["hysteresis 120: is wider than the 100 between Siaga 3 and Siaga 2; …", …]
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence

from cloud.alarms.records import RuleVersion
from cloud.alarms.shelf import Shelf, place_of, scopes_of
from cloud.alarms.things import Things
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.rule import Rule
from rules.scope import FIELDS, Place
from rules.sound import mistakes_in
from wire import QUANTITIES, WireError, check_name

MOST_SENTENCES = 20
"""One mistake on all scopes would else be told a hundred times."""


def mistakes_of(shelf: Shelf, registry: Registry, version: RuleVersion) -> list[str]:
    """Why `version` may not be put on `shelf`; empty where it may. Times at which other versions begin count too."""
    return mistakes_on(shelf.with_version(version), registry, version)


def mistakes_on(after: Shelf, registry: Registry, version: RuleVersion) -> list[str]:
    """The same for a version that stands on the shelf already."""
    named = [*_name_mistakes(version, registry), *_field_mistakes(version)]
    if named:
        return named
    own = after.things.get(version.scope.removeprefix("sensor:")) if version.scope.startswith("sensor:") else None
    later = after.times(version.family, None if own is None else scopes_of(own))
    times = [version.valid_from_ms, *(time_ms for time_ms in later if time_ms > version.valid_from_ms)]
    found: dict[str, None] = {}
    for rule in _rules(after, version, times):
        found.update(dict.fromkeys(_rule_mistakes(rule, after.things)))
    return list(found)[:MOST_SENTENCES]


def things_in(scope: str, things: Things) -> list[Sensor]:
    """The sensors of the city file, and the sites with what is derived of them, that stand in `scope`."""
    kind, _, name = scope.partition(":")
    own = things.get(name) if kind == "sensor" else None
    return [thing for thing in (things.all() if own is None else [own]) if scope in scopes_of(thing)]


def _rules(after: Shelf, version: RuleVersion, times: Iterable[int]) -> Iterator[Rule | str]:
    """Each rule that comes of it, once; or a sentence where none can be made of the fields."""
    seen: set[str] = set()
    sensors = [(place_of(sensor), scopes_of(sensor)) for sensor in things_in(version.scope, after.things)]
    for time_ms in times:
        for place, scopes in sensors:
            yield from _new(after, version.family, place, scopes, time_ms, seen)
    if seen or version.removed:
        return
    if version.scope.startswith("sensor:"):
        yield f"scope {version.scope!r}: the sensor does not measure what the rule is about; choose another sensor"
        return
    # nobody measures it there yet: look at the rule all the same
    yield from _new(after, version.family, _anywhere(version), ("all", version.scope), version.valid_from_ms, seen)


def _new(
    after: Shelf, family: str, place: Place, scopes: Sequence[str], time_ms: int, seen: set[str]
) -> Iterator[Rule | str]:
    try:
        resolved = after.resolved(family, place, scopes, time_ms)
    except ValueError as error:
        seen.add(str(error))
        yield str(error)
        return
    if resolved is not None and resolved.versions not in seen:
        seen.add(resolved.versions)
        yield resolved.rule


def _anywhere(version: RuleVersion) -> Place:
    """A place in the scope that measures everything, and what the rule calls a quantity besides."""
    kind, _, name = version.scope.partition(":")
    quantities = (*QUANTITIES, str(version.fields.get("quantity", "")))
    return Place("", name if kind == "site" else "", (name,) if kind == "group" else (), quantities)


def _rule_mistakes(rule: Rule | str, things: Things) -> Iterator[str]:
    if isinstance(rule, str):
        yield rule
        return
    yield from mistakes_in(rule)
    if rule.also is not None:
        second = things.get(rule.also.sensor)
        if second is None or second.retired:
            yield f"also.sensor {rule.also.sensor!r}: {_nearest_sensor(rule.also.sensor, things)}"
        elif rule.also.quantity not in second.quantities:
            yield (
                f"also.quantity {rule.also.quantity!r}: sensor {second.id} does not measure it; "
                f"write one of {', '.join(second.quantities)}"
            )


def _name_mistakes(version: RuleVersion, registry: Registry) -> Iterator[str]:
    try:
        check_name("family", version.family)
    except WireError as error:
        yield str(error)
    yield from scope_mistakes(version.scope, registry)
    if not version.reason.strip():
        yield "reason: is empty; say in a few words why the rule changes"


def scope_mistakes(scope: str, registry: Registry) -> Iterator[str]:
    """Why `scope` is none of this city's."""
    kind, _, name = scope.partition(":")
    if scope == "all" or (kind == "sensor" and registry.has_sensor(name)):
        return
    known = {
        "group": sorted({group for sensor in registry.sensors() for group in sensor.groups}),
        "site": [site.id for site in registry.sites()],
        "sensor": [sensor.id for sensor in registry.sensors()],
    }
    if kind not in known or not name:
        yield f"scope {scope[:80]!r}: write all, group:NAME, site:ID or sensor:ID"
    elif name not in known[kind]:
        close = difflib.get_close_matches(name, known[kind], n=1)
        advice = f"did you mean {kind}:{close[0]}?" if close else "the city file has none; add it there, or write all"
        yield f"scope {scope[:80]!r}: there is no such {kind}; {advice}"


def _field_mistakes(version: RuleVersion) -> Iterator[str]:
    for name in version.fields:
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            advice = f"did you mean {close[0]}?" if close else f"a rule has {', '.join(FIELDS)}"
            yield f"{name[:40]}: a rule has no such field; {advice}"
    if not version.fields and not version.removed:
        yield "fields: there are none; set at least one, or remove the rule from this scope"


def _nearest_sensor(name: str, things: Things) -> str:
    close = difflib.get_close_matches(name, [thing.id for thing in things.all()], n=1)
    return f"there is no such sensor; {f'did you mean {close[0]}?' if close else '/api/v1/sensors lists them'}"
