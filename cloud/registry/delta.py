"""What others, or we, changed of the registry since it was read: a few records and facts, so that all else may stay.

delta_of(connection, registry) -> RegistryDelta(records=[river], facts=[…], edition)      None: too much, read it all
"""

import msgspec
from sqlalchemy import Connection, or_, select

from cloud.registry.edition import Edition
from cloud.registry.edition_rows import edition_of
from cloud.registry.fact_rows import facts_where
from cloud.registry.facts import CITY, Fact
from cloud.registry.ownership import ONE_OF, OWNABLE
from cloud.registry.records import Record
from cloud.registry.rows import read_records
from cloud.registry.snapshot import Registry
from cloud.registry.tables import FactRow, RegistryChangeRow, RegistryEditRow

MOST = 500
"""Records or facts; of more, reading everything is not much dearer."""
_KIND_OF = {one: kind for kind, one in ONE_OF.items()}


class RegistryDelta(msgspec.Struct, frozen=True):
    """Records as they are stored now, every fact that is new or another, and the edition that they lead to."""

    records: tuple[Record, ...]
    facts: tuple[Fact, ...]
    edition: Edition


def delta_of(connection: Connection, registry: Registry) -> RegistryDelta | None:
    """Read what differs from `registry`; None where it is too much, or city.toml has changed."""
    since, edition = registry.stored_edition, edition_of(connection)
    if since is None:
        return None
    keys = _edited(connection, since)
    facts = None if keys is None else _facts(connection, registry, since, keys)
    if keys is None or facts is None:
        return None
    keys |= {(_KIND_OF[kind], name) for kind, _, name in (fact.subject.partition(":") for fact in facts)}
    records = [
        record
        for kind in OWNABLE
        for record in read_records(connection, kind, {name for of, name in keys if of == kind})
    ]
    return RegistryDelta(tuple(records), tuple(facts), edition)


def _edited(connection: Connection, since: Edition) -> set[tuple[str, str]] | None:
    newer = RegistryChangeRow.id > since.change
    rows = connection.execute(
        select(RegistryChangeRow.action, RegistryChangeRow.edits).where(newer).limit(MOST + 1)
    ).all()
    if any(row.action == "file" for row in rows) or max(len(rows), sum(row.edits for row in rows)) > MOST:
        return None
    edits = select(RegistryEditRow.kind, RegistryEditRow.record).where(RegistryEditRow.change > since.change)
    return {(row.kind, row.record) for row in connection.execute(edits)}


def _facts(connection: Connection, registry: Registry, since: Edition, keys: set[tuple[str, str]]) -> list[Fact] | None:
    """The facts that may differ: new ones, undone ones, what is or was being computed."""
    due = [fact.id for fact in registry.facts.due()]
    if len(due) + len(keys) > MOST:
        return None
    found = facts_where(
        connection,
        or_(
            FactRow.id > since.fact, FactRow.undone_ms >= since.undone_ms, FactRow.due_ms.is_not(None),
            FactRow.id.in_(due), FactRow.subject.in_([f"{ONE_OF[kind]}:{name}" for kind, name in keys]),
        ),
        most=MOST + 1,
    )  # fmt: skip
    if len(found) > MOST or any(fact.subject == CITY for fact in found):
        return None
    return found
