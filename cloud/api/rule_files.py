"""Rules as a file: what holds, exported; a file compared with it, and taken over whole or not at all.

GET  /api/v1/rules/export?family=river-level                    a rules.toml, which imports to the same
POST /api/v1/rules/import?dry_run=false&reason=…&seen=41        a rules.toml: what it says otherwise is changed
"""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Request, Response

from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.rule_files import RuleDifferenceAnswer, RuleFileProblem, RulesImportAnswer
from cloud.core.printable import Id, Sentence
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.rulebook.records import RuleRejected
from cloud.rulebook.rules_import import ImportPlan, exported, planned
from cloud.rulebook.visibility import readable_families

MOST_SHOWN = 500
TOML = "application/toml"
ROUTES = new_routes("Rules", below="/api/v1/rules")
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {TOML: {"schema": {"type": "string"}}}}}


@ROUTES.get("/export", response_class=Response, responses={200: {"content": {TOML: {}}}})
async def export(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    family: Annotated[Id | None, Query(description="one family alone")] = None,
) -> Response:
    """What each scope sets now, as far as the asker may read it, as a rules.toml."""
    store = platform.rule_store
    if family is not None and family not in readable_families(principal, store):
        raise HttpProblem("unknown-rule", f"there is no rule {family}; /api/v1/rules lists them")
    text = await store.while_unchanged(lambda: exported(store, principal, family))
    return Response(text, media_type=TOML)


@ROUTES.post("/import", openapi_extra=_BODY)
async def take_over(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    request: Request,
    dry_run: Annotated[bool, Query(description="only say what would change")] = True,
    whole: Annotated[bool, Query(description="the file is all there is of its families: the rest is removed")] = False,
    reason: Annotated[Sentence, Query(description="why, for the journal")] = "",
    seen: Annotated[int | None, Query(ge=0, description="refuse if rules have changed since the dry run")] = None,
) -> RulesImportAnswer:
    """Make what scopes set what a rules.toml says: all of it, in one transaction, or nothing."""
    store, text = platform.rule_store, _text(await request.body())
    plan = await store.while_unchanged(lambda: planned(store, text, principal=principal, whole=whole))
    if dry_run:
        return await asyncio.to_thread(_answer, plan)
    if plan.problems:
        raise HttpProblem("rule-refused", "; ".join(_located(plan)), problems=_located(plan))
    try:
        known = plan.known if seen is None else seen
        if plan.differences:
            await store.save_all(plan.changes, actor=principal.actor, reason=reason, seen=known)
    except RuleRejected as error:
        raise HttpProblem("rule-refused", "; ".join(error.problems), problems=error.problems) from None
    return await asyncio.to_thread(_answer, plan, applied=bool(plan.differences), seen=store.known)


def _answer(plan: ImportPlan, *, applied: bool = False, seen: int | None = None) -> RulesImportAnswer:
    return RulesImportAnswer(
        applied=applied,
        count=len(plan.differences),
        differences=[RuleDifferenceAnswer.of(one) for one in plan.differences[:MOST_SHOWN]],
        problems=[RuleFileProblem.of(one) for one in plan.problems],
        seen=plan.known if seen is None else seen,
    )


def _located(plan: ImportPlan) -> list[str]:
    return [one.sentence if one.line is None else f"line {one.line}: {one.sentence}" for one in plan.problems]


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HttpProblem("bad-parameter", f"the file is not UTF-8 at byte {error.start}; save it as UTF-8") from None
