"""The duty calendar.

GET    /api/v1/duty?start=…&end=…
POST   /api/v1/duty {"person":"ani","rank":1,"start":"2026-11-24T19:00:00+09:00","end":"2026-11-25T07:00:00+09:00"}
DELETE /api/v1/duty/3
"""

from typing import Annotated

from fastapi import Path, Query

from cloud.api.parameters import LARGEST_ROW_ID, given_time
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.notifications import DutyAnswer, NewDuty
from cloud.core.printable import GivenTime
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.notify.duty import Duty, DutyRejected
from runtime.clock import wall_ms
from wire.durations import DAY_MS

SHOWN_MS = 14 * DAY_MS
"""How far ahead the calendar is shown where no end is asked for."""
MOST_DUTIES = 1_000
"""Duties in one answer, the earliest."""


ROUTES = new_routes("Notifications", below="/api/v1/duty")


@ROUTES.get("")
async def duties(
    platform: CurrentPlatform,
    start: Annotated[GivenTime | None, Query(description="from when on; now where it is missing")] = None,
    end: Annotated[GivenTime | None, Query(description="until before when; 14 days later where it is missing")] = None,
) -> list[DutyAnswer]:
    """Who is on duty when, by the beginning."""
    from_ms = wall_ms() if start is None else given_time("start", start)
    until_ms = from_ms + SHOWN_MS if end is None else given_time("end", end)
    duties = await platform.notifier.duty.duties(from_ms=from_ms, until_ms=until_ms)
    return [DutyAnswer.of(duty) for duty in duties[:MOST_DUTIES]]


@ROUTES.post("", status_code=201)
async def add_duty(platform: CurrentPlatform, new: NewDuty, principal: CurrentPrincipal) -> DutyAnswer:
    """Put somebody on duty."""
    duty = Duty(0, new.person, new.rank, given_time("start", new.start), given_time("end", new.end))
    try:
        return DutyAnswer.of(await platform.notifier.duty.add(duty, actor=principal.actor, now_ms=wall_ms()))
    except DutyRejected as rejected:
        raise HttpProblem("bad-parameter", str(rejected)) from None


@ROUTES.delete("/{id}", status_code=204)
async def remove_duty(
    platform: CurrentPlatform,
    duty_id: Annotated[int, Path(alias="id", ge=1, le=LARGEST_ROW_ID)],
    principal: CurrentPrincipal,
) -> None:
    """Take a duty out of the calendar."""
    try:
        await platform.notifier.duty.remove(duty_id, actor=principal.actor, now_ms=wall_ms())
    except LookupError:
        raise HttpProblem("unknown-duty", f"id: there is no duty {duty_id}; /api/v1/duty lists them") from None
