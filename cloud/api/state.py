"""What there is and how it does: health, sites, sensors, metrics.

GET /api/v1/health   {"status":"ok","newest_age_s":{"flood":0.8,"air":1.1,"footfall":2.0},"components":{…}}
"""

from fastapi import Request, Response
from prometheus_client.exposition import choose_encoder

from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.state import (
    DomainAnswer,
    HealthAnswer,
    QuantityAnswer,
    SensorAnswer,
    SiteAnswer,
)
from cloud.http.auth import CurrentPrincipal, auth_context_of
from cloud.http.problems import HttpProblem
from runtime.clock import wall_ms
from wire import BUILT_IN

HEALTH_ROUTES = new_routes("State", below="/api/v1")
ROUTES = new_routes("State", below="/api/v1")


@HEALTH_ROUTES.get("/health", responses={503: {"model": HealthAnswer, "description": "Down"}})
async def health(platform: CurrentPlatform, request: Request, response: Response) -> HealthAnswer:
    """How the cloud is doing; 503 when it is down. Open to all, for monitoring: a word for each part.

    Who is logged in and sees all sites reads a sentence on each part, too.
    """
    context = auth_context_of(request)
    whole = platform.health(wall_ms())
    found = whole if context is not None and context.principal.sites is None else whole.in_words
    response.status_code = 503 if found.status == "down" else 200
    return HealthAnswer(
        status=found.status,
        newest_age_s={domain: _tenths(age_s) for domain, age_s in found.newest_age_s.items()},
        components=found.components,
    )


@ROUTES.get("/sites")
async def sites(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[SiteAnswer]:
    """The sites that you may see, with their places and time zones."""
    return [
        SiteAnswer.of(site, zone=site.zone or platform.city.zone)
        for site in platform.registry.sites()
        if principal.may_see(site.id)
    ]


@ROUTES.get("/sensors")
async def sensors(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[SensorAnswer]:
    """The sensors of your sites, with what they measure and how they are mounted and calibrated."""
    now_ms = wall_ms()
    return [
        SensorAnswer.of(
            sensor,
            sent_mounting_height_cm=platform.heights.sent_height_cm(sensor.id),
            device=platform.registry.history.device(sensor).at(now_ms),
        )
        for sensor in platform.registry.sensors()
        if principal.may_see(sensor.site)
    ]


@ROUTES.get("/domains")
async def domains(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[DomainAnswer]:
    """What the city watches: the domains that every city has, and those that it added."""
    table = platform.registry.quantities
    return [DomainAnswer.of(row, own=row.id not in BUILT_IN.domains) for row in table.domains.values()]


@ROUTES.get("/quantities")
async def quantities(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[QuantityAnswer]:
    """All that is measured or computed: those that every city has, and those that it added."""
    table = platform.registry.quantities
    return [QuantityAnswer.of(row, own=name not in BUILT_IN) for name, row in table.items()]


METRICS_ROUTES = new_routes("State")


@METRICS_ROUTES.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(platform: CurrentPlatform, request: Request, principal: CurrentPrincipal) -> Response:
    """Counters and gauges of the cloud, in the Prometheus or OpenMetrics text format; for who may see all sites."""
    if principal.sites is not None:
        raise HttpProblem("not-allowed", f"/metrics counts all sites; {principal.name} may see some of them")
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(await platform.collected()), headers={"content-type": media_type})


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
