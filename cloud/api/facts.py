"""Dated facts: how sensors hung, how they were calibrated and where they stood, from when on, and who said so.

GET  /api/v1/facts?subject=sensor:river&what=mounting_height_cm
POST /api/v1/facts {"subject":"sensor:river","what":"mounting_height_cm","value":420,"valid_from":"…","reason":"…"}
POST /api/v1/facts/7/correct {"value":425,"reason":"read off wrongly"}      POST /api/v1/facts/7/undo {"reason":"…"}
"""

from collections.abc import Awaitable
from itertools import islice
from typing import Annotated, Any

from fastapi import Query

from cloud.access.principal import Principal
from cloud.api.parameters import BeforeId, RowId, time_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.facts import Correction, FactAnswer, NewFact, Undoing, fact_answer
from cloud.core.printable import PrintableText
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.registry.fact_kinds import visible_facts
from cloud.registry.fact_service import FactRejected
from cloud.registry.facts import Fact
from runtime.clock import wall_ms

MOST_FACTS = 1_000


ROUTES = new_routes("Facts", below="/api/v1/facts")


@ROUTES.get("")
async def listed(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    subject: Annotated[PrintableText | None, Query(max_length=80, description="sensor:ID or gateway:ID")] = None,
    what: Annotated[PrintableText | None, Query(max_length=80)] = None,
    before_id: BeforeId = None,
    limit: Annotated[int, Query(ge=1, le=MOST_FACTS)] = 200,
) -> list[FactAnswer]:
    """What is recorded of your sites, the newest first, undone facts too."""
    known = visible_facts(platform.registry, principal.may_see, subject=subject, what=what)
    found = (fact for fact in known if before_id is None or fact.id < before_id)
    return [fact_answer(fact, platform.registry.facts, wall_ms()) for fact in islice(found, limit)]


@ROUTES.post("", status_code=201)
async def record(platform: CurrentPlatform, principal: CurrentPrincipal, new: NewFact) -> FactAnswer:
    """Record what holds, or held, from a time on; what was stored since is computed again."""
    must_touch(platform, principal, new.subject)
    must_see(platform, principal, new.what, new.value)
    return await _done(platform, platform.facts.record(
        new.subject, new.what, new.value, actor=principal.actor, reason=new.reason, source=new.source,
        valid_from_ms=time_of("valid_from", new.valid_from),
    ))  # fmt: skip


@ROUTES.post("/{fact_id}/correct", status_code=201)
async def correct(
    platform: CurrentPlatform, principal: CurrentPrincipal, fact_id: RowId, new: Correction
) -> FactAnswer:
    """Record another value with the validity of a fact."""
    fact = await _visible(platform, principal, fact_id)
    must_see(platform, principal, fact.what, new.value)
    return await _done(
        platform,
        platform.facts.correct(fact_id, new.value, actor=principal.actor, reason=new.reason, source=new.source),
    )


@ROUTES.post("/{fact_id}/undo")
async def undo(platform: CurrentPlatform, principal: CurrentPrincipal, fact_id: RowId, word: Undoing) -> FactAnswer:
    """Take a fact back; it stays in the list, with who did that."""
    await _visible(platform, principal, fact_id)
    return await _done(platform, platform.facts.undo(fact_id, actor=principal.actor, reason=word.reason))


def must_touch(platform: Platform, principal: Principal, subject: str) -> None:
    """Require that the subject is one that `principal` may see; the answer does not say whether another exists."""
    if not platform.facts.may_touch(subject, principal.sites):
        raise HttpProblem(
            "not-allowed", f"{principal.name} may record nothing of {subject!r}; ask somebody who may see its site"
        )


def must_see(platform: Platform, principal: Principal, what: str, value: Any) -> None:
    """Require that a sensor is moved only to a site, or a gateway, that `principal` may see."""
    if not platform.facts.may_refer(what, value, principal.sites):
        raise HttpProblem("not-allowed", f"{principal.name} may not see {what} {value[:80]!r}; ask somebody who may")


async def _visible(platform: Platform, principal: Principal, fact_id: int) -> Fact:
    try:
        fact = await platform.facts.fact(fact_id)
    except LookupError:
        fact = None
    if fact is None or not platform.facts.may_touch(fact.subject, principal.sites):
        raise HttpProblem("unknown-fact", f"fact_id: there is no fact {fact_id}; /api/v1/facts lists them")
    return fact


async def _done(platform: Platform, action: Awaitable[Fact]) -> FactAnswer:
    try:
        return fact_answer(await action, platform.registry.facts, wall_ms())
    except FactRejected as error:
        raise HttpProblem("fact-refused", str(error), problems=list[str](error.problems)) from None
    except LookupError as error:
        raise HttpProblem("unknown-fact", f"fact_id: {error}; /api/v1/facts lists them") from None
