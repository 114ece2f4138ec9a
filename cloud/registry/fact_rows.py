"""Dated facts as rows of the registry database: added, marked as undone, and nothing else.

record(connection, new) ─► fact + a line in the journal, in the transaction of `connection`

The first fact of a thing is its ground, what held before anybody dated anything: so what came before a change keeps
what it was computed with.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.registry.facts import SINCE_EVER_MS, Eras, Fact, Facts, Key, changed_ms, differences, resolved
from cloud.registry.tables import FactRow

GROUND = "before anything was dated"
"""The source of a ground that is written down because of the first change."""

Edition = tuple[int, int, int]
"""Changes with every change of the facts: (newest id, when the newest was undone, how many are due)."""


class FactEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded of a thing; `ground` is what held of it until now, where nothing is recorded yet."""

    subject: str
    what: str
    value: Any
    ground: Any
    valid_from_ms: int
    source: str
    word: str = ""


def edition_of(connection: Connection) -> Edition:
    """Where the facts of the database stand."""
    due = select(func.count()).select_from(FactRow).where(FactRow.due_ms.is_not(None)).scalar_subquery()
    row = connection.execute(select(func.max(FactRow.id), func.max(FactRow.undone_ms), due)).one()
    return row[0] or 0, row[1] or 0, row[2]


def read_facts(connection: Connection) -> Facts:
    """All facts."""
    return Facts(_fact(row) for row in connection.execute(select(*_COLUMNS).order_by(FactRow.id)))


def facts_of(connection: Connection, key: Key) -> list[Fact]:
    """The facts of one thing, undone ones too, in the order of recording."""
    query = select(*_COLUMNS).where(FactRow.subject == key[0], FactRow.what == key[1]).order_by(FactRow.id)
    return [_fact(row) for row in connection.execute(query)]


def fact_of(connection: Connection, fact_id: int) -> Fact:
    """One fact; LookupError if there is none of that id."""
    row = connection.execute(select(*_COLUMNS).where(FactRow.id == fact_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no fact {fact_id}")
    return _fact(row)


def lay_ground(connection: Connection, grounds: Iterable[tuple[Key, Any]], *, source: str, now_ms: int) -> None:
    """Write down what has held since ever, of things of which nothing is recorded."""
    rows = [_row(key, value, source=source, now_ms=now_ms) for key, value in grounds]
    if rows:
        connection.execute(insert(FactRow), rows)


def record(connection: Connection, new: FactEntry, *, who: Actor, now_ms: int) -> Fact:
    """Add a fact, after the ground where there is none; the journal says who, and what held instead."""
    key = (new.subject, new.what)
    if not facts_of(connection, key):
        lay_ground(connection, [(key, new.ground)], source=GROUND, now_ms=now_ms)
    held = facts_of(connection, key)
    now = _after(held, now_ms)
    row = _row(key, new.value, source=new.source, now_ms=now) | {
        "valid_from_ms": new.valid_from_ms,
        "author": who.name,
        "word": new.word,
    }
    number = connection.execute(insert(FactRow).values(row).returning(FactRow.id)).scalar_one()
    fact = fact_of(connection, number)
    before, after = _standing(held), _standing([*held, fact])
    fact = _with_due(connection, fact, _due(before, after, now))
    _note(connection, who, "record-fact", fact, now, word=new.word, before=before.at(fact.valid_from_ms))
    return fact


def undo(connection: Connection, fact: Fact, *, who: Actor, word: str, now_ms: int) -> Fact:
    """Take a fact back: what holds is what the others of its thing say."""
    held = facts_of(connection, fact.key)
    now = _after(held, now_ms)
    values = {"undone_ms": now, "undone_by": who.name}
    connection.execute(update(FactRow).where(FactRow.id == fact.id).values(values))
    undone = fact_of(connection, fact.id)
    before, after = _standing(held), _standing(facts_of(connection, fact.key))
    undone = _with_due(connection, undone, _due(before, after, now))
    _note(connection, who, "undo-fact", undone, now, word=word, before=fact.value, after=after.at(fact.valid_from_ms))
    return undone


def go_on(connection: Connection, fact: Fact, *, due_ms: int | None, step: str | None = None) -> Fact:
    """Note how far computing again because of a fact has come (None: all of it), unless it was undone meanwhile."""
    ours = (FactRow.id == fact.id, FactRow.undone_ms.is_not_distinct_from(fact.undone_ms))
    connection.execute(update(FactRow).where(*ours).values(due_ms=due_ms, step=step))
    return fact_of(connection, fact.id)


def _row(key: Key, value: Any, *, source: str, now_ms: int) -> dict[str, Any]:
    """A row of what has held since ever, by nobody's word."""
    return {
        "subject": key[0],
        "what": key[1],
        "value": msgspec.json.encode(value).decode(),
        "valid_from_ms": SINCE_EVER_MS,
        "author": SYSTEM,
        "source": source,
        "word": "",
        "recorded_ms": now_ms,
    }


def _standing(facts: Iterable[Fact]) -> Eras:
    return resolved(fact for fact in facts if fact.undone_ms is None)


def _after(facts: Iterable[Fact], now_ms: int) -> int:
    """The time of a change, later than all changes before it: a clock that was put back must not shuffle them."""
    return max([now_ms, *(changed_ms(fact) + 1 for fact in facts)])


def _due(before: Eras, after: Eras, now_ms: int) -> int | None:
    """From when on (UTC) other things hold than were believed, where that is not ahead."""
    start_ms = next((start for start, _ in differences(before, after)), None)
    return start_ms if start_ms is not None and start_ms <= now_ms else None


def _with_due(connection: Connection, fact: Fact, due_ms: int | None) -> Fact:
    connection.execute(update(FactRow).where(FactRow.id == fact.id).values(due_ms=due_ms))
    return msgspec.structs.replace(fact, due_ms=due_ms)


def _note(
    connection: Connection,
    who: Actor,
    action: str,
    fact: Fact,
    now_ms: int,
    *,
    word: str,
    before: Any,
    after: Any = None,
) -> None:
    content = {"what": fact.what, "valid_from_ms": fact.valid_from_ms}
    write_entry(
        connection, who, action, fact.subject, now_ms=now_ms, word=word,
        before=content | {"value": before}, after=content | {"value": fact.value if fact.undone_ms is None else after},
    )  # fmt: skip


_COLUMNS: tuple[Any, ...] = tuple(getattr(FactRow, name) for name in Fact.__struct_fields__)


def _fact(row: Any) -> Fact:
    number, subject, what, value, *rest = row
    return Fact(number, subject, what, msgspec.json.decode(value), *rest)
