"""Maintenance windows: while somebody works there, a site's or a sensor's alarms page nobody.

GET /api/v1/maintenance      POST /api/v1/maintenance {"site":"daruba","until":"…","reason":"…"}      DELETE …/3
"""

from typing import Annotated

from fastapi import Query

from cloud.access.principal import Principal
from cloud.alarms.maintenance import MaintenanceRejected
from cloud.alarms.records import Maintenance
from cloud.api.parameters import RowId, time_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.alarms import MaintenanceAnswer, NewMaintenance
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.rulebook.visibility import may_name

MOST_WINDOWS = 1_000
"""Windows in one answer, those that begin last."""


ROUTES = new_routes("Alarms", below="/api/v1/maintenance")


@ROUTES.get("")
async def windows(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    ended: Annotated[bool, Query(description="also those that are over")] = False,
) -> list[MaintenanceAnswer]:
    """The windows that are open or to come, by their beginning."""
    found = (await platform.maintenance.windows(ended=ended))[-MOST_WINDOWS:]
    return [
        MaintenanceAnswer.of(window) for window in found if may_touch(window.site, window.sensor, principal, platform)
    ]


@ROUTES.post("", status_code=201)
async def plan(platform: CurrentPlatform, principal: CurrentPrincipal, new: NewMaintenance) -> MaintenanceAnswer:
    """Make a window, from now on or from `start`."""
    if not may_touch(new.site, new.sensor, principal, platform):
        raise HttpProblem("not-allowed", f"{principal.name} may not see that site; ask somebody who may")
    until_ms = time_of("until", new.until) or 0
    try:
        window = await platform.maintenance.plan(
            site=new.site,
            sensor=new.sensor,
            from_ms=time_of("start", new.start),
            until_ms=until_ms,
            reason=new.reason,
            actor=principal.actor,
        )
    except MaintenanceRejected as error:
        raise HttpProblem("maintenance-refused", "; ".join(error.problems), problems=error.problems) from None
    return MaintenanceAnswer.of(window)


@ROUTES.delete("/{maintenance_id}")
async def end(platform: CurrentPlatform, principal: CurrentPrincipal, maintenance_id: RowId) -> MaintenanceAnswer:
    """End a window now, or take one back that has not begun."""
    unknown = HttpProblem(
        "unknown-maintenance",
        f"maintenance_id: there is no window {maintenance_id}; /api/v1/maintenance lists them",
    )
    try:
        window: Maintenance = await platform.maintenance.window(maintenance_id)
        if not may_touch(window.site, window.sensor, principal, platform):
            raise unknown
        return MaintenanceAnswer.of(await platform.maintenance.end(maintenance_id, actor=principal.actor))
    except LookupError:
        raise unknown from None


def may_touch(site: str | None, sensor: str | None, principal: Principal, platform: Platform) -> bool:
    """Tell whether `principal` may see a site, and that of a sensor; who sees all may name what does not exist."""
    sees_sensor = sensor is None or may_name(principal, platform.rule_store.targets, sensor)
    return sees_sensor and (site is None or principal.sites is None or principal.may_see(site))
