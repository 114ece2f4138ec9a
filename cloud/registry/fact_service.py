"""Record, correct and undo dated facts; the registry in memory follows without a restart.

record ─► checks ─► row + audit entry, in one transaction ─► the registry is replaced, for all who refer to it

Other processes write facts too: `run` polls for them, and for facts whose "valid from" has come.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.registry.fact_kinds import baseline_of, problems_of, site_of
from cloud.registry.fact_rows import Edition, FactEntry, edition_of, fact_of, facts_of, record, record_progress, undo
from cloud.registry.facts import SINCE_EVER_MS, Fact
from cloud.registry.history import calibrated_quantity
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
        self._edition: Edition | None = None
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
        now = self._clock()
        new = FactEntry(
            subject=subject, what=what, value=value, baseline=baseline_of(self._registry, (subject, what)),
            valid_from_ms=now if valid_from_ms is None else valid_from_ms,
            source=source.strip() or BY_HAND, reason=reason.strip(),
        )  # fmt: skip
        problems = [*_problems_of_texts(new.source, new.reason), *problems_of(self._registry, (subject, what), value)]
        if new.valid_from_ms < SINCE_EVER_MS:
            problems.append(LocalizedMessage("valid_from: is before 1970; write a later time"))
        self._reject(problems)

        def write(connection: Connection) -> Fact:
            _reject_while_due(facts_of(connection, (subject, what)))
            return record(connection, new, actor=actor, now_ms=now)

        return await self._change(write)

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

        def write(connection: Connection) -> Fact:
            fact = fact_of(connection, fact_id)
            of_thing = facts_of(connection, fact.key)
            if fact.undone_ms is not None:
                raise FactRejected([LocalizedMessage("fact {id}: is undone already", id=fact_id)])
            if not any(each.undone_ms is None and each.id != fact_id for each in of_thing):
                raise FactRejected(
                    [LocalizedMessage("fact {id}: is all that is known; correct it instead", id=fact_id)]
                )
            _reject_while_due(of_thing)
            return undo(connection, fact, actor=actor, reason=reason.strip(), now_ms=now)

        return await self._change(write)

    def may_touch(self, subject: str, sites: frozenset[str] | None) -> bool:
        """Say whether somebody who may see `sites` (None: all) may know and change facts of a subject."""
        site = site_of(self._registry, subject)
        return sites is None or (site is not None and site in sites)

    async def fact(self, fact_id: int) -> Fact:
        """Read one fact; LookupError if there is none of that id."""
        return await self._database.run(lambda connection: fact_of(connection, fact_id))

    async def record_progress(self, fact: Fact, *, due_ms: int | None, step: str | None = None) -> Fact:
        """Store how far recomputing because of a fact has come: all of it where `due_ms` is None."""
        return await self._database.run(lambda connection: record_progress(connection, fact, due_ms=due_ms, step=step))

    async def load(self) -> None:
        """Replace the registry by what the database has; DatabaseUnavailable where it cannot be read."""

        def read(connection: Connection) -> tuple[Edition, Registry]:
            return edition_of(connection), read_registry(connection, now_ms=self._clock())

        self._edition, fresh = await self._database.run(read)
        self._next_ms = _next_start_ms(fresh, self._clock())
        self._registry.replace_with(fresh)

    async def refresh(self) -> bool:
        """Load the registry again if others recorded facts or one has begun to hold; say whether that was so."""
        begun = self._next_ms is not None and self._next_ms <= self._clock()
        if not begun and await self._database.run(edition_of) == self._edition:
            return False
        await self.load()
        return True

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            with contextlib.suppress(DatabaseUnavailable):  # health tells of it
                await self.refresh()
            await asyncio.sleep(POLL_S)

    async def _change(self, write: Callable[[Connection], Fact]) -> Fact:
        async with self._one_change:
            fact = await self._database.run(write)
            await self.load()
            _log.info("fact %d: %s %s is %r", fact.id, fact.subject, fact.what, fact.value)
            return fact

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


def _reject_while_due(facts: list[Fact]) -> None:
    """Reject a calibration while readings are recomputed for an earlier one: it starts from their result."""
    for fact in facts:
        if fact.due_ms is not None and calibrated_quantity(fact.what) is not None:
            raise FactRejected([LocalizedMessage("{what}: is being computed again for fact {id}; try again in a minute",
                                    what=fact.what, id=fact.id)])  # fmt: skip


def _next_start_ms(registry: Registry, now_ms: int) -> int | None:
    ahead = [fact.valid_from_ms for fact in registry.facts.all() if fact.undone_ms is None]
    return min((start for start in ahead if start > now_ms), default=None)
