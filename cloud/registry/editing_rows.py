"""Edits written down: records, the dated facts that they make, the change, and the journal, in one transaction.

write_edits(connection, registry, edits, act, now_ms=…) -> RegistryChange        StaleRegistry: others changed it since
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import Actor, write_entry
from cloud.registry.change_rows import RecordEdit, RegistryChange, insert_change
from cloud.registry.city_facts import record_edits
from cloud.registry.edition_rows import edition_of
from cloud.registry.fact_rows import fact_of, facts_of, undo
from cloud.registry.fact_service import reject_while_due
from cloud.registry.ownership import ONE_OF, OWNABLE
from cloud.registry.records import Site
from cloud.registry.rows import lock_registry, write_records
from cloud.registry.snapshot import Registry

MOST_ENTRIES = 100
"""Larger changes, such as an import, are one entry of the journal; the change itself keeps each record."""


class StaleRegistry(Exception):
    """Another process has changed the registry since this one read it: read it again, then try again."""


class Act(msgspec.Struct, frozen=True):
    """Who edits, how and why; `undoes` is the change that is taken back, and `facts` those of it to be undone.

    Where facts are undone none is recorded: what held before holds again.
    """

    actor: Actor
    action: str
    reason: str = ""
    undoes: int | None = None
    facts: tuple[int, ...] | None = None


def write_edits(
    connection: Connection, registry: Registry, edits: Sequence[RecordEdit], act: Act, *, now_ms: int
) -> RegistryChange:
    """Write edits that were checked against `registry`; FactRejected where what is dated is being computed again."""
    lock_registry(connection)
    if edition_of(connection) != registry.stored_edition:
        raise StaleRegistry
    for kind in OWNABLE:  # in the order in which they refer to each other
        records = [edit.after for edit in edits if edit.kind == kind]
        if records:
            write_records(connection, kind, records, registry.registered(kind))
    facts = _record_facts(connection, registry, edits, act, now_ms)
    for entry in _entries(edits):
        _write_entry(connection, act, *entry, now_ms=now_ms)
    return insert_change(
        connection, author=act.actor.name, action=act.action, now_ms=now_ms, edits=edits, reason=act.reason,
        facts=facts, undoes=act.undoes,
    )  # fmt: skip


def _record_facts(
    connection: Connection, registry: Registry, edits: Sequence[RecordEdit], act: Act, now_ms: int
) -> list[int]:
    if act.facts is not None:
        for number in reversed(act.facts):
            fact = fact_of(connection, number)
            reject_while_due(facts_of(connection, fact.key))
            undo(connection, fact, actor=act.actor, reason=act.reason, now_ms=now_ms)
        return []
    dated = [
        (edit.before, edit.after)
        for edit in edits
        if not isinstance(edit.after, Site) and not isinstance(edit.before, Site)
    ]
    made = record_edits(connection, dated, registry.facts, actor=act.actor, reason=act.reason, now_ms=now_ms)
    for fact in made:
        reject_while_due([each for each in facts_of(connection, fact.key) if each.id != fact.id])
    return [fact.id for fact in made]


def _entries(edits: Sequence[RecordEdit]) -> list[tuple[str, object, object]]:
    """(subject, before, after) of each entry of the journal."""
    if len(edits) > MOST_ENTRIES:
        counts = {kind: sum(edit.kind == kind for edit in edits) for kind in OWNABLE}
        return [("registry", None, {kind: count for kind, count in counts.items() if count})]
    return [(f"{ONE_OF[edit.kind]}:{edit.id}", edit.before, edit.after) for edit in edits]


def _write_entry(connection: Connection, act: Act, subject: str, before: object, after: object, *, now_ms: int) -> None:
    write_entry(
        connection, act.actor, f"registry-{act.action}", subject, now_ms=now_ms, reason=act.reason, before=before,
        after=after,
    )  # fmt: skip
