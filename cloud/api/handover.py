"""Handover notes: what a shift of the command center writes for the next one.

GET  /api/v1/handover?limit=5
POST /api/v1/handover {"text":"The pump at the bridge leaks; the technician comes at nine."}
POST /api/v1/handover/3/read
"""

from typing import Annotated

from fastapi import Path, Query

from cloud.access.principal import Principal
from cloud.api.parameters import LARGEST_ROW_ID, BeforeId
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.handover import HandoverNoteAnswer, HandoverPage, NewHandoverNote
from cloud.handover.notes import HandoverRejected
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem

MOST_NOTES = 100
"""Notes on one page."""

ROUTES = new_routes("Alarms", below="/api/v1/handover")


@ROUTES.get("")
async def handover_notes(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    limit: Annotated[int, Query(ge=1, le=MOST_NOTES, description="notes on the page")] = 20,
    before_id: BeforeId = None,
) -> HandoverPage:
    """What the shifts have written, the newest first; for whoever may see all sites."""
    _must_see_all(principal)
    found = await platform.handover.newest(before_id=before_id, limit=limit + 1)
    shown = [HandoverNoteAnswer.of(note) for note in found[:limit]]
    return HandoverPage(notes=shown, next_before_id=shown[-1].id if len(found) > limit else None)


@ROUTES.post("", status_code=201)
async def write_handover_note(
    platform: CurrentPlatform, principal: CurrentPrincipal, new: NewHandoverNote
) -> HandoverNoteAnswer:
    """Write a note, which lists the alarms that are open; the same text sent twice is one note."""
    _must_see_all(principal)
    try:
        return HandoverNoteAnswer.of(await platform.handover.write(new.text, actor=principal.actor))
    except HandoverRejected as rejected:
        raise HttpProblem("bad-parameter", str(rejected)) from None


@ROUTES.post("/{id}/read")
async def mark_handover_note_read(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    note_id: Annotated[int, Path(alias="id", ge=1, le=LARGEST_ROW_ID)],
) -> HandoverNoteAnswer:
    """Tick a note as read; who was first stays, and nobody ticks their own."""
    _must_see_all(principal)
    try:
        return HandoverNoteAnswer.of(await platform.handover.mark_read(note_id, actor=principal.actor))
    except LookupError:
        raise HttpProblem("unknown-handover", f"id: there is no note {note_id}; /api/v1/handover lists them") from None
    except HandoverRejected as rejected:
        raise HttpProblem("handover-refused", str(rejected)) from None


def _must_see_all(principal: Principal) -> None:
    """A note is about the whole city: it names places and alarms of any site."""
    if principal.sites is not None:
        raise HttpProblem(
            "not-allowed", f"{principal.name} may see some sites only; ask for handover notes as who may see all"
        )
