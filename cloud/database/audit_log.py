"""The audit log (people read it as the journal): who did what, to what, when, from where, why, before and after.

2026-11-24 03:10  ani  10.0.0.7  acknowledge  alarm:17  "the pump runs"
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from cloud.database.tables import AuditRow

SYSTEM = "siaga"
"""The actor of what no person did: the evaluator, the notifier."""


JOURNALED = "journaled"
"""Where a connection has the kinds of subjects ("alarm", "rule") of the entries of its transaction."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts, by the name of a user or a token, and from which address."""

    name: str
    origin: str = ""


class AuditEntry(msgspec.Struct, frozen=True):
    """One entry; `at_ms` is UTC, `reason` is why, `before` and `after` are JSON or empty."""

    id: int
    at_ms: int
    actor: str
    origin: str
    action: str
    subject: str
    reason: str
    before: str
    after: str


def write_entry(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    *,
    now_ms: int,
    reason: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """Add an entry in the transaction of the change itself, so that no change is without one."""
    row = {
        "at_ms": now_ms,
        "actor": actor.name,
        "origin": actor.origin,
        "action": action,
        "subject": subject,
        "word": reason,
        "before": _text(before),
        "after": _text(after),
    }
    connection.execute(insert(AuditRow).values(row))
    connection.info.setdefault(JOURNALED, set()).add(subject.partition(":")[0])


def read_entries(
    connection: Connection, *, subject: str | None = None, before_id: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Read the newest entries, of one `subject` if asked, those before `before_id` if asked; the newest first."""
    query = select(*_ENTRY).order_by(AuditRow.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    return [AuditEntry(*row) for row in connection.execute(query)]


_ENTRY: tuple[Any, ...] = tuple(
    getattr(AuditRow, "word" if name == "reason" else name) for name in AuditEntry.__struct_fields__
)


def _text(content: Any) -> str:
    return "" if content is None else msgspec.json.encode(content).decode()
