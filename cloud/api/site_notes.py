"""Notes and photos of sites: read, written, removed, brought back.

GET    /api/v1/sites/daruba/notes                     POST {"text":"the key is with Siti"}
DELETE /api/v1/sites/daruba/notes/17                  POST …/notes/17/restore
POST   /api/v1/sites/daruba/photos?caption=the+box    the photo itself: JPEG, PNG or WebP
GET    /api/v1/sites/daruba/photos/3/image?small=true
"""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query, Request, Response

from cloud.access.principal import Principal
from cloud.api.parameters import BeforeId, RowId
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.registry import Word
from cloud.api.schemas.site_notes import NewNote, NoteAnswer, PhotoAnswer
from cloud.core.printable import PrintableText, Sentence, Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.site_notes.photo_image import FORMATS
from cloud.site_notes.photos import LONGEST_CAPTION
from cloud.site_notes.removal import NoteRejected, remover_of

ROUTES = new_routes("Sites", below="/api/v1/sites")
MOST_NOTES = 100
"""Notes in one answer."""
_KINDS = {"refused": "note-refused", "denied": "not-allowed", "busy": "photos-busy"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in FORMATS.values()},
    }
}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"description": "The picture", "content": {"image/jpeg": {}}}}
Removed = Annotated[bool, Query(description="those that were removed and can be brought back, instead")]
Reason = Annotated[Sentence, Query(description="why, for the journal")]


@ROUTES.get("/{site_id}/notes")
async def notes(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, removed: Removed = False,
    before_id: BeforeId = None, limit: Annotated[int, Query(ge=1, le=MOST_NOTES)] = 20,
) -> list[NoteAnswer]:  # fmt: skip
    """The notes of a site, the newest first."""
    site = _site(platform, principal, site_id)
    found = await platform.site_notes.notes(site, removed=removed, before_id=before_id, limit=limit)
    return [NoteAnswer.of(note) for note in found]


@ROUTES.post("/{site_id}/notes", status_code=201)
async def add_note(platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, new: NewNote) -> NoteAnswer:
    """Write a note of a site."""
    site = _site(platform, principal, site_id)
    with _problems():
        return NoteAnswer.of(await platform.site_notes.add(site, new.text, actor=principal.actor))


@ROUTES.delete("/{site_id}/notes/{number}")
async def remove_note(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, number: RowId, reason: Reason = ""
) -> NoteAnswer:
    """Remove a note: one's own, or as an operator anybody's. It can be brought back for 30 days."""
    site = _site(platform, principal, site_id)
    with _problems():
        return NoteAnswer.of(await platform.site_notes.remove(site, number, by=remover_of(principal), reason=reason))


@ROUTES.post("/{site_id}/notes/{number}/restore")
async def restore_note(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, number: RowId, word: Word
) -> NoteAnswer:
    """Bring a removed note back."""
    site = _site(platform, principal, site_id)
    with _problems():
        return NoteAnswer.of(
            await platform.site_notes.restore(site, number, by=remover_of(principal), reason=word.reason)
        )


@ROUTES.get("/{site_id}/photos")
async def photos(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, removed: Removed = False
) -> list[PhotoAnswer]:
    """The photos of a site, the newest first."""
    site = _site(platform, principal, site_id)
    return [PhotoAnswer.of(photo) for photo in await platform.site_photos.photos(site, removed=removed)]


@ROUTES.post("/{site_id}/photos", status_code=201, openapi_extra=_BODY)
async def add_photo(
    request: Request, platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted,
    caption: Annotated[PrintableText, Query(max_length=LONGEST_CAPTION)] = "",
) -> PhotoAnswer:  # fmt: skip
    """Keep a photo of a site: scaled down, and without what the phone wrote into it of place, time and owner."""
    site = _site(platform, principal, site_id)
    with _problems():
        added = await platform.site_photos.add(site, await request.body(), caption=caption, actor=principal.actor)
    return PhotoAnswer.of(added)


@ROUTES.get("/{site_id}/photos/{number}/image", response_class=Response, responses=_JPEG)
async def photo_image(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, number: RowId,
    small: Annotated[bool, Query(description="of 320 pixels, for a list")] = False,
) -> Response:  # fmt: skip
    """The picture of a photo, as JPEG."""
    site = _site(platform, principal, site_id)
    with _problems():
        content = await platform.site_photos.image(site, number, small=small)
    # it never changes; who may not see it any more has seen it, and a shared cache never has it
    headers = {"Cache-Control": "private, max-age=3600", "Content-Disposition": "inline"}
    return Response(content, media_type="image/jpeg", headers=headers)


@ROUTES.delete("/{site_id}/photos/{number}")
async def remove_photo(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, number: RowId, reason: Reason = ""
) -> PhotoAnswer:
    """Remove a photo: one's own, or as an operator anybody's. It can be brought back for 30 days."""
    site = _site(platform, principal, site_id)
    with _problems():
        return PhotoAnswer.of(await platform.site_photos.remove(site, number, by=remover_of(principal), reason=reason))


@ROUTES.post("/{site_id}/photos/{number}/restore")
async def restore_photo(
    platform: CurrentPlatform, principal: CurrentPrincipal, site_id: Wanted, number: RowId, word: Word
) -> PhotoAnswer:
    """Bring a removed photo back."""
    site = _site(platform, principal, site_id)
    with _problems():
        return PhotoAnswer.of(
            await platform.site_photos.restore(site, number, by=remover_of(principal), reason=word.reason)
        )


def _site(platform: Platform, principal: Principal, site_id: str) -> str:
    """The id of a site that they may see, retired or not; another one is as one that does not exist."""
    if site_id not in platform.registry.registered("sites") or not principal.may_see(site_id):
        raise HttpProblem("unknown-record", f"site {site_id[:80]!r}: there is none; /api/v1/sites lists them")
    return site_id


@contextlib.contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise HttpProblem("unknown-note", f"{error.args[0]}; look at the list of them") from None
    except NoteRejected as error:
        raise HttpProblem(_KINDS[error.kind], str(error)) from None
