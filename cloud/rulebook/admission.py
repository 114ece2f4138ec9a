"""Admission: whether a change of the rules may stand. The whole rule of every sensor that it touches is checked.

problems_of(rule_versions, registry, version) -> ["hysteresis 120: is as wide as the 100 between Siaga 3 and …", …]
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence, Set

from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_targets import RuleTargets
from cloud.rulebook.rule_versions import RuleVersions, place_of, scopes_of
from i18n.catalog import N_
from i18n.message import LocalizedMessage
from rules.problem import ValidationProblem
from rules.rule import Also, Rule
from rules.scope import FIELDS, NoRule, Place, did_you_mean, no_such_field
from rules.text_checks import text_problems
from rules.validation import LONGEST_TEXT, family_problems, problems_in
from wire import QuantityTable

NO_REASON = N_("reason: is empty; say in a few words why the rule changes")
MOST_PROBLEMS = 20
"""One problem on all scopes would else be listed a hundred times."""


def problems_of(
    rule_versions: RuleVersions, registry: Registry, version: RuleVersion, *, sites: frozenset[str] | None = None
) -> list[ValidationProblem]:
    """Why `version` may not join `rule_versions`; empty where it may. Times at which other versions begin count too.

    Only sensors at `sites` are checked, if given: a problem elsewhere would give away what is set there.
    """
    return problems_on(rule_versions.with_version(version), registry, version, sites=sites)


def problems_on(
    after: RuleVersions, registry: Registry, version: RuleVersion, *, sites: frozenset[str] | None = None
) -> list[ValidationProblem]:
    """The same for a version that is among the versions already."""
    named = [*_name_problems(version, registry), *_field_problems(version)]
    if named:
        return named
    own = after.targets.get(version.scope.removeprefix("sensor:")) if version.scope.startswith("sensor:") else None
    later = after.times(version.family, None if own is None else scopes_of(own))
    times = [version.valid_from_ms, *(time_ms for time_ms in later if time_ms > version.valid_from_ms)]
    found: dict[ValidationProblem, None] = {}
    for rule in _rules(after, version, times, sites):
        found.update(dict.fromkeys(_rule_problems(rule, after.targets)))
    return list(found)[:MOST_PROBLEMS]


def targets_in(scope: str, targets: RuleTargets) -> list[Sensor]:
    """The sensors of the city file, and the sites with what is derived of them, that stand in `scope`."""
    kind, _, name = scope.partition(":")
    if kind == "sensor":
        own = targets.get(name)
        return [] if own is None else [own]
    stands = _STANDS_IN.get(kind)
    return [] if stands is None else [target for target in targets.all() if stands(target, name)]


_STANDS_IN: dict[str, Callable[[Sensor, str], bool]] = {
    "all": lambda target, name: not name,
    "group": lambda target, name: name in target.groups,
    "site": lambda target, name: target.site == name,
}


def _rules(
    after: RuleVersions, version: RuleVersion, times: Iterable[int], sites: frozenset[str] | None
) -> Iterator[Rule | ValidationProblem]:
    """Each rule that comes of it, once; or a problem where none can be made of the fields."""
    seen: set[str] = set()
    targets = [target for target in targets_in(version.scope, after.targets) if sites is None or target.site in sites]
    sensors = _unlike(targets, after.scopes(version.family))
    for time_ms in times:
        for place, scopes in sensors:
            yield from _new(after, version.family, place, scopes, time_ms, seen)
    if seen or version.removed:
        return
    if version.scope.startswith("sensor:"):
        yield ValidationProblem(
            "scope {scope!r}: the sensor does not measure what the rule is about; choose another sensor",
            field="scope",
            scope=version.scope,
        )
        return
    # nobody measures it there yet: check the rule all the same
    yield from _new(
        after,
        version.family,
        _anywhere(version, after.targets.table),
        ("all", version.scope),
        version.valid_from_ms,
        seen,
    )


def _unlike(targets: Iterable[Sensor], speaking: Set[str]) -> list[tuple[Place, tuple[str, ...]]]:
    """Of targets in the same scopes that say anything, with the same quantities, one: the same rule holds for all."""
    found: dict[object, tuple[Place, tuple[str, ...]]] = {}
    for target in targets:
        scopes = tuple(scope for scope in scopes_of(target) if scope in speaking)
        found.setdefault((scopes, target.quantities), (place_of(target), scopes))
    return list(found.values())


def _new(
    after: RuleVersions, family: str, place: Place, scopes: Sequence[str], time_ms: int, seen: set[str]
) -> Iterator[Rule | ValidationProblem]:
    try:
        resolved = after.resolved(family, place, scopes, time_ms)
    except NoRule as error:
        seen.add(str(error))
        yield error.problem
        return
    if resolved is not None and resolved.versions not in seen:
        seen.add(resolved.versions)
        yield resolved.rule


def _anywhere(version: RuleVersion, table: QuantityTable) -> Place:
    """Make up a place in the scope that measures every quantity, and the one that the rule names if it is unknown."""
    kind, _, name = version.scope.partition(":")
    quantities = (*table, str(version.fields.get("quantity", "")))
    return Place("", name if kind == "site" else "", (name,) if kind == "group" else (), quantities)


def _rule_problems(rule: Rule | ValidationProblem, targets: RuleTargets) -> Iterator[ValidationProblem]:
    if isinstance(rule, ValidationProblem):
        yield rule
        return
    yield from problems_in(rule, targets.table)
    if rule.also is not None:
        yield from _also_problems(rule.also, targets)


def _also_problems(also: Also, targets: RuleTargets) -> Iterator[ValidationProblem]:
    second = targets.get(also.sensor)
    if second is None or second.retired:
        yield ValidationProblem(
            "{field} {sensor!r}: there is no such sensor; {advice}",
            field="also.sensor",
            sensor=also.sensor[:80],
            advice=_nearest_sensor(also.sensor, targets),
        )
    elif also.quantity not in second.quantities:
        yield ValidationProblem(
            "{field} {quantity!r}: sensor {sensor} does not measure it; write one of {quantities}",
            field="also.quantity",
            quantity=also.quantity,
            sensor=second.id,
            quantities=", ".join(second.quantities),
        )


def _name_problems(version: RuleVersion, registry: Registry) -> Iterator[ValidationProblem]:
    yield from family_problems(version.family)
    if not version.removed:  # a rule of what is gone from the city may be removed all the same
        yield from scope_problems(version.scope, registry)
    if not version.reason.strip():
        yield ValidationProblem(NO_REASON, field="reason")
    yield from text_problems("reason", version.reason, LONGEST_TEXT)


def scope_problems(scope: str, registry: Registry) -> Iterator[ValidationProblem]:
    """Why `scope` is none of this city's."""
    kind, _, name = scope.partition(":")
    if scope == "all" or _is_there(kind, name, registry):
        return
    known = {
        "group": sorted({group for sensor in registry.sensors() for group in sensor.groups}),
        "site": [site.id for site in registry.sites()],
        "sensor": [sensor.id for sensor in registry.sensors()],
    }
    if kind not in known or not name:
        yield ValidationProblem(
            "scope {scope!r}: write all, group:NAME, site:ID or sensor:ID", field="scope", scope=scope[:80]
        )
    elif name not in known[kind]:
        close = difflib.get_close_matches(name, known[kind], n=1)
        none = LocalizedMessage("the city file has none; add it there, or write all")
        advice = did_you_mean(f"{kind}:{close[0]}") if close else none
        yield ValidationProblem(
            "scope {scope!r}: there is no such {kind}; {advice}",
            field="scope",
            scope=scope[:80],
            kind=kind,
            advice=advice,
        )


