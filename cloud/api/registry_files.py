"""The registry as a file: a city.toml exported and imported, and tables of records in CSV.

GET  /api/v1/registry/export                                 a city.toml, which imports to the same
POST /api/v1/registry/import?dry_run=false                   a city.toml: what it says otherwise is changed
POST /api/v1/registry/import/sensors?dry_run=false           a table: rows add and change, a bad one costs itself
"""

import asyncio
from collections.abc import Awaitable
from copy import copy
from typing import Annotated, Any

from fastapi import Query, Request, Response

from cloud.access.principal import Principal
from cloud.api.registry_actions import editor, refusal_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.registry import ImportAnswer, LeftOutAnswer, edit_answer
from cloud.core.printable import Sentence
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.registry.city_export import exported
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.importing import Imported, import_city, import_rows
from cloud.registry.ownership import Kind

MOST_SHOWN = 200
"""Edits, and rows left out, that an answer shows."""
TOML, TEXT, CSV = "application/toml", "text/plain", "text/csv"
ROUTES = new_routes("Registry", below="/api/v1/registry")
DryRun = Annotated[bool, Query(description="only say what would change")]
Reason = Annotated[Sentence, Query(description="why, for the journal")]


def _body(media_type: str) -> dict[str, Any]:
    """The OpenAPI of a body that is a file."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": {"type": "string"}}}}}


@ROUTES.get("/export", response_class=Response, responses={200: {"content": {TOML: {}}}})
async def export(platform: CurrentPlatform, principal: CurrentPrincipal) -> Response:
    """All that is not retired, as a city.toml; for who may see all sites."""
    _must_see_all(principal)
    as_it_is = copy(platform.registry)  # what it holds is never changed, only replaced
    return Response(await asyncio.to_thread(exported, as_it_is), media_type=TOML)


@ROUTES.post("/import", openapi_extra=_body(TEXT))
async def take_over(
    platform: CurrentPlatform, principal: CurrentPrincipal, request: Request, dry_run: DryRun = True,
    reason: Reason = "",
) -> ImportAnswer:  # fmt: skip
    """Make the registry what a city.toml says, of the kinds that it lists; what it does not name is retired."""
    _must_see_all(principal)
    text, by = _text(await request.body()), editor(principal, reason)
    return await _answer(platform, import_city(platform.editing, text, "city.toml", by=by, dry_run=dry_run))


@ROUTES.post("/import/{kind}", openapi_extra=_body(CSV))
async def take_over_rows(
    platform: CurrentPlatform, principal: CurrentPrincipal, request: Request, kind: Kind, dry_run: DryRun = True,
    reason: Reason = "",
) -> ImportAnswer:  # fmt: skip
    """Add and change what the rows of a table say; it retires nothing, and an empty cell leaves what is there."""
    _must_see_all(principal)
    text, by = _text(await request.body()), editor(principal, reason)
    return await _answer(platform, import_rows(platform.editing, kind, text, by=by, dry_run=dry_run))


async def _answer(platform: Platform, act: Awaitable[Imported]) -> ImportAnswer:
    try:
        found = await act
    except EditRefused as error:
        raise refusal_of(error) from None
    return ImportAnswer(
        change=None if found.change is None else found.change.id,
        count=len(found.edits),
        edits=[edit_answer(edit, platform.registry) for edit in found.edits[:MOST_SHOWN]],
        left_out=len(found.problems),
        problems=[LeftOutAnswer.of(problem) for problem in found.problems[:MOST_SHOWN]],
    )


def _must_see_all(principal: Principal) -> None:
    if principal.sites is not None:
        raise HttpProblem("not-allowed", f"a file has all sites; {principal.name} may see some of them")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HttpProblem("bad-parameter", f"the file is not UTF-8 at byte {error.start}; save it as UTF-8") from None
