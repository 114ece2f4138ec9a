"""Record, correct and undo dated facts; the registry in memory follows without a restart.

record ─► checks ─► row + audit entry, in one transaction ─► the registry is replaced, for all who refer to it

Other processes write facts too: `run` polls for them, and for facts whose "valid from" has come.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.registry.delta import RegistryDelta, delta_of
from cloud.registry.edition_rows import edition_of
from cloud.registry.fact_kinds import baseline_of, problems_of, site_of
from cloud.registry.fact_rows import FactEntry, fact_of, facts_of, record, record_progress, undo
from cloud.registry.facts import SINCE_EVER_MS, Fact
from cloud.registry.history import GATEWAY, SITE, calibrated_quantity
from cloud.registry.rows import read_registry
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import is_printable

POLL_S = 5.0
LONGEST_TEXT = 400
"""Characters of a source or a reason."""
BY_HAND = "by hand"
"""The source of a fact that somebody recorded without naming one."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class FactRejected(Exception):
    """A fact that cannot be recorded or undone; `problems` has one sentence for each mistake."""

    def __init__(self, problems: list[LocalizedMessage]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class FactService:
    """The dated facts of `registry`, kept in `database`."""

    def __init__(self, database: Database, registry: Registry, *, clock: Callable[[], int] = wall_ms) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._next_ms: int | None = None
        self._one_change = asyncio.Lock()

    @property
    def registry(self) -> Registry:
        """The registry as the facts make it."""
        return self._registry

    async def record(
        self, subject: str, what: str, value: Any, *, actor: Actor, reason: str, source: str = "",
        valid_from_ms: int | None = None,
    ) -> Fact:  # fmt: skip
        """Record a value from `valid_from_ms` (UTC, now where None) on; FactRejected: nothing has changed."""
        (fact,) = await self.record_together(
            subject, {what: value}, actor=actor, reason=reason, source=source, valid_from_ms=valid_from_ms
        )
        return fact

    async def record_together(
        self, subject: str, values: Mapping[str, Any], *, actor: Actor, reason: str, source: str = "",
        valid_from_ms: int | None = None,
    ) -> list[Fact]:  # fmt: skip
        """Record what became of a subject at one moment, by the kind of fact, in one transaction; as `record`."""
        now = self._clock()
        entries = [
            FactEntry(
                subject=subject, what=what, value=value, baseline=baseline_of(self._registry, (subject, what)),
                valid_from_ms=now if valid_from_ms is None else valid_from_ms,
                source=source.strip() or BY_HAND, reason=reason.strip(),
            )
            for what, value in values.items()
        ]  # fmt: skip
        self._reject([*_problems_of_texts(source, reason), *self._problems_of_entries(entries)])

        def write(connection: Connection) -> list[Fact]:
            for entry in entries:
                reject_while_due(facts_of(connection, (entry.subject, entry.what)))
            return [record(connection, entry, actor=actor, now_ms=now) for entry in entries]

        return await self._change(write)

    def _problems_of_entries(self, entries: Iterable[FactEntry]) -> Iterator[LocalizedMessage]:
        early = False
        for entry in entries:
            early = early or entry.valid_from_ms < SINCE_EVER_MS
            yield from problems_of(self._registry, (entry.subject, entry.what), entry.value)
        if early:
            yield LocalizedMessage("valid_from: is before 1970; write a later time")

    async def correct(self, fact_id: int, value: Any, *, actor: Actor, reason: str, source: str = "") -> Fact:
        """Record another value with the validity of a fact: it was wrong. LookupError if there is no such fact."""
        wrong = await self.fact(fact_id)
        if wrong.undone_ms is not None:
            raise FactRejected(
                [LocalizedMessage("fact {id}: is undone already; record what holds instead", id=fact_id)]
            )
        return await self.record(
            wrong.subject,
            wrong.what,
            value,
            actor=actor,
            reason=reason,
            source=source,
            valid_from_ms=wrong.valid_from_ms,
        )

    async def undo(self, fact_id: int, *, actor: Actor, reason: str) -> Fact:
        """Undo a fact; LookupError if there is no such fact, FactRejected where nothing would be left."""
        self._reject(list(_problems_of_texts("", reason)))
        now = self._clock()

        def write(connection: Connection) -> list[Fact]:
            fact = fact_of(connection, fact_id)
            of_thing = facts_of(connection, fact.key)
            if fact.undone_ms is not None:
                raise FactRejected([LocalizedMessage("fact {id}: is undone already", id=fact_id)])
            if not any(each.undone_ms is None and each.id != fact_id for each in of_thing):
                raise FactRejected(
                    [LocalizedMessage("fact {id}: is all that is known; correct it instead", id=fact_id)]
                )
            reject_while_due(of_thing)
            return [undo(connection, fact, actor=actor, reason=reason.strip(), now_ms=now)]

        (undone,) = await self._change(write)
        return undone

    def may_touch(self, subject: str, sites: frozenset[str] | None) -> bool:
        """Say whether somebody who may see `sites` (None: all) may know and change facts of a subject."""
        site = site_of(self._registry, subject)
        return sites is None or (site is not None and site in sites)

    def may_refer(self, what: str, value: Any, sites: frozenset[str] | None) -> bool:
        """Say whether somebody who may see `sites` (None: all) may move something to a site or gateway, `value`."""
        if sites is None or what not in (SITE, GATEWAY) or not isinstance(value, str):
            return True
        gateway = self._registry.gateway(value) if what == GATEWAY else None
        return (value if what == SITE else "" if gateway is None else gateway.site) in sites

    async def fact(self, fact_id: int) -> Fact:
        """Read one fact; LookupError if there is none of that id."""
        return await self._database.run(lambda connection: fact_of(connection, fact_id))

    async def record_progress(self, fact: Fact, *, due_ms: int | None, step: str | None = None) -> Fact:
        """Store how far recomputing because of a fact has come: all of it where `due_ms` is None."""
        return await self._database.run(lambda connection: record_progress(connection, fact, due_ms=due_ms, step=step))

    async def load(self) -> None:
        """Replace the registry by what the database has; DatabaseUnavailable where it cannot be read."""
        async with self._one_change:
            await self._load()

    async def refresh(self) -> bool:
        """Follow if others changed the registry, or a fact has begun to hold; say whether that was so."""
        async with self._one_change:
            if self._next_ms is not None and self._next_ms <= self._clock():
                await self._load()
                return True
            if await self._database.run(edition_of) == self._registry.stored_edition:
                return False
            await self._follow(await self._database.run(self._delta))
            return True

    async def change(self, write: Callable[[Connection], T]) -> T:
        """Do `write` in one transaction, and let the registry follow it, with no other change of ours in between."""

        def write_and_read(connection: Connection) -> tuple[T, RegistryDelta | None]:
            return write(connection), self._delta(connection)

        async with self._one_change:
            outcome, delta = await self._database.run(write_and_read)
            await self._follow(delta)
            return outcome

    def _delta(self, connection: Connection) -> RegistryDelta | None:
        return delta_of(connection, self._registry)

    async def _follow(self, delta: RegistryDelta | None) -> None:
        """Take over what has changed: where that is little, without reading or making all of the registry again."""
        if delta is None:
            await self._load()
            return
        now = self._clock()
        amend = partial(self._registry.amended, delta.records, delta.facts, edition=delta.edition, now_ms=now)
        fresh = await asyncio.to_thread(amend)
        starts = [fact.valid_from_ms for fact in delta.facts if fact.valid_from_ms > now]
        self._next_ms = min((*starts, *(() if self._next_ms is None else (self._next_ms,))), default=None)
        self._registry.replace_with(fresh)

    async def _load(self) -> None:
        fresh = await self._database.run(lambda connection: read_registry(connection, now_ms=self._clock()))
        self._next_ms = _next_start_ms(fresh, self._clock())
        self._registry.replace_with(fresh)

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            with contextlib.suppress(DatabaseUnavailable):  # health tells of it
                await self.refresh()
            await asyncio.sleep(POLL_S)

    async def _change(self, write: Callable[[Connection], list[Fact]]) -> list[Fact]:
        facts = await self.change(write)
        for fact in facts:
            _log.info("fact %d: %s %s is %r", fact.id, fact.subject, fact.what, fact.value)
        return facts

    def _reject(self, problems: list[LocalizedMessage]) -> None:
        if problems:
            raise FactRejected(problems)


def _problems_of_texts(source: str, reason: str) -> list[LocalizedMessage]:
    problems = []
    if not reason.strip():
        problems.append(LocalizedMessage("reason: is empty; say why, or who said so"))
    for name, text in (("reason", reason), ("source", source)):
        if len(text) > LONGEST_TEXT or not is_printable(text):
            problems.append(
                LocalizedMessage("{name}: write at most {most} characters, on one line", name=name, most=LONGEST_TEXT)
            )
    return problems


def reject_while_due(facts: list[Fact]) -> None:
    """Reject a calibration while readings are recomputed for an earlier one: it starts from their result."""
    for fact in facts:
        if fact.due_ms is not None and calibrated_quantity(fact.what) is not None:
            raise FactRejected([LocalizedMessage("{what}: is being computed again for fact {id}; try again in a minute",
                                    what=fact.what, id=fact.id)])  # fmt: skip


def _next_start_ms(registry: Registry, now_ms: int) -> int | None:
    ahead = [fact.valid_from_ms for fact in registry.facts.all() if fact.undone_ms is None]
    return min((start for start in ahead if start > now_ms), default=None)
