"""What somebody may see and name: asked of every reference, in a path, in a body, in a suggestion.

may_name(principal, targets, "river-daruba-1")     named_in({"also": {"sensor": "river-1", …}}) -> {"river-1"}

To somebody who sees only some sites, a sensor at another site is answered like one that does not exist: with the same
refusal, and never as a suggestion.
"""

import re
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

import msgspec

from cloud.access.principal import Principal
from cloud.registry.records import Gateway, Sensor
from cloud.rulebook.rule_targets import RuleTargets
from wire import Status

if TYPE_CHECKING:
    from cloud.rulebook.rule_store import RuleStore

HIDDEN = "…"
"""What stands for a sensor of another site in a sentence of a gateway."""
_WORD = re.compile(r"[A-Za-z0-9_-]+")


def may_name(principal: Principal, targets: RuleTargets, sensor: str) -> bool:
    """Whether `principal` may refer to a sensor; who sees all sites may name any, and is told what is wrong."""
    if principal.sites is None:
        return True
    known = targets.get(sensor)
    return known is not None and principal.may_see(known.site)


def may_read_scope(principal: Principal, targets: RuleTargets, scope: str) -> bool:
    """Whether `principal` may read what a scope says: it holds for one of their sites or sensors."""
    kind, _, name = scope.partition(":")
    if kind == "site":
        return principal.may_see(name)
    if kind == "group" and principal.sites is not None:
        return not principal.sites.isdisjoint(targets.sites_of(name))
    return kind != "sensor" or may_name(principal, targets, name)


def may_read_family(principal: Principal, rule_store: "RuleStore", family: str) -> bool:
    """Whether there is such a rule for `principal`: one that stands at other sites alone is none."""
    targets, versions = rule_store.targets, rule_store.versions(family)
    return any(may_read_scope(principal, targets, version.scope) for version in versions)


def readable_families(principal: Principal, rule_store: "RuleStore") -> list[str]:
    """Every family of which `principal` may read something, by name."""
    families = rule_store.families()
    return [name for name in families if principal.sites is None or may_read_family(principal, rule_store, name)]


def may_change_scope(principal: Principal, targets: RuleTargets, scope: str) -> bool:
    """Whether `principal` may change it: a wide scope takes all sites."""
    narrow = scope.startswith(("site:", "sensor:"))
    return principal.sites is None or (narrow and may_read_scope(principal, targets, scope))


def named_in(fields: Any) -> set[str]:
    """Every sensor that the fields of a rule refer to, however deep."""
    found: set[str] = set()
    parts: list[Any] = [fields]  # no recursion: whoever writes a body chooses how deep it is
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("sensor"), str):
                found.add(part["sensor"])
            parts += part.values()
        elif isinstance(part, list | tuple):
            parts += part
    return found


def foreign_in(
    principal: Principal, targets: RuleTargets, fields: Mapping[str, Any], held: Mapping[str, Any]
) -> list[str]:
    """The sensors in `fields` that `principal` may not name; what `held` says already, word for word, is not theirs."""
    new = {name: value for name, value in fields.items() if name not in held or held[name] != value}
    return sorted(name for name in named_in(new) if not may_name(principal, targets, name))


def whole_gateways(seen: frozenset[str], gateways: Iterable[Gateway], sensors: Iterable[Sensor]) -> frozenset[str]:
    """The gateways whose every sensor stands at one of the sites `seen`: a message of theirs may hold any of them."""
    hidden = {sensor.gateway for sensor in sensors if sensor.site not in seen}
    return frozenset(gateway.id for gateway in gateways if gateway.site in seen) - hidden


def foreign_sensors(seen: frozenset[str] | None, sensors: Iterable[Sensor]) -> dict[str, set[str]]:
    """By gateway, its sensors at other sites than those `seen` (None: all sites are seen, so there are none)."""
    found: dict[str, set[str]] = {}
    for sensor in sensors:
        if seen is not None and sensor.site not in seen:
            found.setdefault(sensor.gateway, set()).add(sensor.id)
    return found


def naming_none_of(status: Status, foreign: Set[str] | None) -> Status:
    """The status, its sentences with `HIDDEN` for each of these sensors: what is wrong is said, not at whose sensor."""
    if not foreign:
        return status

    def hide(sentence: str) -> str:
        return _WORD.sub(lambda word: HIDDEN if word[0] in foreign else word[0], sentence)

    sources = (msgspec.structs.replace(source, detail=hide(source.detail)) for source in status.sources)
    return msgspec.structs.replace(status, notes=tuple(map(hide, status.notes)), sources=tuple(sources))
