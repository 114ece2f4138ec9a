"""What people changed of the registry: a page of changes, and one of them taken back.

GET  /api/v1/registry/changes?kind=sensors&record=river        {"changes":[{"id":7,"author":"ani","edits":[…]}],…}
POST /api/v1/registry/changes/7/undo {"reason":"the survey was wrong"}      a change of its own, which can be undone
"""

from typing import Annotated

from fastapi import Query

from cloud.api.parameters import BeforeId, RowId
from cloud.api.registry_actions import done, editor
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.registry import RegistryChangeAnswer, RegistryChangePage, Word, change_answer
from cloud.core.printable import Id
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.registry.ownership import Kind

MOST_CHANGES = 100
"""Changes in one answer: each shows its first edits."""
ROUTES = new_routes("Registry", below="/api/v1/registry/changes")


@ROUTES.get("")
async def changes(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    kind: Annotated[Kind | None, Query(description="only those of this kind")] = None,
    record: Annotated[Id | None, Query(description="only those of the record of this id")] = None,
    before_id: BeforeId = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 50,
) -> RegistryChangePage:
    """The changes that touch nothing but your sites, the newest first; a page that is empty is the last."""
    found = await platform.editing.changes(
        sites=principal.sites, kind=kind, record=record, before_id=before_id, limit=limit
    )
    shown = [change_answer(change, edits, platform.registry) for change, edits in found]
    return RegistryChangePage(changes=shown, next_before_id=shown[-1].id if shown else None)


@ROUTES.post("/{change_id}/undo")
async def undo(
    platform: CurrentPlatform, principal: CurrentPrincipal, change_id: RowId, word: Word
) -> RegistryChangeAnswer:
    """Take a change back: each record is as it was before; what was new is retired."""
    unknown = HttpProblem(
        "unknown-change", f"change_id: there is no change {change_id}; /api/v1/registry/changes lists them"
    )
    try:
        outcome = await done(platform.editing.undo(change_id, by=editor(principal, word.reason)))
    except LookupError:
        raise unknown from None
    if outcome.change is None:
        raise HttpProblem("record-changed", f"change {change_id}: nothing of it holds any more")
    return change_answer(outcome.change, list(outcome.edits), platform.registry)
