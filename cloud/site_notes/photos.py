"""Photos of sites: how to find the gauge, where the box hangs; a few of each, made small before they are kept.

await photos.add("daruba", content, caption="the box", actor=…) -> SitePhoto(3, "daruba", …)      await photos.image(…)
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.site_notes.notes import must_be_words
from cloud.site_notes.photo_image import PhotoImages, PhotoUnreadable
from cloud.site_notes.photo_process import decoded
from cloud.site_notes.removal import PHOTOS, NoteRejected, Remover, must_have_room, remove, restore
from cloud.site_notes.tables import PhotoImageRow, SitePhotoRow
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

LONGEST_CAPTION = 200
MOST_TOTAL_BYTES = 2**31
"""Of all photos of the city together: they are in every backup."""
MOST_WAITING = 5
"""Photos in hand, each as long as it was sent: one is decoded, the others wait."""


class SitePhoto(msgspec.Struct, frozen=True):
    """A photo that was sent at `at_ms`; `size` in bytes, `removed_ms` as of notes. Times are UTC."""

    id: int
    site: str
    at_ms: int
    author: str
    caption: str
    width: int
    height: int
    size: int
    removed_ms: int | None = None
    removed_by: str | None = None


class SitePhotos:
    """The photos in a database; whoever asks has looked whether they may see the site."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], int] = wall_ms,
        decode: Callable[[bytes], Awaitable[PhotoImages]] = decoded,
    ) -> None:
        self._database, self._clock, self._decode = database, clock, decode
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def photos(self, site: str, *, removed: bool = False) -> list[SitePhoto]:
        """The photos of a site, the newest first; with `removed` those that can be brought back."""
        is_state = SitePhotoRow.removed_ms.is_not(None) if removed else SitePhotoRow.removed_ms.is_(None)
        query = select(*_PHOTO).where(SitePhotoRow.site == site, is_state).order_by(SitePhotoRow.id.desc())
        limited = query.limit(PHOTOS.most)
        return await self._database.run(lambda connection: [SitePhoto(*row) for row in connection.execute(limited)])

    async def image(self, site: str, number: int, *, small: bool = False) -> bytes:
        """A picture of a photo, as JPEG; LookupError where the site has none of that id, or it is removed."""
        wanted = PhotoImageRow.small if small else PhotoImageRow.image
        query = (
            select(wanted)
            .join(SitePhotoRow, SitePhotoRow.id == PhotoImageRow.photo)
            .where(SitePhotoRow.id == number, SitePhotoRow.site == site, SitePhotoRow.removed_ms.is_(None))
        )
        found = await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none())
        if found is None:
            raise LookupError(f"site {site} has no photo {number}")
        return found

    async def add(self, site: str, content: bytes, *, caption: str, actor: Actor) -> SitePhoto:
        """Keep a photo; NoteRejected where it is none, there is no room, or others send photos now."""
        words = " ".join(caption.split())
        must_be_words("caption", words, LONGEST_CAPTION)
        await self._database.run(lambda connection: _must_have_room(connection, site))
        images = await self._decoded(content)
        now_ms, size = self._clock(), len(images.image) + len(images.small)
        row = {
            "site": site, "at_ms": now_ms, "author": actor.name, "caption": words,
            "width": images.width, "height": images.height, "size": size,
        }  # fmt: skip

        def write(connection: Connection) -> SitePhoto:
            _must_have_room(connection, site)
            number = connection.execute(insert(SitePhotoRow).values(row).returning(SitePhotoRow.id)).scalar_one()
            pictures = {"photo": number, "small": images.small, "image": images.image}
            connection.execute(insert(PhotoImageRow).values(pictures))
            write_entry(connection, actor, "add-photo", f"photo:{number}", now_ms=now_ms, after=row)
            return SitePhoto(number, site, now_ms, actor.name, words, images.width, images.height, size)

        return await self._database.run(write)

    async def remove(self, site: str, number: int, *, by: Remover, reason: str = "") -> SitePhoto:
        """Remove a photo, which can be brought back for 30 days; LookupError where there is none, NoteRejected."""
        return await self._change(remove, site, number, by, reason)

    async def restore(self, site: str, number: int, *, by: Remover, reason: str = "") -> SitePhoto:
        """Bring a removed photo back; LookupError where there is none, NoteRejected."""
        return await self._change(restore, site, number, by, reason)

    async def _decoded(self, content: bytes) -> PhotoImages:
        if self._waiting >= MOST_WAITING:
            raise NoteRejected(LocalizedMessage("others send photos now; try again in a minute"), kind="busy")
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await self._decode(content)
        except PhotoUnreadable as error:
            raise NoteRejected(error.sentence) from None
        finally:
            self._waiting -= 1

    async def _change(self, change: Callable[..., None], site: str, number: int, by: Remover, reason: str) -> SitePhoto:
        def write(connection: Connection) -> SitePhoto:
            change(connection, PHOTOS, site, number, by=by, reason=reason, now_ms=self._clock())
            return SitePhoto(*connection.execute(select(*_PHOTO).where(SitePhotoRow.id == number)).one())

        return await self._database.run(write)


def _must_have_room(connection: Connection, site: str) -> None:
    must_have_room(connection, PHOTOS, site)
    held = connection.execute(select(func.coalesce(func.sum(SitePhotoRow.size), 0))).scalar_one()
    if held >= MOST_TOTAL_BYTES:
        raise NoteRejected(
            LocalizedMessage(
                "the photos of all sites take {n} MiB already; remove some that are old", n=MOST_TOTAL_BYTES // 2**20
            )
        )


_PHOTO: tuple[Any, ...] = tuple(getattr(SitePhotoRow, name) for name in SitePhoto.__struct_fields__)
