"""What people do with dated facts: record, correct, undo; and the registry in memory, which follows without a restart.

record ─► checks ─► row + line in the journal, in one transaction ─► the registry becomes another, for all who hold it

Other processes write facts too: `run` looks for them, and for facts whose time has come.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.registry.fact_kinds import ground_of, mistakes_of, site_of
from cloud.registry.fact_rows import Edition, FactEntry, edition_of, fact_of, facts_of, go_on, record, undo
from cloud.registry.facts import SINCE_EVER_MS, Fact
from cloud.registry.history import calibrated_quantity
from cloud.registry.rows import read_registry
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import is_printable

LOOK_S = 5.0
"""How often it is looked for what others recorded, and for facts whose time has come."""
LONGEST_TEXT = 400
"""Characters of a source or a word."""
BY_HAND = "by hand"
"""The source of what somebody recorded without naming one."""

_log = logging.getLogger(__name__)


class FactRejected(Exception):
    """A fact that cannot be recorded or undone; `problems` has one sentence for each mistake."""

    def __init__(self, problems: list[LocalizedMessage]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class DatedFacts:
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
        self, subject: str, what: str, value: Any, *, who: Actor, word: str, source: str = "",
        valid_from_ms: int | None = None,
    ) -> Fact:  # fmt: skip
        """Record what holds from `valid_from_ms` (UTC, now where None) on; FactRefused: nothing has changed."""
        now = self._clock()
        new = FactEntry(
            subject=subject, what=what, value=value, ground=ground_of(self._registry, (subject, what)),
            valid_from_ms=now if valid_from_ms is None else valid_from_ms,
            source=source.strip() or BY_HAND, word=word.strip(),
        )  # fmt: skip
        problems = [*_mistakes_of_words(new.source, new.word), *mistakes_of(self._registry, (subject, what), value)]
        if new.valid_from_ms < SINCE_EVER_MS:
            problems.append(LocalizedMessage("valid_from: is before 1970; write a later time"))
        self._refuse(problems)

        def write(connection: Connection) -> Fact:
            _refuse_while_due(facts_of(connection, (subject, what)))
            return record(connection, new, who=who, now_ms=now)

        return await self._change(write)

    async def correct(self, fact_id: int, value: Any, *, who: Actor, word: str, source: str = "") -> Fact:
        """Record another value with the validity of a fact: it was a mistake. LookupError if there is no such fact."""
        wrong = await self.fact(fact_id)
        if wrong.undone_ms is not None:
            raise FactRejected(
                [LocalizedMessage("fact {id}: is undone already; record what holds instead", id=fact_id)]
            )
        return await self.record(
            wrong.subject, wrong.what, value, who=who, word=word, source=source, valid_from_ms=wrong.valid_from_ms
        )

    async def undo(self, fact_id: int, *, who: Actor, word: str) -> Fact:
        """Take a fact back; LookupError if there is no such fact, FactRefused where nothing would be left."""
        self._refuse(list(_mistakes_of_words("", word)))
        now = self._clock()

        def write(connection: Connection) -> Fact:
            fact = fact_of(connection, fact_id)
            held = facts_of(connection, fact.key)
            if fact.undone_ms is not None:
                raise FactRejected([LocalizedMessage("fact {id}: is undone already", id=fact_id)])
            if not any(each.undone_ms is None and each.id != fact_id for each in held):
                raise FactRejected(
                    [LocalizedMessage("fact {id}: is all that is known; correct it instead", id=fact_id)]
                )
            _refuse_while_due(held)
            return undo(connection, fact, who=who, word=word.strip(), now_ms=now)

        return await self._change(write)

    def may_touch(self, subject: str, sites: frozenset[str] | None) -> bool:
        """Whether somebody who may see `sites` (None: all) may know and change facts of a subject."""
        site = site_of(self._registry, subject)
        return sites is None or (site is not None and site in sites)

    async def fact(self, fact_id: int) -> Fact:
        """One fact; LookupError if there is none of that id."""
        return await self._database.run(lambda connection: fact_of(connection, fact_id))

    async def go_on(self, fact: Fact, *, due_ms: int | None, step: str | None = None) -> Fact:
        """Note how far computing again because of a fact has come: all of it where `due_ms` is None."""
        return await self._database.run(lambda connection: go_on(connection, fact, due_ms=due_ms, step=step))

    async def load(self) -> None:
        """Let the registry say what the database says; DatabaseUnavailable where it cannot be asked."""

        def read(connection: Connection) -> tuple[Edition, Registry]:
            return edition_of(connection), read_registry(connection, now_ms=self._clock())

        self._edition, fresh = await self._database.run(read)
        self._next_ms = _next_start_ms(fresh, self._clock())
        self._registry.become(fresh)

    async def refresh(self) -> bool:
        """See what others recorded and what has begun to hold; whether there was anything."""
        begun = self._next_ms is not None and self._next_ms <= self._clock()
        if not begun and await self._database.run(edition_of) == self._edition:
            return False
        await self.load()
        return True

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            with contextlib.suppress(DatabaseUnavailable):  # health tells of it
                await self.refresh()
            await asyncio.sleep(LOOK_S)

    async def _change(self, write: Callable[[Connection], Fact]) -> Fact:
        async with self._one_change:
            fact = await self._database.run(write)
            await self.load()
            _log.info("fact %d: %s %s is %r", fact.id, fact.subject, fact.what, fact.value)
            return fact

    def _refuse(self, problems: list[LocalizedMessage]) -> None:
        if problems:
            raise FactRejected(problems)


def _mistakes_of_words(source: str, word: str) -> list[LocalizedMessage]:
    problems = []
    if not word.strip():
        problems.append(LocalizedMessage("reason: is empty; say why, or who said so"))
    for name, text in (("reason", word), ("source", source)):
        if len(text) > LONGEST_TEXT or not is_printable(text):
            problems.append(
                LocalizedMessage("{name}: write at most {most} characters, on one line", name=name, most=LONGEST_TEXT)
            )
    return problems


def _refuse_while_due(facts: list[Fact]) -> None:
    """What is computed again for one calibration must be done before the next: it starts from the values in between."""
    for fact in facts:
        if fact.due_ms is not None and calibrated_quantity(fact.what) is not None:
            raise FactRejected([LocalizedMessage("{what}: is being computed again for fact {id}; try again in a minute",
                                    what=fact.what, id=fact.id)])  # fmt: skip


def _next_start_ms(registry: Registry, now_ms: int) -> int | None:
    ahead = [fact.valid_from_ms for fact in registry.facts.all() if fact.undone_ms is None]
    return min((start for start in ahead if start > now_ms), default=None)
