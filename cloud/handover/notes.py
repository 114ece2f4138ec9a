"""Handover notes: what a shift writes for the next one, beside the alarms that are open then.

write("The pump at the bridge leaks.", author=ani)  ─►  #3  ani  24 Nov 07:00  alarms 17, 18 of 2     not read yet
mark_read(3, reader=budi)                           ─►  #3  …                        read by budi, 24 Nov 07:04

A note is never changed: what must be said besides is another one.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from cloud.alarms.alarm_search import count_alarms, find_worst
from cloud.alarms.records import AlarmFilter
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.handover.tables import HandoverNoteRow
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import is_printable

LONGEST_TEXT = 2_000
"""Characters of a note."""
LOOKED_AT = 100
"""The newest notes, of which those are counted that nobody has read."""
MOST_LISTED = 20
"""Alarms that a note lists, the worst; how many there were is said besides."""
_MOST_COUNTED = 100_000
_OPEN = AlarmFilter(open=True, test=False, limit=MOST_LISTED)


class HandoverNote(msgspec.Struct, frozen=True):
    """A note, written at `at_ms` (UTC); `alarms` are the worst of the `open_alarms` that were open then.

    `read_by` is who of the next shift was first to say that they have read it, None while nobody has.
    """

    id: int
    at_ms: int
    author: str
    text: str
    alarms: tuple[int, ...]
    open_alarms: int
    read_ms: int | None
    read_by: str | None


class HandoverRejected(Exception):
    """A note that cannot be written or ticked; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class HandoverNotes:
    """The notes in a database, each change of them in one transaction with its line in the journal."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = wall_ms) -> None:
        self._database, self._clock = database, clock

    async def newest(self, *, before_id: int | None = None, limit: int) -> list[HandoverNote]:
        """Return the newest notes, those before `before_id` if asked, the newest first."""
        query = select(*_NOTE).order_by(HandoverNoteRow.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(HandoverNoteRow.id < before_id)
        return await self._database.run(lambda connection: [_note_of(row) for row in connection.execute(query)])

    async def count_unread(self) -> int:
        """Count those of the newest notes that nobody has said to have read."""
        newest = select(HandoverNoteRow.read_ms).order_by(HandoverNoteRow.id.desc()).limit(LOOKED_AT).subquery()
        query = select(func.count()).select_from(newest).where(newest.c.read_ms.is_(None))
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def write(self, text: str, *, actor: Actor) -> HandoverNote:
        """Write a note; the same text sent twice by the same person is one. HandoverRejected where it cannot be."""
        written, now_ms = _checked(text), self._clock()

        def write(connection: Connection) -> HandoverNote:
            newest = connection.execute(select(*_NOTE).order_by(HandoverNoteRow.id.desc()).limit(1)).one_or_none()
            if newest is not None and (newest.author, newest.text, newest.read_ms) == (actor.name, written, None):
                return _note_of(newest)
            listed = [alarm.id for alarm in find_worst(connection, _OPEN, now_ms, skip=0)]
            row = {
                "at_ms": now_ms,
                "author": actor.name,
                "text": written,
                "alarms": msgspec.json.encode(listed).decode(),
                "open_alarms": count_alarms(connection, _OPEN, now_ms, most=_MOST_COUNTED),
            }
            made = connection.execute(insert(HandoverNoteRow).values(row).returning(*_NOTE)).one()
            after = {"text": written, "alarms": listed}
            write_entry(connection, actor, "write-handover", f"handover:{made.id}", now_ms=now_ms, after=after)
            return _note_of(made)

        return await self._database.run(write)

    async def mark_read(self, note_id: int, *, actor: Actor) -> HandoverNote:
        """Tick a note as read; who was first stays. LookupError for an unknown id, HandoverRejected for its author."""
        now_ms = self._clock()

        def write(connection: Connection) -> HandoverNote:
            of = HandoverNoteRow.id == note_id
            row = connection.execute(select(*_NOTE).where(of).with_for_update()).one_or_none()
            if row is None:
                raise LookupError(f"there is no handover note {note_id}")
            if row.read_ms is not None:
                return _note_of(row)
            if row.author == actor.name:
                raise HandoverRejected(
                    LocalizedMessage("handover note {id} is your own; whoever comes next ticks it", id=note_id)
                )
            read = update(HandoverNoteRow).where(of).values(read_ms=now_ms, read_by=actor.name).returning(*_NOTE)
            ticked = connection.execute(read).one()
            write_entry(connection, actor, "read-handover", f"handover:{note_id}", now_ms=now_ms)
            return _note_of(ticked)

        return await self._database.run(write)


_NOTE: tuple[Any, ...] = tuple(getattr(HandoverNoteRow, name) for name in HandoverNote.__struct_fields__)


def _note_of(row: Any) -> HandoverNote:
    return HandoverNote(**{**row._mapping, "alarms": msgspec.json.decode(row.alarms, type=tuple[int, ...])})


def _checked(text: str) -> str:
    """Return the text as it is kept, its lines without blanks at their ends; HandoverRejected where it cannot be."""
    lines = [line.strip() for line in text.strip().replace("\r\n", "\n").split("\n")]
    written = "\n".join(lines)
    if not written:
        raise HandoverRejected(LocalizedMessage("text: is empty; write what the next shift must know"))
    if not all(map(is_printable, lines)):
        raise HandoverRejected(LocalizedMessage("text: has characters that cannot be printed; write it in plain text"))
    if len(written) > LONGEST_TEXT:
        raise HandoverRejected(
            LocalizedMessage("text: has {n} characters; write at most {longest}", n=len(written), longest=LONGEST_TEXT)
        )
    return written
