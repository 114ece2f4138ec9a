"""Notes and photos on the page of a place: shown, written, removed and brought back.

24 Nov 12:10 WIT   ani   the key is with Siti   [ Remove ]          (photo)  the box, from the road   [ Remove ]
"""

import contextlib
from collections.abc import Awaitable
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from cloud.access.principal import Role
from cloud.access.ttl_cache import TTLCache
from cloud.console.frame.form import Form
from cloud.console.frame.page import Action, Done, Fragment
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.database.engine import DatabaseUnavailable
from cloud.platform import Platform
from cloud.registry.records import Site
from cloud.site_notes.notes import LONGEST_NOTE, SiteNote
from cloud.site_notes.photo_image import FORMATS
from cloud.site_notes.photos import LONGEST_CAPTION, SitePhoto
from cloud.site_notes.removal import NoteRejected, Remover, remover_of
from i18n import figures
from i18n.catalog import ended

FROM = Role.TECHNICIAN
"""Who reads and writes notes, and sends photos, which all may see."""
PAGE_NOTES = 10
_REMOVED_SHOWN = 10
_STATUS = {"refused": 422, "denied": 403, "busy": 503}
T = TypeVar("T")


class _Remarks(msgspec.Struct, frozen=True):
    """The newest of what a site has, one note more than a page; `removed` can be brought back."""

    notes: tuple[SiteNote, ...]
    removed_notes: tuple[SiteNote, ...]
    photos: tuple[SitePhoto, ...]
    removed_photos: tuple[SitePhoto, ...]


class RemarkLine(msgspec.Struct, frozen=True):
    """A note or a photo: its words, and when it was written by whom."""

    id: int
    words: str
    author: str
    when: str
    width: int = 0
    height: int = 0