def _is_there(kind: str, name: str, registry: Registry) -> bool:
    if kind == "site":
        site = registry.site(name)
        return site is not None and not site.retired
    if kind == "group":
        return any(name in sensor.groups for sensor in registry.sensors())
    return kind == "sensor" and registry.has_sensor(name)


def _field_problems(version: RuleVersion) -> Iterator[ValidationProblem]:
    if len(version.fields) > len(FIELDS):
        yield ValidationProblem(
            "{field}: there are {n}; write at most {most}", field="fields", n=len(version.fields), most=len(FIELDS)
        )
        return
    for name in version.fields:
        if name not in FIELDS:
            yield no_such_field(name)
    if not version.fields and not version.removed:
        yield ValidationProblem(
            "fields: there are none; set at least one, or remove the rule from this scope", field="fields"
        )


def no_such_sensor(name: str) -> ValidationProblem:
    """Say that there is no such second sensor: also of one at a site that the asker may not see."""
    return ValidationProblem(
        "{field} {sensor!r}: there is no such sensor; {advice}",
        field="also.sensor",
        sensor=name[:80],
        advice=LocalizedMessage("/api/v1/sensors lists them"),
    )


def _nearest_sensor(name: str, targets: RuleTargets) -> LocalizedMessage:
    close = difflib.get_close_matches(name, [target.id for target in targets.all()], n=1)
    return did_you_mean(close[0]) if close else LocalizedMessage("/api/v1/sensors lists them")
