"""The rule store: versions of rules that are added and never changed, in the registry database and in memory.

save(family, scope, fields, …) ─► admission ─► version n+1 + a line in the journal, in one transaction ─► RuleVersions
undo: a new version with the content of the one before        remove: a new version that says nothing

Other processes write the same rules: `refresh` sees what they added, and a save that they came before is checked again.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection

from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.database.engine import Database
from cloud.registry.snapshot import Registry
from cloud.rulebook.admission import problems_of, problems_on
from cloud.rulebook.records import ChangedMeanwhile, RuleRejected, RuleVersion, ScopeChange
from cloud.rulebook.rule_rows import (
    ACTION_OF,
    appending,
    content_of,
    count_versions,
    read_versions,
    subject_of,
    write_version,
)
from cloud.rulebook.rule_targets import RuleTargets
from cloud.rulebook.rule_versions import RuleVersions, VersionTimeline
from i18n.catalog import N_
from rules.problem import ValidationProblem
from rules.scope import Patch, Resolved
from runtime.clock import wall_ms

SEED_REASON = "initial rules"
Found = TypeVar("Found")
RULES_CHANGED = N_("rules: somebody has changed them since this was looked at; look at the difference again")
NOTHING_SAID = N_("rule {family}@{scope}: says nothing that could be removed; /api/v1/rules lists all")
NO_VERSION = N_("rule {family}@{scope}: has no version that could be undone; /api/v1/rules lists all")
SINCE_EVER_MS = 0
"""Seed rules hold for backfilled readings of any age."""


class RuleStore:
    """The rules of the city in `registry`."""

    def __init__(self, database: Database, registry: Registry, *, clock: Callable[[], int] = wall_ms) -> None:
        self.registry = registry
        self._database = database
        self._clock = clock
        self.targets = RuleTargets(registry)
        self._rule_versions = RuleVersions(registry, targets=self.targets)
        self._known = 0  # rows read; versions are only ever added
        self._one_save = asyncio.Lock()
        registry.on_change(self._renew)

    @property
    def known(self) -> int:
        """How many versions there are: it changes with every change of the rules by anybody."""
        return self._known

    @property
    def edition(self) -> tuple[int, int]:
        """Changes with every change of the rules."""
        return self._known, self._rule_versions.edition

    def changed_since(self, edition: tuple[int, int]) -> frozenset[str] | None:
        """The sensors and sites whose rules may be others than at an `edition` before; None where any may be."""
        return self._rule_versions.changed_since(edition[1]) if edition[0] == self._known else None

    async def load(self) -> None:
        """Read all rules; DatabaseUnavailable where that fails."""
        self._apply(await self._database.run(read_versions))

    async def refresh(self) -> bool:
        """See what other processes wrote; whether there was anything."""
        if await self._database.run(count_versions) == self._known:
            return False
        await self.load()
        return True

    async def held(self) -> list[RuleVersion]:
        """Every version that the database holds; DatabaseUnavailable where that fails."""
        return await self._database.run(read_versions)

    async def add_missing(self, versions: Sequence[RuleVersion]) -> int:
        """Write the seed rules of families and scopes that were never written; how many there were."""
        now = self._clock()

        def write(connection: Connection) -> int:
            held = {(version.family, version.scope) for version in read_versions(connection)}
            new = [version for version in versions if (version.family, version.scope) not in held]
            for version in new:
                write_version(connection, version)
                write_entry(
                    connection, Actor(SYSTEM), ACTION_OF["save"], subject_of(version), now_ms=now,
                    reason=version.reason, after=content_of(version),
                )  # fmt: skip
            return len(new)

        written = await self._database.run(write)
        await self.load()
        return written

    async def save(
        self,
        family: str,
        scope: str,
        fields: dict[str, Any],
        *,
        actor: Actor,
        reason: str,
        valid_from_ms: int | None = None,
        seen: int | None = None,
    ) -> RuleVersion:
        """Say what `scope` sets of a family, from now or `valid_from_ms` (UTC) on; RuleRejected: nothing changed.

        `seen` is the version that was edited, 0 where there was none: ChangedMeanwhile where it is not the newest.
        """

        def next_version(number: int) -> RuleVersion:
            return self._version(family, scope, number, fields, actor=actor, reason=reason, valid_from_ms=valid_from_ms)

        return await self._append_one(family, scope, next_version, actor=actor, action="save", seen=seen)

    async def remove(
        self, family: str, scope: str, *, actor: Actor, reason: str, valid_from_ms: int | None = None,
        seen: int | None = None,
    ) -> RuleVersion:  # fmt: skip
        """Let `scope` say nothing of a family any more; RuleRejected where it says nothing, or others need it."""
        held = self._rule_versions.held(family, scope)
        if not held or held[-1].removed:
            raise RuleRejected([ValidationProblem(NOTHING_SAID, field="scope", family=family, scope=scope)])

        def next_version(number: int) -> RuleVersion:
            return self._version(
                family, scope, number, {}, actor=actor, reason=reason, valid_from_ms=valid_from_ms, removed=True
            )

        return await self._append_one(family, scope, next_version, actor=actor, action="remove", seen=seen)

    async def undo(self, family: str, scope: str, *, actor: Actor, reason: str, seen: int | None = None) -> RuleVersion:
        """Take the newest version back: the new one says what the one before it said, which may be nothing."""
        if not self._rule_versions.held(family, scope):
            raise RuleRejected([ValidationProblem(NO_VERSION, field="scope", family=family, scope=scope)])

        def next_version(number: int) -> RuleVersion:
            held = self._rule_versions.held(family, scope)
            before = held[-2] if len(held) > 1 else None
            fields, removed = (before.fields, before.removed) if before is not None else ({}, True)
            return self._version(family, scope, number, fields, actor=actor, reason=reason, removed=removed)

        return await self._append_one(family, scope, next_version, actor=actor, action="undo", seen=seen)

    def versions(self, family: str | None = None, scope: str | None = None) -> list[RuleVersion]:
        """All versions, of one family or scope if asked, the newest first."""
        return self._rule_versions.versions(family, scope)

    def families(self) -> list[str]:
        """Every family that some scope says something of, by name."""
        return self._rule_versions.families()

    def patches(self, family: str) -> list[Patch]:
        """What each scope says of a family now."""
        return self._rule_versions.patches(family, self._clock())

    def patches_in(self, family: str, scopes: Sequence[str]) -> list[Patch]:
        """What these scopes alone say of a family now."""
        return self._rule_versions.patches_in(family, scopes, self._clock())

    def next_start(self) -> int | None:
        """When (UTC, ms) a version comes into force that was saved ahead of its time; None where none waits."""
        return self._rule_versions.next_start(self._clock())

    def resolved(self, sensor_id: str) -> list[Resolved]:
        """The rules that hold for a sensor now, by family."""
        return list(self._rule_versions.timeline(sensor_id).at(self._clock()))

    def timeline(self, sensor_id: str) -> VersionTimeline:
        """The rules of a sensor at any time."""
        return self._rule_versions.timeline(sensor_id)

    def trial(self, version: RuleVersion, *, sites: frozenset[str] | None = None) -> RuleVersions:
        """The family's versions as they would be with `version`; RuleRejected where it may not (see `problems_of`)."""
        problems = problems_of(self._rule_versions, self.registry, version, sites=sites)
        if problems:
            raise RuleRejected(problems)
        return self._rule_versions.with_version(version)

    async def save_all(
        self, changes: Sequence[ScopeChange], *, actor: Actor, reason: str, seen: int | None = None
    ) -> list[RuleVersion]:
        """Say what scopes set, from now on, all or nothing; RuleRejected: nothing changed.

        `seen` is `known` as it was when the changes were looked at: RuleRejected where rules have changed since.
        """

        def next_versions() -> list[RuleVersion]:
            if seen is not None and seen != self._known:
                raise RuleRejected([ValidationProblem(RULES_CHANGED, field="version")])
            return self.versions_for(changes, actor=actor, reason=reason)

        return await self._append(next_versions, actor=actor, action="import")

    def versions_for(self, changes: Sequence[ScopeChange], *, actor: Actor, reason: str) -> list[RuleVersion]:
        """The versions that changes would be, if nothing speaks against them."""
        number = {(one.family, one.scope): len(self._rule_versions.held(one.family, one.scope)) + 1 for one in changes}
        return [
            self._version(*key, number[key], one.fields or {}, actor=actor, reason=reason, removed=one.fields is None)
            for one in changes
            if (key := (one.family, one.scope))
        ]

    def problems_of_each(
        self, versions: Sequence[RuleVersion], *, sites: frozenset[str] | None = None
    ) -> list[list[ValidationProblem]]:
        """Why versions may not join the others, as all of them together would stand; of each its own."""
        after = self._rule_versions.with_versions(versions)
        return [problems_on(after, self.registry, version, sites=sites) for version in versions]

    async def while_unchanged(self, work: Callable[[], Found]) -> Found:
        """Do `work` in a thread, while nobody saves anything here."""
        async with self._one_save:
            return await asyncio.to_thread(work)

    async def _append_one(
        self, family: str, scope: str, next_version: Callable[[int], RuleVersion], *, actor: Actor, action: str,
        seen: int | None,
    ) -> RuleVersion:  # fmt: skip
        def next_versions() -> list[RuleVersion]:
            held = self._rule_versions.held(family, scope)
            if seen is not None and held and held[-1].version != seen:
                raise ChangedMeanwhile(held[-1])
            return [next_version(len(held) + 1)]

        (version,) = await self._append(next_versions, actor=actor, action=action)
        return version

    async def _append(
        self, next_versions: Callable[[], list[RuleVersion]], *, actor: Actor, action: str
    ) -> list[RuleVersion]:
        async with self._one_save:
            while True:
                versions = next_versions()
                held = self._rule_versions.held
                with_before = [(one, next(reversed(held(one.family, one.scope)), None)) for one in versions]
                await asyncio.to_thread(self._check, versions)  # it may touch every sensor of the city
                write = appending(with_before, actor=actor, action=action, known=self._known)
                if await self._database.run(write):
                    self._known += len(versions)
                    for version in versions:
                        self._rule_versions.put(version)
                    return versions
                await self.load()  # another process was here first

    def _check(self, versions: Sequence[RuleVersion]) -> None:
        problems = list(dict.fromkeys(chain.from_iterable(self.problems_of_each(versions))))
        if any(version.valid_from_ms < version.at_ms for version in versions):
            problems.append(
                ValidationProblem(
                    "valid_from: is in the past, where readings were judged already; write a time ahead",
                    field="valid_from",
                )
            )
        if problems:
            raise RuleRejected(problems)

    def _version(
        self,
        family: str,
        scope: str,
        number: int,
        fields: dict[str, Any],
        *,
        actor: Actor,
        reason: str,
        valid_from_ms: int | None = None,
        removed: bool = False,
    ) -> RuleVersion:
        now = self._clock()
        since = now if valid_from_ms is None else valid_from_ms
        return RuleVersion(family, scope, number, fields, removed, since, now, actor.name, reason.strip())

    def _renew(self) -> None:
        """The registry has become another: rules may hold for other sensors now."""
        self.targets.renew(self.registry.changed)
        self._rule_versions.renew(self.registry.changed)

    def _apply(self, versions: Sequence[RuleVersion]) -> None:
        self._rule_versions, self._known = RuleVersions(self.registry, versions, targets=self.targets), len(versions)