class Notebook:
    """The notes and photos of a platform's sites; they are read at most every few seconds, whoever looks."""

    def __init__(self, platform: Platform) -> None:
        self._registry = platform.registry
        self._notes, self._photos = platform.site_notes, platform.site_photos
        self._cache: TTLCache[_Remarks] = TTLCache(self._load)
        self.actions: dict[str, Action] = {
            "add-note": self._add_note,
            "remove-note": self._remove_note,
            "restore-note": self._restore_note,
            "add-photo": self._add_photo,
            "remove-photo": self._remove_photo,
            "restore-photo": self._restore_photo,
        }

    async def fragments(self, visit: PageVisit, site: Site) -> list[Fragment]:
        """Give what `visit` may see; where the database does not answer the page says so, and shows the readings."""
        remarks: _Remarks | None = None
        notes: tuple[SiteNote, ...] = ()
        before_id = visit.number("notes")
        with contextlib.suppress(DatabaseUnavailable):
            remarks = await self._cache.get(site.id)
            if remarks is not None:
                notes = remarks.notes if before_id is None else await self._older(site.id, before_id)
        may_write, zone = visit.may(FROM), ZoneInfo(site.zone) if site.zone else visit.zone
        told: dict[str, object] = {"known": remarks is not None, "may_write": may_write, "site": site.id}
        photos = () if remarks is None else remarks.photos
        gone = remarks.removed_photos if remarks is not None and may_write else ()
        pictures = {"photos": _lines(visit, photos, zone), "removed": _lines(visit, gone, zone)}
        found = [Fragment("site-photos", "site/photos.html", told | pictures, version=(remarks is None, photos, gone))]
        if may_write:
            shown, removed = notes[:PAGE_NOTES], () if remarks is None else remarks.removed_notes
            older = shown[-1].id if len(notes) > PAGE_NOTES else None
            lines = {"notes": _lines(visit, shown, zone), "removed": _lines(visit, removed, zone), "older": older}
            version = (remarks is None, shown, removed, older)
            found.append(
                Fragment("site-notes", "site/notes.html", told | lines | {"before": before_id}, version=version)
            )
        return found

    def still(self, visit: PageVisit) -> dict[str, object]:
        """What the page's forms need."""
        return {"may_note": visit.may(FROM), "longest_note": LONGEST_NOTE, "longest_caption": LONGEST_CAPTION,
                "photo_types": ",".join(FORMATS.values())}  # fmt: skip

    async def _load(self, site: str) -> _Remarks:
        return _Remarks(
            tuple(await self._notes.notes(site, limit=PAGE_NOTES + 1)),
            tuple(await self._notes.notes(site, removed=True, limit=_REMOVED_SHOWN)),
            tuple(await self._photos.photos(site)),
            tuple(await self._photos.photos(site, removed=True)),
        )

    async def _older(self, site: str, before_id: int) -> tuple[SiteNote, ...]:
        return tuple(await self._notes.notes(site, before_id=before_id, limit=PAGE_NOTES + 1))

    async def _add_note(self, visit: PageVisit, form: Form) -> Done:
        _, (site, by) = visit.words, self._writer(visit)
        await self._done(visit, self._notes.add(site, form.text("note", most=LONGEST_NOTE + 1), actor=by.actor), "note")
        return Done(_("The note is kept."))

    async def _remove_note(self, visit: PageVisit, form: Form) -> Done:
        _, (site, by) = visit.words, self._writer(visit)
        await self._done(visit, self._notes.remove(site, form.number("id") or 0, by=by))
        return Done(_("The note is removed; for 30 days it can be brought back."))

    async def _restore_note(self, visit: PageVisit, form: Form) -> Done:
        _, (site, by) = visit.words, self._writer(visit)
        await self._done(visit, self._notes.restore(site, form.number("id") or 0, by=by))
        return Done(_("The note is back."))

    async def _add_photo(self, visit: PageVisit, form: Form) -> Done:
        _, (site, by) = visit.words, self._writer(visit)
        content, caption = form.file("photo"), form.text("caption", most=LONGEST_CAPTION + 1)
        if not content:
            raise ActionRejected(_("Choose a photo first."), field="photo")
        await self._done(visit, self._photos.add(site, content, caption=caption, actor=by.actor), "photo")
        return Done(_("The photo is kept."))

    async def _remove_photo(self, visit: PageVisit, form: Form) -> Done:
        _, (site, by) = visit.words, self._writer(visit)
        await self._done(visit, self._photos.remove(site, form.number("id") or 0, by=by))
        return Done(_("The photo is removed; for 30 days it can be brought back."))

    async def _restore_photo(self, visit: PageVisit, form: Form) -> Done:
        _, (site, by) = visit.words, self._writer(visit)
        await self._done(visit, self._photos.restore(site, form.number("id") or 0, by=by))
        return Done(_("The photo is back."))

    def _writer(self, visit: PageVisit) -> tuple[str, Remover]:
        """The site of the page and who writes there; ActionRejected where they may not, NotThere where it is none."""
        _, site = visit.words, self._registry.site(visit.names["id"])
        if site is None or site.retired or not visit.principal.may_see(site.id):
            raise NotThere(_("There is no such place, or you may not see it."))
        principal = visit.must(FROM, site=site.id)
        return site.id, remover_of(principal)

    async def _done(self, visit: PageVisit, change: Awaitable[T], field: str = "") -> T:
        _ = visit.words
        try:
            return await change
        except LookupError:
            raise ActionRejected(_("It is gone already.")) from None
        except NoteRejected as error:
            raise ActionRejected(ended(_.said(error.sentence)), field=field, status=_STATUS[error.kind]) from None
        finally:
            self._cache.clear()


def _lines(
    visit: PageVisit, remarks: tuple[SiteNote, ...] | tuple[SitePhoto, ...], zone: ZoneInfo
) -> tuple[RemarkLine, ...]:
    return tuple(_line(visit, one, zone) for one in remarks)


def _line(visit: PageVisit, one: SiteNote | SitePhoto, zone: ZoneInfo) -> RemarkLine:
    when = figures.moment(visit.words, one.at_ms, zone)
    if isinstance(one, SiteNote):
        return RemarkLine(one.id, one.text, one.author, when)
    return RemarkLine(one.id, one.caption, one.author, when, one.width, one.height)
