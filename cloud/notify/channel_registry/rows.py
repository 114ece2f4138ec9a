"""Channels of people as rows, and what was changed of them, when, by whom and why.

put_channel(connection, ChannelRecord(…))   insert_change(connection, author="ani", action="edit", …) ─► ChannelChange
`edition_of` is the newest change: whoever follows reads the channels again when it is another one.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from cloud.notify.channel_registry.records import ChannelRecord
from cloud.notify.tables import ChannelChangeRow, ChannelRow

_JSON = ("keys", "sealed")


class ChannelChange(msgspec.Struct, frozen=True):
    """One act of somebody; `action` is add, edit, retire, restore or undo. `before` is None where it was new.

    `undoes` is the change that it takes back, `undone_by` the one that took it back. Times are ms of UTC.
    """

    id: int
    at_ms: int
    author: str
    action: str
    reason: str
    channel: str
    before: ChannelRecord | None
    after: ChannelRecord
    undoes: int | None = None
    undone_by: int | None = None


def edition_of(connection: Connection) -> int:
    """Return the id of the newest change; 0 where nobody has changed anything."""
    return int(connection.execute(_EDITION).scalar_one() or 0)


def read_channels(connection: Connection) -> tuple[ChannelRecord, ...]:
    """Read all channels of the registry, by name, the retired ones too."""
    rows = connection.execute(select(*_COLUMNS).order_by(ChannelRow.name)).mappings()
    return tuple(
        msgspec.convert(dict(row) | {name: msgspec.json.decode(row[name]) for name in _JSON}, ChannelRecord)
        for row in rows
    )


def put_channel(connection: Connection, record: ChannelRecord) -> None:
    """Write a channel, new or changed."""
    row = msgspec.structs.asdict(record) | {name: msgspec.json.encode(getattr(record, name)).decode() for name in _JSON}
    known = update(ChannelRow).where(ChannelRow.name == record.name).values(row)
    if not connection.execute(known).rowcount:
        connection.execute(insert(ChannelRow).values(row))


def insert_change(
    connection: Connection, *, author: str, action: str, reason: str, before: ChannelRecord | None,
    after: ChannelRecord, now_ms: int, undoes: int | None = None,
) -> ChannelChange:  # fmt: skip
    """Write a change; what it `undoes` is marked."""
    row = {
        "at_ms": now_ms, "author": author, "action": action, "word": reason, "channel": after.name,
        "before": "" if before is None else _text(before), "after": _text(after), "undoes": undoes,
    }  # fmt: skip
    number = connection.execute(insert(ChannelChangeRow).values(row).returning(ChannelChangeRow.id)).scalar_one()
    if undoes is not None:
        undone = update(ChannelChangeRow).where(ChannelChangeRow.id == undoes).values(undone_by=number)
        connection.execute(undone)
    return ChannelChange(number, now_ms, author, action, reason, after.name, before, after, undoes)


def read_changes(
    connection: Connection, *, channel: str | None = None, before_id: int | None = None, limit: int = 50
) -> list[ChannelChange]:
    """Read the newest changes, of one channel if asked."""
    query = select(*_CHANGE).order_by(ChannelChangeRow.id.desc()).limit(limit)
    if channel is not None:
        query = query.where(ChannelChangeRow.channel == channel)
    if before_id is not None:
        query = query.where(ChannelChangeRow.id < before_id)
    return [_change(row) for row in connection.execute(query)]


def read_change(connection: Connection, change_id: int) -> ChannelChange:
    """Read one change; LookupError where there is none of that id."""
    row = connection.execute(select(*_CHANGE).where(ChannelChangeRow.id == change_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no change {change_id}")
    return _change(row)


def _text(record: ChannelRecord) -> str:
    return msgspec.json.encode(record).decode()


def _change(row: Any) -> ChannelChange:
    number, at_ms, author, action, reason, channel, before, after, undoes, undone_by = row
    was = msgspec.json.decode(before, type=ChannelRecord) if before else None
    now = msgspec.json.decode(after, type=ChannelRecord)
    return ChannelChange(number, at_ms, author, action, reason, channel, was, now, undoes, undone_by)


_COLUMNS: list[Any] = [getattr(ChannelRow, name) for name in ChannelRecord.__struct_fields__]
_CHANGE: list[Any] = [
    getattr(ChannelChangeRow, "word" if name == "reason" else name) for name in ChannelChange.__struct_fields__
]
_EDITION = select(func.max(ChannelChangeRow.id))  # made once, as each poll asks it
