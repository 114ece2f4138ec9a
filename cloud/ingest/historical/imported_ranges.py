"""What was imported, kept until what follows from it is computed by the process that takes in what the sensor sends.

note, ready in ten minutes ─► readings stored ─► note ready now ─► followed up, some hours at a time ─► forgotten

An import that is killed between the two leaves a note that becomes ready by itself.
"""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cloud.ingest.tables import ImportedRangeRow as Row

READY_AFTER_MS = 600_000


class ImportedRange(msgspec.Struct, frozen=True):
    """Readings of a series that were imported, from `first_ms` to `last_ms` (UTC, both included)."""

    sensor: str
    quantity: str
    first_ms: int
    last_ms: int
    id: int = 0


def note_ranges(connection: Connection, ranges: Iterable[ImportedRange], *, now_ms: int) -> list[int]:
    """Keep what is about to be stored; gives the ids of the notes."""
    ready = {"ready_ms": now_ms + READY_AFTER_MS}
    rows = [
        {name: getattr(each, name) for name in ("sensor", "quantity", "first_ms", "last_ms")} | ready for each in ranges
    ]
    return list(connection.execute(insert(Row).returning(Row.id), rows).scalars()) if rows else []


def make_ready(connection: Connection, ids: Sequence[int], *, now_ms: int) -> None:
    """All of it is stored."""
    connection.execute(update(Row).where(Row.id.in_(ids)).values(ready_ms=now_ms))


def ready_ranges(connection: Connection, *, now_ms: int, most: int) -> list[ImportedRange]:
    """The oldest notes that are ready."""
    columns = (Row.sensor, Row.quantity, Row.first_ms, Row.last_ms, Row.id)
    query = select(*columns).where(Row.ready_ms <= now_ms).order_by(Row.id).limit(most)
    return [ImportedRange(*row) for row in connection.execute(query)]


def record_followed_up(connection: Connection, done: ImportedRange, *, until_ms: int) -> None:
    """Keep how far a note is followed up; it is forgotten where that is all of it."""
    if until_ms > done.last_ms:
        connection.execute(delete(Row).where(Row.id == done.id))
    else:
        connection.execute(update(Row).where(Row.id == done.id).values(first_ms=until_ms))
