"""Rule versions: every version of every rule in memory, and what holds for a sensor at any time.

versions of (family, scope) ─► in force at t ─► resolve() ─► Timeline of a sensor
river  |─── all v1 ───────────|─── all v2 ───────────────►      at(t) = the rules whose fields come from what was
       |        |─ sensor:river-1 v1 ────────────────────►              in force at t, the narrower scope first
"""

import bisect
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

import msgspec

from cloud.core.change_log import ChangeLog
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_targets import RuleTargets
from rules.scope import Patch, Place, Resolved, resolve
from rules.scope import scopes_of as scopes_at

_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""(family, scope)."""


class VersionTimeline(msgspec.Struct, frozen=True):
    """The rules of one sensor over time: `rules[n]` hold from `since_ms[n]` (UTC) on, until the next."""

    since_ms: tuple[int, ...] = ()
    rules: tuple[tuple[Resolved, ...], ...] = ()

    def at(self, time_ms: int) -> tuple[Resolved, ...]:
        """What holds at `time_ms`."""
        number = bisect.bisect_right(self.since_ms, time_ms)
        return self.rules[number - 1] if number else ()

    @property
    def always(self) -> tuple[Resolved, ...]:
        """Every rule that holds at some time."""
        return tuple(resolved for rules in self.rules for resolved in rules)


NOTHING = VersionTimeline()


def scopes_of(sensor: Sensor) -> tuple[str, ...]:
    """The scopes that a sensor stands in, the widest first."""
    return scopes_at(place_of(sensor))


def place_of(sensor: Sensor) -> Place:
    """Where a sensor stands, for the rules."""
    return Place(sensor.id, sensor.site, sensor.groups, sensor.quantities)


class RuleVersions:
    """All versions, by family and scope; `edition` is another with each one that is put there."""

    def __init__(
        self, registry: Registry, versions: Iterable[RuleVersion] = (), *, targets: RuleTargets | None = None
    ) -> None:
        self._log = ChangeLog()
        self._registry = registry
        self.targets = RuleTargets(registry) if targets is None else targets
        self._versions: defaultdict[Key, list[RuleVersion]] = defaultdict(list)
        self._families: defaultdict[str, set[str]] = defaultdict(set)  # by scope
        self._scopes: defaultdict[str, dict[str, None]] = defaultdict(dict)  # by family
        self._timelines: dict[str, VersionTimeline] = {}
        self._shared: dict[tuple[tuple[str, ...], tuple[str, ...]], VersionTimeline] = {}
        """By the scopes that say anything and what is measured: most sensors have the rules of their kind alone."""
        self._unsound: set[str] = set()  # families that the log has a line of
        for version in sorted(versions, key=lambda version: version.version):
            self._add(version)

    def put(self, version: RuleVersion) -> None:
        """Add a version, the newest of its family and scope."""
        self._add(version)
        self.renew(None)

    def renew(self, changed: frozenset[str] | None) -> None:
        """These targets have changed (None: any may have): whatever was made for one of them is made again."""
        if changed is None:
            self._timelines.clear()
            self._shared.clear()
        for name in changed or ():
            self._timelines.pop(name, None)
        self._log.note(changed)

    @property
    def edition(self) -> int:
        """Another number after each change."""
        return self._log.edition

    def changed_since(self, edition: int) -> frozenset[str] | None:
        """The targets whose rules may be others than at an edition before; None where any may be."""
        return self._log.since(edition)

    def with_version(self, version: RuleVersion) -> "RuleVersions":
        """The versions of the family of `version`, with it among them."""
        return self.with_versions([version])

    def with_versions(self, versions: Sequence[RuleVersion]) -> "RuleVersions":
        """The versions of the families of `versions`, with these among them."""
        families = dict.fromkeys(version.family for version in versions)
        held = [
            one
            for family in families
            for scope in list(self._scopes.get(family, ()))
            for one in self.held(family, scope)
        ]
        return RuleVersions(self._registry, [*held, *versions], targets=self.targets)

    def families(self) -> list[str]:
        """Every family that anything is said of, by name."""
        return sorted(family for family in self._scopes if self._says_anything(family))

    def scopes(self, family: str) -> Set[str]:
        """Every scope that ever said anything of a family."""
        return self._scopes.get(family, {}).keys()

    def versions(self, family: str | None = None, scope: str | None = None) -> list[RuleVersion]:
        """The versions of a family or scope, or all, the newest first."""
        if family is not None and scope is not None:
            return sorted(self.held(family, scope), key=_age, reverse=True)
        found = [
            version
            for key, held in self._versions.items()
            if family in (None, key[0]) and scope in (None, key[1])
            for version in held
        ]
        return sorted(found, key=_age, reverse=True)

    def held(self, family: str, scope: str) -> Sequence[RuleVersion]:
        """The versions of one family in one scope, the oldest first."""
        return self._versions.get((family, scope), ())

    def in_force(self, family: str, scope: str, time_ms: int) -> RuleVersion | None:
        """What a scope says of a family at `time_ms`; None where it says nothing."""
        for version in reversed(self.held(family, scope)):
            if version.valid_from_ms <= time_ms:
                return None if version.removed else version
        return None

    def patches(self, family: str, time_ms: int) -> list[Patch]:
        """What every scope says of a family at `time_ms`."""
        return self._patches(family, self._scopes.get(family, ()), time_ms)

    def next_start(self, time_ms: int) -> int | None:
        """The first time after `time_ms` (UTC) from which another version holds; None where none waits."""
        starts = (one.valid_from_ms for held in self._versions.values() for one in held)
        return min((start_ms for start_ms in starts if start_ms > time_ms), default=None)

    def patches_in(self, family: str, scopes: Iterable[str], time_ms: int) -> list[Patch]:
        """What these scopes say of a family at `time_ms`."""
        return self._patches(family, scopes, time_ms)

    def times(self, family: str, scopes: Iterable[str] | None = None) -> list[int]:
        """Every time from which something holds for a family, in `scopes` if given, in order."""
        wanted = self._scopes.get(family, ()) if scopes is None else scopes
        return sorted({one.valid_from_ms for scope in wanted for one in self.held(family, scope)})

    def timeline(self, sensor_id: str) -> VersionTimeline:
        """The rules of a sensor over time; nothing for a sensor that the city does not have."""
        found = self._timelines.get(sensor_id)
        if found is None:
            sensor = self.targets.get(sensor_id)
            found = self._timelines[sensor_id] = NOTHING if sensor is None else self._timeline_of(sensor)
        return found

    def resolved(self, family: str, place: Place, scopes: Sequence[str], time_ms: int) -> Resolved | None:
        """The rule of a family at a place at `time_ms`."""
        patches = self._patches(family, scopes, time_ms)
        return resolve(family, patches, place) if patches else None

    def _timeline_of(self, sensor: Sensor) -> VersionTimeline:
        place = place_of(sensor)
        scopes = tuple(scope for scope in scopes_at(place) if scope in self._families)
        key = (scopes, place.quantities)
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = self._over_time(place, scopes)
        return found

    def _over_time(self, place: Place, scopes: Sequence[str]) -> VersionTimeline:
        families = sorted({family for scope in scopes for family in self._families.get(scope, ())})
        held = [version for family in families for scope in scopes for version in self.held(family, scope)]
        times = sorted({version.valid_from_ms for version in held})
        rules = [
            tuple(
                found
                for family in families
                if (found := self._sound(family, place, scopes, time_ms, last=time_ms == times[-1])) is not None
            )
            for time_ms in times
        ]
        return VersionTimeline(tuple(times), tuple(rules)) if any(rules) else NOTHING

    def _sound(self, family: str, place: Place, scopes: Sequence[str], time_ms: int, *, last: bool) -> Resolved | None:
        """Resolve a rule; None where that fails, as where a sensor moved away from the scope that set its fields."""
        try:
            return self.resolved(family, place, scopes, time_ms)
        except ValueError as error:
            if last and family not in self._unsound:
                self._unsound.add(family)
                _log.warning("rule %s does not hold for sensor %s, and perhaps others: %s", family, place.sensor, error)
            return None

    def _patches(self, family: str, scopes: Iterable[str], time_ms: int) -> list[Patch]:
        found = [self.in_force(family, scope, time_ms) for scope in scopes]
        return [Patch(version.scope, version.version, version.fields) for version in found if version is not None]

    def _says_anything(self, family: str) -> bool:
        return any(not self.held(family, scope)[-1].removed for scope in self._scopes[family])

    def _add(self, version: RuleVersion) -> None:
        self._versions[version.family, version.scope].append(version)
        self._families[version.scope].add(version.family)
        self._scopes[version.family][version.scope] = None


def _age(version: RuleVersion) -> tuple[int, int]:
    return version.at_ms, version.version
