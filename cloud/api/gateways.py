"""Gateways: what they say of themselves, what the city wants of their settings, what they are asked.

GET  /api/v1/gateways?state=offline             PUT  /api/v1/gateways/gw-daruba/config    {"settings":{…},"word":"…"}
POST …/enrolment {"password":"…"}  ─► a bundle, this once
POST …/commands {"command":"ping"}  ─► 200 with the answer, or 202: GET …/commands/{key}
"""

import asyncio
import base64
from typing import Annotated

from fastapi import Query, Response

from cloud.access.principal import Principal
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.gateways import (
    CommandAnswer,
    ConfigAnswer,
    EnrolmentAnswer,
    GatewayAnswer,
    LastWordAnswer,
    NewCommand,
    NewConfig,
    NewEnrolment,
    NewestUpdateAnswer,
    ReportAnswer,
    SourceAnswer,
    SpoolAnswer,
    StatusAnswer,
)
from cloud.broker import qr_code
from cloud.care.commands import CommandState
from cloud.core.printable import Id, Wanted
from cloud.gateways.connection_state import ConnectionState
from cloud.gateways.desired_config import WantedConfig
from cloud.gateways.reading_rates import spool_left_s
from cloud.gateways.wanted_settings import without_empty
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.registry.records import Gateway
from cloud.rulebook.visibility import foreign_sensors, naming_none_of, whole_gateways
from runtime.clock import wall_ms
from wire import SourceState, Status
from wire.gateway_command import RESTART_SOURCE

MOST_GATEWAYS = 1_000
"""Gateways in one answer."""
MOST_COMMANDS = 20
_DAY_S = 86_400
_COUNTS = ("heard_bytes", "frames", "refused")
"""What an older agent does not count."""


ROUTES = new_routes("Gateways", below="/api/v1/gateways")


