"""Versions of gateways, and rollouts in steps, for who administers all of it.

GET  /api/v1/fleet/versions      GET  /api/v1/fleet/rollouts      GET …/rollouts/7      GET …/rollouts/7/gateways
POST /api/v1/fleet/rollouts {"version":"1.2.0","batch":5}          POST …/rollouts/stop   …/rollouts/go-on
"""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from fastapi import Query

from cloud.access.principal import Principal
from cloud.api.parameters import BeforeId, RowId
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.fleet import GoOnWithRollout, MemberAnswer, NewRollout, RolloutAnswer, StopRollout, VersionAnswer
from cloud.core.printable import Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.updates.rollout import Member, MemberState, RolloutRefused

if TYPE_CHECKING:
    from cloud.updates.rollouts import Rollouts

MOST_ROLLOUTS = 100
MOST_MEMBERS = 1_000

ROUTES = new_routes("Fleet", below="/api/v1/fleet")


@ROUTES.get("/versions")
async def versions(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[VersionAnswer]:
    """The versions that are published or that some gateway runs."""
    _must_see_all(principal)
    published = {} if platform.rollouts is None else platform.rollouts.versions()
    run, online = Counter[str](), Counter[str]()
    for gateway in platform.registry.gateways():
        status = platform.statuses.status(gateway.id)
        if status is not None:
            run[status.version] += 1
            online[status.version] += status.online
    return [
        VersionAnswer(
            version=version, architectures=published.get(version, []), gateways=run[version], online=online[version]
        )
        for version in [*published, *sorted(run.keys() - published.keys())]
    ]


@ROUTES.get("/rollouts")
async def rollouts(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    limit: Annotated[int, Query(ge=1, le=MOST_ROLLOUTS)] = 20,
    before_id: BeforeId = None,
) -> list[RolloutAnswer]:
    """The newest rollouts."""
    found = await _rollouts(platform, principal).recent(limit=limit, before_id=before_id)
    return [RolloutAnswer.of_progress(each) for each in found]


@ROUTES.post("/rollouts", status_code=201)
async def start(platform: CurrentPlatform, principal: CurrentPrincipal, new: NewRollout) -> RolloutAnswer:
    """Begin a rollout, which the running cloud carries out; while one runs no other begins."""
    try:
        progress = await _rollouts(platform, principal).start(
            new.version,
            batch=new.batch,
            actor=principal.actor,
            gateways=new.gateways,
            skip_offline=new.skip_offline,
            again=new.again,
            limit_s=None if new.within_min is None else new.within_min * 60,
            reason=new.word,
        )
    except RolloutRefused as error:
        raise HttpProblem("rollout-refused", str(error)) from None
    return RolloutAnswer.of_progress(progress)


@ROUTES.post("/rollouts/stop")
async def stop(platform: CurrentPlatform, principal: CurrentPrincipal, wanted: StopRollout) -> RolloutAnswer:
    """Let the rollout that runs ask nobody else; one that has failed counts as seen."""
    found = _rollouts(platform, principal)
    try:
        rollout = await found.stop(actor=principal.actor, reason=wanted.word)
    except RolloutRefused as error:
        raise HttpProblem("rollout-refused", str(error)) from None
    return RolloutAnswer.of_progress(await found.find(rollout.id))


@ROUTES.post("/rollouts/go-on", status_code=201)
async def go_on(platform: CurrentPlatform, principal: CurrentPrincipal, wanted: GoOnWithRollout) -> RolloutAnswer:
    """Bring those to its version that a stopped rollout left without, by another of the same terms."""
    try:
        progress = await _rollouts(platform, principal).go_on(actor=principal.actor, with_failed=wanted.failed)
    except RolloutRefused as error:
        raise HttpProblem("rollout-refused", str(error)) from None
    return RolloutAnswer.of_progress(progress)


@ROUTES.get("/rollouts/{rollout_id}")
async def one_rollout(platform: CurrentPlatform, principal: CurrentPrincipal, rollout_id: RowId) -> RolloutAnswer:
    """One of them."""
    try:
        return RolloutAnswer.of_progress(await _rollouts(platform, principal).find(rollout_id))
    except LookupError as error:
        raise HttpProblem("unknown-rollout", f"rollout_id: {error}; /api/v1/fleet/rollouts lists them") from None


@ROUTES.get("/rollouts/{rollout_id}/gateways")
async def gateways(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    rollout_id: RowId,
    state: Annotated[MemberState | None, Query(description="only those in this state")] = None,
    after_id: Annotated[Wanted, Query(description="only those after this id: the last of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_MEMBERS)] = MOST_MEMBERS,
) -> list[MemberAnswer]:
    """Its gateways by their ids, and how far each is."""
    states = () if state is None else (state,)
    found = await _rollouts(platform, principal).members(rollout_id, states, limit=limit, after=after_id)
    return [_member(platform, each) for each in found]


def _member(platform: Platform, member: Member) -> MemberAnswer:
    status = platform.statuses.status(member.gateway)
    update = None if status is None else status.update
    return MemberAnswer(
        gateway=member.gateway,
        state=member.state,
        reason=member.reason,
        version=None if status is None else status.version,
        update_version=None if update is None else update.version,
        update_state=None if update is None else update.state,
        update_reason=None if update is None else update.reason,
        update_since=None if update is None else update.time_ms,
    )


def _rollouts(platform: Platform, principal: Principal) -> "Rollouts":
    _must_see_all(principal)
    if platform.rollouts is None:
        raise HttpProblem("no-updates", "cloud.toml has no [updates], so no version is published (docs/operations.md)")
    return platform.rollouts


def _must_see_all(principal: Principal) -> None:
    if principal.sites is not None:
        raise HttpProblem("not-allowed", f"a rollout is for all sites; {principal.name} may see some of them")
