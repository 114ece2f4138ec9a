"""Rules: what holds where, their versions, and a try before saving.

GET /api/v1/rules     /rules/river-level     /rules/resolved?sensor=river-daruba-1     /rules/river-level/all/versions
PUT /api/v1/rules/river-level/site:daruba {"fields":{"levels":[…]},"reason":"…"}     POST …/undo     POST /rules/preview
"""

from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import Query, Response

from cloud.access.principal import Principal
from cloud.api.long_answers import encoded
from cloud.api.parameters import time_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.rules import (
    FamilyAnswer,
    NewPreview,
    NewRule,
    PreviewAnswer,
    ResolvedAnswer,
    RuleVersionAnswer,
    Undo,
    preview_answer,
    resolved_answer,
    version_answer,
)
from cloud.core.printable import GivenTime, PrintableText, Wanted
from cloud.core.times import rfc_3339
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem, bad_parameter
from cloud.platform import Platform
from cloud.registry.snapshot import Registry
from cloud.rulebook.admission import no_such_sensor
from cloud.rulebook.records import RuleRejected, RuleVersion
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.visibility import (
    foreign_in,
    may_change_scope,
    may_read_family,
    may_read_scope,
    readable_families,
)
from runtime.clock import wall_ms
from wire.durations import DAY_MS

MOST_VERSIONS = 200
PREVIEW_MS = 30 * DAY_MS
"""How far back a preview looks unless it is asked otherwise."""


ROUTES = new_routes("Rules", below="/api/v1/rules")


