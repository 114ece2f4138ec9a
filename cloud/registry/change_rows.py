"""Changes of the registry as rows: who changed which records, when and why, with each of them before and after.

insert_change(connection, author="ani", action="edit", edits=[…]) -> RegistryChange        rows are never changed, but
                                                                           for `undone_by` of one that was taken back
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, takewhile
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, exists, func, insert, or_, select, update

from cloud.registry.city_records import RECORDS, kind_of
from cloud.registry.records import Record, Site
from cloud.registry.tables import RegistryChangeRow, RegistryEditRow


class RecordEdit(msgspec.Struct, frozen=True):
    """What becomes of one record; `before` is None where it is new."""

    before: Record | None
    after: Record

    @property
    def kind(self) -> str:
        """The kind of the record."""
        return kind_of(self.after)

    @property
    def id(self) -> str:
        """The record's id, which never changes."""
        return self.after.id


class RegistryChange(msgspec.Struct, frozen=True):
    """One act of somebody: `action` is add, edit, retire, restore, import, undo, or file; `count` of its edits.

    `facts` are the ids of what it recorded; `undoes` is the change that it takes back, `undone_by` the one that took it
    back. Times are ms of UTC.
    """

    id: int
    at_ms: int
    author: str
    action: str
    reason: str
    count: int
    facts: tuple[int, ...] = ()
    undoes: int | None = None
    undone_by: int | None = None


def insert_change(
    connection: Connection, *, author: str, action: str, now_ms: int, edits: Sequence[RecordEdit] = (),
    reason: str = "", facts: Sequence[int] = (), undoes: int | None = None,
) -> RegistryChange:  # fmt: skip
    """Write a change with its edits; what it `undoes` is marked."""
    row = {"at_ms": now_ms, "author": author, "action": action, "word": reason, "edits": len(edits),
           "facts": list(facts), "undoes": undoes}  # fmt: skip
    number = connection.execute(insert(RegistryChangeRow).values(row).returning(RegistryChangeRow.id)).scalar_one()
    if edits:
        connection.execute(insert(RegistryEditRow), [_edit_row(number, *each) for each in enumerate(edits)])
    if undoes is not None:
        undone = update(RegistryChangeRow).where(RegistryChangeRow.id == undoes).values(undone_by=number)
        connection.execute(undone)
    return RegistryChange(number, now_ms, author, action, reason, len(edits), tuple(facts), undoes)


def read_changes(
    connection: Connection, *, sites: frozenset[str] | None = None, kind: str | None = None, record: str | None = None,
    before_id: int | None = None, limit: int = 100,
) -> list[RegistryChange]:  # fmt: skip
    """Read the newest changes; of one record if asked, and only those that touch nothing outside of `sites`."""
    query = _visible(select(*_CHANGE), sites).order_by(RegistryChangeRow.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(RegistryChangeRow.id < before_id)
    wanted = [column == value for column, value in ((RegistryEditRow.kind, kind), (RegistryEditRow.record, record))
              if value is not None]  # fmt: skip
    if wanted:
        query = query.where(exists().where(RegistryEditRow.change == RegistryChangeRow.id, *wanted))
    return [_change(row) for row in connection.execute(query)]


def read_change(connection: Connection, change_id: int, *, sites: frozenset[str] | None = None) -> RegistryChange:
    """Read one change; LookupError where there is none of that id that touches nothing outside of `sites`."""
    query = _visible(select(*_CHANGE), sites).where(RegistryChangeRow.id == change_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise LookupError(f"there is no change {change_id}")
    return _change(row)


def read_edits(
    connection: Connection, change_ids: Iterable[int], *, most: int | None = None
) -> dict[int, list[RecordEdit]]:
    """Read the edits of changes by their ids, in their order, the first `most` of each."""
    query = select(RegistryEditRow.change, RegistryEditRow.kind, RegistryEditRow.before, RegistryEditRow.after)
    query = query.where(RegistryEditRow.change.in_(list(change_ids))).order_by(
        RegistryEditRow.change, RegistryEditRow.place
    )
    if most is not None:
        query = query.where(RegistryEditRow.place < most)
    found: dict[int, list[RecordEdit]] = {}
    for change, kind, before, after in connection.execute(query):
        edit = RecordEdit(_decoded(kind, before) if before else None, _decoded(kind, after))
        found.setdefault(change, []).append(edit)
    return found


def fitting(connection: Connection, change_ids: Sequence[int], *, most: int, most_bytes: int) -> int:
    """Count how many of these changes, the first always, have first `most` edits that fit into `most_bytes`."""
    size = func.sum(func.length(RegistryEditRow.before) + func.length(RegistryEditRow.after))
    query = select(RegistryEditRow.change, size).group_by(RegistryEditRow.change)
    wanted = query.where(RegistryEditRow.change.in_(change_ids), RegistryEditRow.place < most)
    sizes: dict[int, int] = {number: int(total) for number, total in connection.execute(wanted)}
    totals = accumulate(sizes.get(number, 0) for number in change_ids)
    return max(1, sum(1 for _ in takewhile(lambda total: total <= most_bytes, totals)))


def site_of_record(record: Record) -> str:
    """Where a record stands: a site at itself."""
    return record.id if isinstance(record, Site) else record.site


def _visible(query: Select[tuple[int]], sites: frozenset[str] | None) -> Select[tuple[int]]:
    if sites is None:
        return query
    outside = or_(RegistryEditRow.site.not_in(sites), RegistryEditRow.site_before.not_in(sites))
    here = RegistryEditRow.change == RegistryChangeRow.id
    return query.where(exists().where(here), ~exists().where(here, outside))


def _edit_row(change: int, place: int, edit: RecordEdit) -> dict[str, object]:
    before = edit.after if edit.before is None else edit.before
    return {
        "change": change, "place": place, "kind": edit.kind, "record": edit.id,
        "before": "" if edit.before is None else _encoded(edit.before), "after": _encoded(edit.after),
        "site_before": site_of_record(before), "site": site_of_record(edit.after),
    }  # fmt: skip


def _encoded(record: Record) -> str:
    return msgspec.json.encode(record).decode()


def _decoded(kind: str, text: str) -> Record:
    return msgspec.json.decode(text, type=RECORDS[kind])


def _change(row: Any) -> RegistryChange:
    number, at_ms, author, action, reason, count, facts, undoes, undone_by = row
    return RegistryChange(number, at_ms, author, action, reason, count, tuple(facts), undoes, undone_by)


_COLUMNS = {"reason": "word", "count": "edits"}
_CHANGE: list[Any] = [getattr(RegistryChangeRow, _COLUMNS.get(name, name)) for name in RegistryChange.__struct_fields__]
