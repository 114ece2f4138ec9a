"""The rule store: versions of rules that are added and never changed, in the registry database and in memory.

save(family, scope, fields, …) ─► admission ─► version n+1 + a line in the journal, in one transaction ─► RuleVersions
undo: a new version with the content of the one before        remove: a new version that says nothing

Other processes write the same rules: `refresh` sees what they added, and a save that they came before is checked again.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.database.engine import Database
from cloud.registry.snapshot import Registry
from cloud.rulebook.admission import problems_of
from cloud.rulebook.records import RuleRejected, RuleVersion
from cloud.rulebook.rule_targets import RuleTargets
from cloud.rulebook.rule_versions import RuleVersions, VersionTimeline
from cloud.rulebook.tables import RuleVersionRow
from rules.problem import ValidationProblem
from rules.scope import Patch, Resolved
from runtime.clock import wall_ms

SEED_REASON = "initial rules"
SINCE_EVER_MS = 0
"""Seed rules hold for backfilled readings of any age."""
_ACTION_OF = {"save": "save-rule", "remove": "remove-rule", "undo": "undo-rule"}


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
    def edition(self) -> tuple[int, int]:
        """Changes with every change of the rules."""
        return self._known, self._rule_versions.edition

    async def load(self) -> None:
        """Read all rules; DatabaseUnavailable where that fails."""
        self._apply(await self._database.run(read_versions))

    async def refresh(self) -> bool:
        """See what other processes wrote; whether there was anything."""
        if await self._database.run(_count) == self._known:
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
                _write(connection, version)
                write_entry(
                    connection, Actor(SYSTEM), _ACTION_OF["save"], subject_of(version), now_ms=now,
                    reason=version.reason, after=_content(version),
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
    ) -> RuleVersion:
        """Say what `scope` sets of a family, from now or `valid_from_ms` (UTC) on; RuleRejected: nothing changed."""

        def next_version(number: int) -> RuleVersion:
            return self._version(family, scope, number, fields, actor=actor, reason=reason, valid_from_ms=valid_from_ms)

        return await self._append(family, scope, next_version, actor=actor, action="save")

    async def remove(
        self, family: str, scope: str, *, actor: Actor, reason: str, valid_from_ms: int | None = None
    ) -> RuleVersion:
        """Let `scope` say nothing of a family any more; RuleRejected where it says nothing, or others need it."""
        held = self._rule_versions.held(family, scope)
        if not held or held[-1].removed:
            raise RuleRejected(
                [
                    ValidationProblem(
                        "rule {family}@{scope}: says nothing that could be removed; /api/v1/rules lists all",
                        field="scope",
                        family=family,
                        scope=scope,
                    )
                ]
            )

        def next_version(number: int) -> RuleVersion:
            return self._version(
                family, scope, number, {}, actor=actor, reason=reason, valid_from_ms=valid_from_ms, removed=True
            )

        return await self._append(family, scope, next_version, actor=actor, action="remove")

    async def undo(self, family: str, scope: str, *, actor: Actor, reason: str) -> RuleVersion:
        """Take the newest version back: the new one says what the one before it said, which may be nothing."""
        if not self._rule_versions.held(family, scope):
            raise RuleRejected(
                [
                    ValidationProblem(
                        "rule {family}@{scope}: has no version that could be undone; /api/v1/rules lists all",
                        field="scope",
                        family=family,
                        scope=scope,
                    )
                ]
            )

        def next_version(number: int) -> RuleVersion:
            held = self._rule_versions.held(family, scope)
            before = held[-2] if len(held) > 1 else None
            fields, removed = (before.fields, before.removed) if before is not None else ({}, True)
            return self._version(family, scope, number, fields, actor=actor, reason=reason, removed=removed)

        return await self._append(family, scope, next_version, actor=actor, action="undo")

    def versions(self, family: str | None = None, scope: str | None = None) -> list[RuleVersion]:
        """All versions, of one family or scope if asked, the newest first."""
        return self._rule_versions.versions(family, scope)

    def families(self) -> list[str]:
        """Every family that some scope says something of, by name."""
        return self._rule_versions.families()

    def patches(self, family: str) -> list[Patch]:
        """What each scope says of a family now."""
        return self._rule_versions.patches(family, self._clock())

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

    async def _append(
        self, family: str, scope: str, next_version: Callable[[int], RuleVersion], *, actor: Actor, action: str
    ) -> RuleVersion:
        async with self._one_save:
            while True:
                held = self._rule_versions.held(family, scope)
                before, version = (held[-1] if held else None), next_version(len(held) + 1)
                self._check(version)
                if await self._database.run(_writer(version, before, actor=actor, action=action, known=self._known)):
                    self._known += 1
                    self._rule_versions.put(version)
                    return version
                await self.load()  # another process was here first

    def _check(self, version: RuleVersion) -> None:
        problems = problems_of(self._rule_versions, self.registry, version)
        if version.valid_from_ms < version.at_ms:
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
        self.targets.renew()
        self._rule_versions.renew()

    def _apply(self, versions: Sequence[RuleVersion]) -> None:
        self._rule_versions, self._known = RuleVersions(self.registry, versions, targets=self.targets), len(versions)


def subject_of(version: RuleVersion) -> str:
    """What the journal calls a rule: rule:river-level@all."""
    return f"rule:{version.family}@{version.scope}"


def _writer(
    version: RuleVersion, before: RuleVersion | None, *, actor: Actor, action: str, known: int
) -> Callable[[Connection], bool]:
    def write(connection: Connection) -> bool:
        if _count(connection) != known:
            return False
        _write(connection, version)
        write_entry(
            connection, actor, _ACTION_OF[action], subject_of(version), now_ms=version.at_ms, reason=version.reason,
            before=None if before is None else _content(before), after=_content(version),
        )  # fmt: skip
        return True

    return write


def _content(version: RuleVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "fields": None if version.removed else version.fields,
        "valid_from_ms": version.valid_from_ms,
    }


_FIELDS = msgspec.json.Decoder(dict[str, Any])
_COLUMNS: tuple[Any, ...] = tuple(
    getattr(RuleVersionRow, "body" if name == "fields" else name) for name in RuleVersion.__struct_fields__
)


def _count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(RuleVersionRow)).scalar_one())


def read_versions(connection: Connection) -> list[RuleVersion]:
    """Every version that the database holds, the oldest first."""
    query = select(*_COLUMNS).order_by(RuleVersionRow.version)
    return [RuleVersion(row[0], row[1], row[2], _FIELDS.decode(row[3]), *row[4:]) for row in connection.execute(query)]


def _write(connection: Connection, version: RuleVersion) -> None:
    row = msgspec.structs.asdict(version)
    row["body"] = msgspec.json.encode(row.pop("fields")).decode()
    connection.execute(insert(RuleVersionRow).values(row))
