"""Dated facts as rows of the registry database: rows are added and marked as undone, never changed otherwise.

record(connection, new) ─► fact + an entry in the audit log, in the transaction of `connection`

The first fact of a thing is its baseline: the value before anybody recorded a change. Readings from before that change
stay computed with it.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select, update

from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.registry.facts import SINCE_EVER_MS, Fact, Facts, Key, Timeline, changed_ms, differences, timeline_of
from cloud.registry.tables import FactRow

BASELINE = "before anything was dated"
"""The source of a baseline that is written down because of the first change."""


class FactEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A fact to record; `baseline` is its value until now, for a thing without facts."""

    subject: str
    what: str
    value: Any
    baseline: Any
    valid_from_ms: int
    source: str
    reason: str = ""


def read_facts(connection: Connection) -> Facts:
    """Read all facts."""
    return Facts(_fact(row) for row in connection.execute(select(*_COLUMNS).order_by(FactRow.id)))


def facts_of(connection: Connection, key: Key) -> list[Fact]:
    """Read the facts of one thing, undone ones too, in the order of recording."""
    query = select(*_COLUMNS).where(FactRow.subject == key[0], FactRow.what == key[1]).order_by(FactRow.id)
    return [_fact(row) for row in connection.execute(query)]


def facts_where(connection: Connection, condition: ColumnElement[bool], *, most: int) -> list[Fact]:
    """Read the facts of which `condition` is true, at most so many, in the order of recording."""
    query = select(*_COLUMNS).where(condition).order_by(FactRow.id).limit(most)
    return [_fact(row) for row in connection.execute(query)]


def fact_of(connection: Connection, fact_id: int) -> Fact:
    """Read one fact; LookupError if there is none of that id."""
    row = connection.execute(select(*_COLUMNS).where(FactRow.id == fact_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no fact {fact_id}")
    return _fact(row)


def record_baselines(connection: Connection, baselines: Iterable[tuple[Key, Any]], *, source: str, now_ms: int) -> None:
    """Add the baselines of things that have no facts yet; they hold since ever."""
    rows = [_row(key, value, source=source, now_ms=now_ms) for key, value in baselines]
    if rows:
        connection.execute(insert(FactRow), rows)


def record(connection: Connection, new: FactEntry, *, actor: Actor, now_ms: int) -> Fact:
    """Add a fact, after the baseline where there is none; the audit log says who, and what held before."""
    key = (new.subject, new.what)
    if not facts_of(connection, key):
        record_baselines(connection, [(key, new.baseline)], source=BASELINE, now_ms=now_ms)
    recorded = facts_of(connection, key)
    now = _change_ms(recorded, now_ms)
    row = _row(key, new.value, source=new.source, now_ms=now) | {
        "valid_from_ms": new.valid_from_ms,
        "author": actor.name,
        "word": new.reason,
    }
    number = connection.execute(insert(FactRow).values(row).returning(FactRow.id)).scalar_one()
    fact = fact_of(connection, number)
    before, after = _current(recorded), _current([*recorded, fact])
    fact = _with_due(connection, fact, _due(before, after, now))
    _write_entry(connection, actor, "record-fact", fact, now, reason=new.reason, before=before.at(fact.valid_from_ms))
    return fact


def undo(connection: Connection, fact: Fact, *, actor: Actor, reason: str, now_ms: int) -> Fact:
    """Mark a fact as undone; the other facts of its thing hold instead."""
    recorded = facts_of(connection, fact.key)
    now = _change_ms(recorded, now_ms)
    values = {"undone_ms": now, "undone_by": actor.name}
    connection.execute(update(FactRow).where(FactRow.id == fact.id).values(values))
    undone = fact_of(connection, fact.id)
    before, after = _current(recorded), _current(facts_of(connection, fact.key))
    undone = _with_due(connection, undone, _due(before, after, now))
    _write_entry(
        connection,
        actor,
        "undo-fact",
        undone,
        now,
        reason=reason,
        before=fact.value,
        after=after.at(fact.valid_from_ms),
    )
    return undone


def record_progress(connection: Connection, fact: Fact, *, due_ms: int | None, step: str | None = None) -> Fact:
    """Store how far recomputing because of a fact has come (None: all of it), unless it was undone meanwhile."""
    ours = (FactRow.id == fact.id, FactRow.undone_ms.is_not_distinct_from(fact.undone_ms))
    connection.execute(update(FactRow).where(*ours).values(due_ms=due_ms, step=step))
    return fact_of(connection, fact.id)


def _row(key: Key, value: Any, *, source: str, now_ms: int) -> dict[str, Any]:
    """Make the row of a baseline."""
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


def _current(facts: Iterable[Fact]) -> Timeline:
    return timeline_of(fact for fact in facts if fact.undone_ms is None)


def _change_ms(facts: Iterable[Fact], now_ms: int) -> int:
    """Return the time of a change, after all earlier ones: a clock that was put back must not reorder them."""
    return max([now_ms, *(changed_ms(fact) + 1 for fact in facts)])


def _due(before: Timeline, after: Timeline, now_ms: int) -> int | None:
    """Return from when on (UTC) the value differs, so that readings are recomputed; None in the future."""
    start_ms = next((start for start, _ in differences(before, after)), None)
    return start_ms if start_ms is not None and start_ms <= now_ms else None


def _with_due(connection: Connection, fact: Fact, due_ms: int | None) -> Fact:
    connection.execute(update(FactRow).where(FactRow.id == fact.id).values(due_ms=due_ms))
    return msgspec.structs.replace(fact, due_ms=due_ms)


def _write_entry(
    connection: Connection,
    actor: Actor,
    action: str,
    fact: Fact,
    now_ms: int,
    *,
    reason: str,
    before: Any,
    after: Any = None,
) -> None:
    content = {"what": fact.what, "valid_from_ms": fact.valid_from_ms}
    write_entry(
        connection, actor, action, fact.subject, now_ms=now_ms, reason=reason,
        before=content | {"value": before}, after=content | {"value": fact.value if fact.undone_ms is None else after},
    )  # fmt: skip


_COLUMNS: tuple[Any, ...] = tuple(
    getattr(FactRow, "word" if name == "reason" else name) for name in Fact.__struct_fields__
)


def _fact(row: Any) -> Fact:
    number, subject, what, value, *rest = row
    return Fact(number, subject, what, msgspec.json.decode(value), *rest)
