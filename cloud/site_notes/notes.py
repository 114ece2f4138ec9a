"""Notes of sites: what the next one who goes there should know, each with who wrote it and when.

await notes.add("daruba", "the key is with Siti", actor=…) -> SiteNote(17, "daruba", …)
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.site_notes.removal import NOTES, NoteRejected, Remover, must_have_room, remove, restore
from cloud.site_notes.tables import SiteNoteRow
from i18n.message import LocalizedMessage
from rules.text_checks import text_problems
from runtime.clock import wall_ms

LONGEST_NOTE = 1_000
"""Characters."""


class SiteNote(msgspec.Struct, frozen=True):
    """A note, written at `at_ms`; removed since `removed_ms` by `removed_by`, None where it is not. Times are UTC."""

    id: int
    site: str
    at_ms: int
    author: str
    text: str
    removed_ms: int | None = None
    removed_by: str | None = None


class SiteNotes:
    """The notes in a database; whoever asks has looked whether they may see the site."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = wall_ms) -> None:
        self._database, self._clock = database, clock

    async def notes(
        self, site: str, *, removed: bool = False, before_id: int | None = None, limit: int = 20
    ) -> list[SiteNote]:
        """The notes of a site, the newest first; with `removed` those that can be brought back."""
        is_state = SiteNoteRow.removed_ms.is_not(None) if removed else SiteNoteRow.removed_ms.is_(None)
        query = select(*_NOTE).where(SiteNoteRow.site == site, is_state).order_by(SiteNoteRow.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(SiteNoteRow.id < before_id)
        return await self._database.run(lambda connection: [SiteNote(*row) for row in connection.execute(query)])

    async def add(self, site: str, text: str, *, actor: Actor) -> SiteNote:
        """Write a note; NoteRejected where it says nothing, is too long, or the site has too many."""
        words = " ".join(text.split())
        must_be_words("text", words, LONGEST_NOTE)
        if not words:
            raise NoteRejected(LocalizedMessage("text: is empty; write what others should know of this place"))
        now_ms = self._clock()

        def write(connection: Connection) -> SiteNote:
            must_have_room(connection, NOTES, site)
            row = {"site": site, "at_ms": now_ms, "author": actor.name, "text": words}
            number = connection.execute(insert(SiteNoteRow).values(row).returning(SiteNoteRow.id)).scalar_one()
            write_entry(connection, actor, "add-note", f"note:{number}", now_ms=now_ms, after=row)
            return SiteNote(number, site, now_ms, actor.name, words)

        return await self._database.run(write)

    async def remove(self, site: str, number: int, *, by: Remover, reason: str = "") -> SiteNote:
        """Remove a note, which can be brought back for 30 days; LookupError where there is none, NoteRejected."""
        return await self._change(remove, site, number, by, reason)

    async def restore(self, site: str, number: int, *, by: Remover, reason: str = "") -> SiteNote:
        """Bring a removed note back; LookupError where there is none, NoteRejected."""
        return await self._change(restore, site, number, by, reason)

    async def _change(self, change: Callable[..., None], site: str, number: int, by: Remover, reason: str) -> SiteNote:
        def write(connection: Connection) -> SiteNote:
            change(connection, NOTES, site, number, by=by, reason=reason, now_ms=self._clock())
            return SiteNote(*connection.execute(select(*_NOTE).where(SiteNoteRow.id == number)).one())

        return await self._database.run(write)


def must_be_words(field: str, text: str, longest: int) -> None:
    """Refuse a text that is too long, or that nothing could carry."""
    for problem in text_problems(field, text, longest):
        raise NoteRejected(problem)


_NOTE: tuple[Any, ...] = tuple(getattr(SiteNoteRow, name) for name in SiteNote.__struct_fields__)
