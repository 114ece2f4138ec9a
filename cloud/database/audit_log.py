"""The one journal: who did what, to what, when, from where, with which word, and what it was before and after.

2026-11-24 03:10  ani  10.0.0.7  acknowledge  alarm:17  "the pump runs"
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from cloud.database.tables import JournalRow

SYSTEM = "siaga"
"""The actor of what nobody did: the engine, the notifier."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts, by the name of a user or a token, and from which address."""

    name: str
    origin: str = ""


class AuditEntry(msgspec.Struct, frozen=True):
    """One line of the journal; `at_ms` is UTC, `before` and `after` are JSON or empty."""

    id: int
    at_ms: int
    actor: str
    origin: str
    action: str
    subject: str
    word: str
    before: str
    after: str


def write_entry(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    *,
    now_ms: int,
    word: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """Add a line, in the transaction of `connection`, so that no change stands without it."""
    row = {
        "at_ms": now_ms,
        "actor": actor.name,
        "origin": actor.origin,
        "action": action,
        "subject": subject,
        "word": word,
        "before": _text(before),
        "after": _text(after),
    }
    connection.execute(insert(JournalRow).values(row))


def read_entries(
    connection: Connection, *, subject: str | None = None, before_id: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """The newest lines, of one `subject` if asked, those before `before_id` if asked; the newest first."""
    query = select(*_ENTRY).order_by(JournalRow.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(JournalRow.subject == subject)
    if before_id is not None:
        query = query.where(JournalRow.id < before_id)
    return [AuditEntry(*row) for row in connection.execute(query)]


_ENTRY: tuple[Any, ...] = tuple(getattr(JournalRow, name) for name in AuditEntry.__struct_fields__)


def _text(content: Any) -> str:
    return "" if content is None else msgspec.json.encode(content).decode()