@ROUTES.get("")
async def gateways(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    state: Annotated[ConnectionState | None, Query(description="only those of this state")] = None,
    site: Annotated[Wanted | None, Query(description="only those of this site")] = None,
    after_id: Annotated[Wanted, Query(description="only those after this id: the last of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_GATEWAYS)] = MOST_GATEWAYS,
) -> list[GatewayAnswer]:
    """The gateways at your sites by their ids, with what they say of themselves and the account of their readings."""
    found = [
        gateway
        for gateway in platform.registry.gateways()
        if principal.may_see(gateway.site)
        and site in (None, gateway.site)
        and gateway.id > after_id
        and (state is None or platform.statuses.state(gateway.id) is state)
    ]
    found.sort(key=lambda gateway: gateway.id)
    foreign = foreign_sensors(principal.sites, platform.registry.sensors())
    return [_answer(platform, gateway, foreign) for gateway in found[:limit]]


@ROUTES.get("/{gateway_id}")
async def one_gateway(platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted) -> GatewayAnswer:
    """One of them."""
    gateway = seen_gateway(platform, principal, gateway_id)
    return _answer(platform, gateway, foreign_sensors(principal.sites, platform.registry.sensors()))


@ROUTES.get("/{gateway_id}/config")
async def wanted_config(platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted) -> ConfigAnswer:
    """What the city wants of its settings, and what it made of that."""
    gateway = whole_gateway(platform, principal, gateway_id)
    return _config(platform, gateway, await platform.care.configs.wanted(gateway.id))


@ROUTES.put("/{gateway_id}/config")
async def set_config(
    platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted, new: NewConfig
) -> ConfigAnswer:
    """Want these settings of it, and none but these; the gateway tries them when it is online, and reports."""
    gateway = whole_gateway(platform, principal, gateway_id)
    kept = await platform.care.configs.change(
        gateway.id, lambda _before: without_empty(new.settings), actor=principal.actor, reason=new.word
    )
    return _config(platform, gateway, kept)


@ROUTES.post("/{gateway_id}/commands", responses={202: {"model": CommandAnswer, "description": "Not answered yet"}})
async def command(
    platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted, new: NewCommand, response: Response
) -> CommandAnswer:
    """Ask it to do something; 202 where it has not answered within `wait_s`: look at …/commands/{key} then."""
    gateway = whole_gateway(platform, principal, gateway_id)
    if (new.command == RESTART_SOURCE) is not bool(new.source):
        raise HttpProblem("bad-parameter", "source: name one for restart_source, and none for other commands")
    if platform.statuses.state(gateway.id) in (ConnectionState.OFFLINE, ConnectionState.NEVER_SEEN):
        raise HttpProblem("gateway-offline", f"{gateway.id} is not connected, so it was not asked; try when it is")
    commands = platform.care.commands
    asked = await commands.ask(gateway.id, new.command, source=new.source, actor=principal.actor)
    asked = await commands.answered(asked.key, within_s=new.wait_s)
    response.status_code = 202 if asked.state is CommandState.WAITING else 200
    return CommandAnswer.of(asked)


@ROUTES.get("/{gateway_id}/commands")
async def commands(platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted) -> list[CommandAnswer]:
    """What it was asked since this server began, the newest first."""
    gateway = whole_gateway(platform, principal, gateway_id)
    return [CommandAnswer.of(one) for one in platform.care.commands.of_gateway(gateway.id)[:MOST_COMMANDS]]


@ROUTES.get("/{gateway_id}/commands/{key}")
async def one_command(
    platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted, key: Id
) -> CommandAnswer:
    """What became of a command."""
    gateway = whole_gateway(platform, principal, gateway_id)
    try:
        return CommandAnswer.of(platform.care.commands.find(gateway.id, key))
    except LookupError:
        raise HttpProblem(
            "unknown-command", f"key: there is no command {key!r} of {gateway.id}, or it is forgotten by now"
        ) from None


@ROUTES.post("/{gateway_id}/enrolment", status_code=201)
async def enrol(
    platform: CurrentPlatform, principal: CurrentPrincipal, gateway_id: Wanted, new: NewEnrolment
) -> EnrolmentAnswer:
    """Let it in by one bundle, which is told this once; for administrators, with the password of the broker's own."""
    gateway = whole_gateway(platform, principal, gateway_id)
    made = await platform.care.enrolments.enrol(
        gateway.id, new.password, days=new.days, again=new.again, actor=principal.actor
    )
    return EnrolmentAnswer(
        gateway=gateway.id,
        username=made.username,
        bundle=made.text,
        ends=made.ends_on.isoformat(),
        qr_png=base64.b64encode(await asyncio.to_thread(qr_code.as_png, made.text)).decode(),
        qr_svg=await asyncio.to_thread(qr_code.as_svg, made.text),
    )


def seen_gateway(platform: Platform, principal: Principal, gateway_id: str) -> Gateway:
    """The gateway of that id, if `principal` may see its site; the problem unknown-gateway otherwise."""
    gateway = platform.registry.gateway(gateway_id)
    if gateway is None or gateway.retired or not principal.may_see(gateway.site):
        raise HttpProblem(
            "unknown-gateway", f"gateway_id: there is no gateway {gateway_id[:64]!r}; /api/v1/gateways lists them"
        )
    return gateway


def whole_gateway(platform: Platform, principal: Principal, gateway_id: str) -> Gateway:
    """The same, if all its sensors stand at sites that `principal` may see: settings and answers are about any."""
    gateway = seen_gateway(platform, principal, gateway_id)
    if principal.sites is not None:
        registry = platform.registry
        if gateway.id not in whole_gateways(principal.sites, [gateway], registry.sensors()):
            raise HttpProblem(
                "not-allowed",
                f"{gateway.id} has sensors at sites that you may not see; ask somebody who may",
            )
    return gateway


def _answer(platform: Platform, gateway: Gateway, foreign: dict[str, set[str]]) -> GatewayAnswer:
    status, report = platform.statuses.status(gateway.id), platform.care.reports.report(gateway.id)
    shown = None if status is None else naming_none_of(status, foreign.get(gateway.id))
    return GatewayAnswer.of(
        gateway,
        online=status is not None and status.online,
        state=platform.statuses.state(gateway.id),
        shares_id=platform.statuses.are_two(gateway.id),
        version=None if status is None else status.version,
        spool_days=_spool_days(status, platform.statuses.rates.rate(gateway.id)),
        refused=None if status is None else sum(source.refused for source in status.sources),
        config=None if report is None or foreign.get(gateway.id) else ReportAnswer.of(report),
        status=None if shown is None else _status(shown, wall_ms()),
        account=platform.accounts.account(gateway.id),
    )


def _spool_days(status: Status | None, readings_a_s: float | None) -> float | None:
    left_s = None if status is None else spool_left_s(status, readings_a_s)
    return None if left_s is None else round(left_s / _DAY_S, 2)


def _config(platform: Platform, gateway: Gateway, kept: WantedConfig | None) -> ConfigAnswer:
    report = platform.care.reports.report(gateway.id)
    return ConfigAnswer(
        gateway=gateway.id,
        revision=None if kept is None else kept.revision,
        settings={} if kept is None else kept.settings,
        reported=None if report is None else ReportAnswer.of(report),
    )


def _status(status: Status, now: int) -> StatusAnswer:
    oldest_ms = status.spool.oldest_ms
    age_s = None if oldest_ms is None else round((now - oldest_ms) / 1_000, 1)
    spool = SpoolAnswer.of(status.spool, oldest_age_s=age_s)
    word = None if status.last_word is None else LastWordAnswer.of(status.last_word)
    update = None if status.update is None else NewestUpdateAnswer.of(status.update)
    sources = [_source(each) for each in status.sources]
    return StatusAnswer.of(status, spool=spool, sources=sources, last_word=word, update=update)


def _source(source: SourceState) -> SourceAnswer:
    return SourceAnswer.of(source, **({} if source.is_counted else dict.fromkeys(_COUNTS)))
