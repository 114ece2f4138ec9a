"""What notes and photos of sites have alike: room for so many, and removals that can be taken back for a while.

remove(connection, NOTES, "daruba", 17, actor=…)  ─► kept 30 days, and the newest few of a site    restore(…)
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from cloud.access.principal import Principal, Role
from cloud.database.audit_log import Actor, write_entry
from cloud.site_notes.tables import PhotoImageRow, SiteNoteRow, SitePhotoRow
from i18n.message import LocalizedMessage
from wire.durations import DAY_MS

KEPT_REMOVED_MS = 30 * DAY_MS
ALL_FROM = Role.OPERATOR
"""Who may remove what others wrote."""


class NoteRejected(Exception):
    """A note or a photo that cannot be kept, or not be removed by whoever asks; `sentence` says why.

    `kind` is refused, denied (it is somebody else's) or busy (others send photos now).
    """

    def __init__(self, sentence: LocalizedMessage, *, kind: str = "refused") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.kind = kind


class Remover(msgspec.Struct, frozen=True):
    """Who removes or brings back: what they wrote themselves, or anybody's where they `may_all`."""

    actor: Actor
    may_all: bool = False


def remover_of(principal: Principal) -> Remover:
    """Who removes or brings back by their role: operators what others wrote, too."""
    return Remover(principal.actor, may_all=principal.role >= ALL_FROM)


class EntryKind(msgspec.Struct, frozen=True):
    """Notes or photos: `most` of a site are shown, and the newest `most_removed` can be brought back."""

    name: str
    table: type[SiteNoteRow] | type[SitePhotoRow]
    most: int
    most_removed: int


NOTES = EntryKind("note", SiteNoteRow, 500, 50)
PHOTOS = EntryKind("photo", SitePhotoRow, 12, 6)


def must_have_room(connection: Connection, kind: EntryKind, site: str) -> None:
    """Refuse one more where a site has as many as it may."""
    table = kind.table
    of_site = select(func.count()).select_from(table).where(table.site == site, table.removed_ms.is_(None))
    if connection.execute(of_site).scalar_one() >= kind.most:
        raise NoteRejected(
            LocalizedMessage("site {site} has {n} of these already; remove some that are old", site=site, n=kind.most)
        )


def remove(
    connection: Connection, kind: EntryKind, site: str, number: int, *, by: Remover, reason: str, now_ms: int
) -> None:
    """Remove one, for now; LookupError where the site has none of that id, NoteRejected where it is not theirs."""
    _must_be_theirs(connection, kind, site, number, by, removed=False)
    mark = update(kind.table).where(kind.table.id == number)
    connection.execute(mark.values(removed_ms=now_ms, removed_by=by.actor.name))
    _write(connection, kind, "remove", site, number, by.actor, reason, now_ms)
    _forget(connection, kind, site, now_ms)


def restore(
    connection: Connection, kind: EntryKind, site: str, number: int, *, by: Remover, reason: str, now_ms: int
) -> None:
    """Bring one back that was removed; LookupError and NoteRejected as `remove`, and where there is no room."""
    _must_be_theirs(connection, kind, site, number, by, removed=True)
    must_have_room(connection, kind, site)
    mark = update(kind.table).where(kind.table.id == number)
    connection.execute(mark.values(removed_ms=None, removed_by=None))
    _write(connection, kind, "restore", site, number, by.actor, reason, now_ms)


def _must_be_theirs(
    connection: Connection, kind: EntryKind, site: str, number: int, by: Remover, *, removed: bool
) -> None:
    table = kind.table
    is_state = table.removed_ms.is_not(None) if removed else table.removed_ms.is_(None)
    author = connection.execute(
        select(table.author).where(table.id == number, table.site == site, is_state)
    ).scalar_one_or_none()
    if author is None:
        raise LookupError(f"site {site} has no {'removed ' if removed else ''}{kind.name} {number}")
    if author != by.actor.name and not by.may_all:
        raise NoteRejected(
            LocalizedMessage("this is of {person}; ask an operator to do that", person=author), kind="denied"
        )


def _forget(connection: Connection, kind: EntryKind, site: str, now_ms: int) -> None:
    """Delete for good what was removed long ago anywhere, and at this site all but the newest removals."""
    table = kind.table
    old = select(table.id).where(table.removed_ms < now_ms - KEPT_REMOVED_MS)
    newest_first = select(table.id).where(table.site == site, table.removed_ms.is_not(None))
    beyond = newest_first.order_by(table.removed_ms.desc(), table.id.desc()).offset(kind.most_removed)
    gone = [row.id for query in (old, beyond) for row in connection.execute(query)]
    if not gone:
        return
    if kind is PHOTOS:
        connection.execute(delete(PhotoImageRow).where(PhotoImageRow.photo.in_(gone)))
    connection.execute(delete(table).where(table.id.in_(gone)))


def _write(
    connection: Connection, kind: EntryKind, act: str, site: str, number: int, actor: Actor, reason: str, now_ms: int
) -> None:
    after: dict[str, Any] = {"site": site}
    subject = f"{kind.name}:{number}"
    write_entry(connection, actor, f"{act}-{kind.name}", subject, now_ms=now_ms, reason=reason, after=after)