@ROUTES.get("")
async def families(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[FamilyAnswer]:
    """Every family of rules, and what each scope says of it."""
    store = platform.rule_store
    return [_family(store, family, principal) for family in readable_families(principal, store)]


@ROUTES.get("/resolved")
async def resolved(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    sensor: Annotated[Wanted, Query(description="the sensor's id")],
) -> list[ResolvedAnswer]:
    """The rules that hold for a sensor now, where each value comes from, and in words."""
    known = platform.rule_store.targets.get(sensor)
    if known is None or not principal.may_see(known.site):
        raise HttpProblem("unknown-sensor", f"sensor: there is no {sensor[:80]!r}; /api/v1/sensors lists them")
    return [resolved_answer(each, platform.registry.quantities) for each in platform.rule_store.resolved(sensor)]


@ROUTES.get("/{family}")
async def one_family(platform: CurrentPlatform, principal: CurrentPrincipal, family: Wanted) -> FamilyAnswer:
    """One family of rules."""
    if not may_read_family(principal, platform.rule_store, family):
        raise _unknown(family)
    return _family(platform.rule_store, family, principal)


@ROUTES.get("/{family}/{scope}/versions")
async def versions(
    platform: CurrentPlatform, principal: CurrentPrincipal, family: Wanted, scope: Wanted
) -> list[RuleVersionAnswer]:
    """The versions of what a scope said of a family, the newest first, and of those 200 at most."""
    found = platform.rule_store.versions(family, scope)
    if not found or not may_read_scope(principal, platform.rule_store.targets, scope):
        raise _unknown(family, scope)
    return [version_answer(version, platform.rule_store.registry) for version in found[:MOST_VERSIONS]]


@ROUTES.put("/{family}/{scope}")
async def save(
    platform: CurrentPlatform, principal: CurrentPrincipal, family: Wanted, scope: Wanted, new: NewRule
) -> RuleVersionAnswer:
    """Add a version; it is refused whole (422) where the rule of any sensor would not be sound."""
    _must_change(scope, principal, platform)
    _must_name(family, scope, new.fields, principal, platform)
    return await _done(
        platform.rule_store.registry,
        platform.rule_store.save(
            family,
            scope,
            new.fields,
            actor=principal.actor,
            reason=new.reason,
            valid_from_ms=time_of("valid_from", new.valid_from),
        ),
    )


@ROUTES.delete("/{family}/{scope}")
async def remove(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    family: Wanted,
    scope: Wanted,
    reason: Annotated[PrintableText, Query(min_length=1, max_length=500, description="why")],
    valid_from: Annotated[GivenTime | None, Query(description="from when on; default: now")] = None,
) -> RuleVersionAnswer:
    """Let a scope say nothing of a family any more; the versions stay, and undo brings it back."""
    _must_change(scope, principal, platform)
    valid_from_ms = time_of("valid_from", valid_from)
    return await _done(
        platform.rule_store.registry,
        platform.rule_store.remove(family, scope, actor=principal.actor, reason=reason, valid_from_ms=valid_from_ms),
    )


@ROUTES.post("/{family}/{scope}/undo")
async def undo(
    platform: CurrentPlatform, principal: CurrentPrincipal, family: Wanted, scope: Wanted, why: Undo
) -> RuleVersionAnswer:
    """Take the newest version back: a new one says what the one before it said."""
    _must_change(scope, principal, platform)
    if not platform.rule_store.versions(family, scope):
        raise _unknown(family, scope)
    return await _done(
        platform.rule_store.registry, platform.rule_store.undo(family, scope, actor=principal.actor, reason=why.reason)
    )


@ROUTES.post("/preview", response_model=PreviewAnswer)
async def preview(platform: CurrentPlatform, principal: CurrentPrincipal, new: NewPreview) -> Response:
    """Run the live engine over a sensor's stored history, with the rule as it is saved and as it is edited."""
    known = platform.rule_store.targets.get(new.sensor)
    if known is None or not principal.may_see(known.site):
        raise HttpProblem("unknown-sensor", f"sensor: there is no {new.sensor[:80]!r}; /api/v1/sensors lists them")
    _must_name(new.family, new.scope, new.fields, principal, platform)
    end_ms = time_of("end", new.end) or wall_ms()
    start_ms = time_of("start", new.start) or end_ms - PREVIEW_MS
    if start_ms >= end_ms:
        raise bad_parameter("start", new.start, f"is not before the end, {rfc_3339(end_ms)}; write an earlier start")
    try:
        found = await platform.previewer.preview(
            new.family,
            new.scope,
            new.fields,
            sensor=new.sensor,
            start_ms=start_ms,
            end_ms=end_ms,
            sites=principal.sites,
        )
    except RuleRejected as error:
        raise _rejected(error) from None
    return await encoded(lambda: preview_answer(found, platform.registry.quantities))


def _family(rule_store: RuleStore, family: str, principal: Principal) -> FamilyAnswer:
    seen = [
        version
        for version in rule_store.versions(family)
        if may_read_scope(principal, rule_store.targets, version.scope)
    ]
    held = {(patch.scope, patch.version) for patch in rule_store.patches(family)}
    now = wall_ms()
    return FamilyAnswer(
        family=family,
        scopes=[
            version_answer(version, rule_store.registry) for version in seen if (version.scope, version.version) in held
        ],
        coming=[version_answer(version, rule_store.registry) for version in seen if version.valid_from_ms > now],
    )


def _must_change(scope: str, principal: Principal, platform: Platform) -> None:
    if not may_change_scope(principal, platform.rule_store.targets, scope):
        raise HttpProblem(
            "not-allowed", f"{principal.name} may not change rules for {scope[:80]}; ask somebody who sees all of it"
        )


def _must_name(
    family: str, scope: str, fields: dict[str, Any] | None, principal: Principal, platform: Platform
) -> None:
    """Require that a rule names no sensor that its author may not see: its alarms would show that sensor's values."""
    rule_store = platform.rule_store
    held = next((patch.fields for patch in rule_store.patches(family) if patch.scope == scope), {})
    foreign = foreign_in(principal, rule_store.targets, fields or {}, held)
    if foreign:
        raise _rejected(RuleRejected([no_such_sensor(foreign[0])]))


async def _done(registry: Registry, change: Awaitable[RuleVersion]) -> RuleVersionAnswer:
    try:
        return version_answer(await change, registry)
    except RuleRejected as error:
        raise _rejected(error) from None


def _rejected(error: RuleRejected) -> HttpProblem:
    return HttpProblem("rule-refused", "; ".join(error.problems), problems=error.problems)


def _unknown(family: Wanted, scope: Wanted | None = None) -> HttpProblem:
    named = family[:80] if scope is None else f"{family[:80]} for {scope[:80]}"
    return HttpProblem("unknown-rule", f"there is no rule {named}; /api/v1/rules lists them")
