"""What there is and how it does: health, sites, sensors, gateways, metrics.

GET /api/v1/health   {"status":"ok","newest_age_s":{"flood":0.8,"air":1.1,"footfall":2.0},"components":{…}}
"""

from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from cloud.api.schemas.state import (
    AccountAnswer,
    CalibrationAnswer,
    ComponentHealth,
    GatewayAnswer,
    HealthAnswer,
    SensorAnswer,
    SiteAnswer,
    SourceAnswer,
    SpoolAnswer,
    StatusAnswer,
    StreamAnswer,
)
from cloud.core.times import rfc_3339
from cloud.http.auth import CurrentPrincipal, auth_context_of
from cloud.http.problems import Problem
from cloud.platform import Platform
from cloud.rulebook.visibility import foreign_sensors, naming_none_of
from runtime.clock import wall_ms
from wire import Status

_WATCHED: tuple[Literal["flood", "air", "footfall"], ...] = ("flood", "air", "footfall")


def state_routes(platform: Platform) -> APIRouter:
    """The routes below /api/v1 that say what there is and how it does."""
    routes = APIRouter(prefix="/api/v1", tags=["State"])

    @routes.get("/health", responses={503: {"model": HealthAnswer, "description": "Down"}})
    async def health(request: Request, response: Response) -> HealthAnswer:
        """How the cloud is doing; 503 when it is down. Open to all, for monitoring: a word for each part.

        Who is logged in and sees all sites reads a sentence on each part, too.
        """
        context = auth_context_of(request)
        whole = platform.health(wall_ms())
        found = whole if context is not None and context.principal.sites is None else whole.in_words
        response.status_code = 503 if found.status == "down" else 200
        return HealthAnswer(
            status=found.status,
            newest_age_s={domain: _tenths(found.newest_age_s.get(domain)) for domain in _WATCHED},
            components={
                name: ComponentHealth(status=part.status, detail=part.detail) for name, part in found.components.items()
            },
        )

    @routes.get("/sites")
    async def sites(principal: CurrentPrincipal) -> list[SiteAnswer]:
        """The sites that you may see, with their places and time zones."""
        return [
            SiteAnswer(
                id=site.id,
                name=site.name,
                place=site.place,
                latitude=site.latitude,
                longitude=site.longitude,
                zone=site.zone or platform.city.zone,
            )
            for site in platform.registry.sites()
            if principal.may_see(site.id)
        ]

    @routes.get("/sensors")
    async def sensors(principal: CurrentPrincipal) -> list[SensorAnswer]:
        """The sensors of your sites, with what they measure and how they are mounted and calibrated."""
        return [
            SensorAnswer(
                id=sensor.id,
                name=sensor.name,
                site=sensor.site,
                gateway=sensor.gateway,
                quantities=list(sensor.quantities),
                interval_s=sensor.interval_s,
                stamped=sensor.stamped,
                mounting_height_cm=sensor.mounting_height_cm,
                sent_mounting_height_cm=platform.heights.sent_height_cm(sensor.id),
                calibration={
                    quantity: CalibrationAnswer(scale=line.scale, offset=line.offset)
                    for quantity, line in sensor.calibration.items()
                },
            )
            for sensor in platform.registry.sensors()
            if principal.may_see(sensor.site)
        ]

    @routes.get("/gateways")
    async def gateways(principal: CurrentPrincipal) -> list[GatewayAnswer]:
        """The gateways at your sites, with what they say of themselves and the account of their readings."""
        now = wall_ms()
        foreign = foreign_sensors(principal.sites, platform.registry.sensors())
        return [
            GatewayAnswer(
                id=gateway.id,
                name=gateway.name,
                site=gateway.site,
                online=(status := platform.statuses.status(gateway.id)) is not None and status.online,
                shares_id=platform.statuses.are_two(gateway.id),
                status=None if status is None else _status(naming_none_of(status, foreign.get(gateway.id)), now),
                account=_account(platform, gateway.id),
            )
            for gateway in platform.registry.gateways()
            if principal.may_see(gateway.site)
        ]

    return routes


def metrics_routes(platform: Platform) -> APIRouter:
    """GET /metrics, as Prometheus scrapes it."""
    routes = APIRouter(tags=["State"])

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics(request: Request, principal: CurrentPrincipal) -> Response:
        """Counters and gauges of the cloud, in the Prometheus or OpenMetrics text format; for who may see all sites."""
        if principal.sites is not None:
            raise Problem("not-allowed", f"/metrics counts all sites; {principal.name} may see some of them")
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(platform.metrics.registry), headers={"content-type": media_type})

    return routes


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _status(status: Status, now: int) -> StatusAnswer:
    spool = status.spool
    return StatusAnswer(
        time=rfc_3339(status.time_ms),
        version=status.version,
        boot=status.boot,
        clock=status.clock,
        spool=SpoolAnswer(
            depth=spool.depth,
            oldest=None if spool.oldest_ms is None else rfc_3339(spool.oldest_ms),
            oldest_age_s=None if spool.oldest_ms is None else round((now - spool.oldest_ms) / 1_000, 1),
            lost=spool.lost,
            bytes=spool.bytes,
            max_bytes=spool.max_bytes,
            problem=spool.problem,
        ),
        sources=[
            SourceAnswer(
                name=source.name,
                status=source.state,
                detail=source.detail,
                heard_bytes=source.heard_bytes if source.is_counted else None,
                frames=source.frames if source.is_counted else None,
                readings=source.readings,
                refused=source.refused if source.is_counted else None,
                noise_bytes=source.noise_bytes,
                last=None if source.last_ms is None else rfc_3339(source.last_ms),
            )
            for source in status.sources
        ],
        notes=list(status.notes),
    )


def _account(platform: Platform, gateway: str) -> AccountAnswer:
    account = platform.accounts.account(gateway)
    return AccountAnswer(
        received=account.received,
        duplicates=account.duplicates,
        missing=account.missing,
        declared_lost=account.declared_lost,
        uncounted=account.uncounted,
        streams=[
            StreamAnswer(
                stream=stream.stream,
                first=stream.first,
                last=stream.last,
                received=stream.received,
                missing=stream.missing,
                declared_lost=stream.declared_lost,
            )
            for stream in account.streams
        ],
    )
