"""Readings by people: of a staff gauge, of heads; kept once, however often a phone sends them.

POST /api/v1/readings/manual {"now":"…","readings":[…]} -> [{"key":"…","state":"stored", …}]
GET  /api/v1/readings/manual?sensor=river&quantity=water_level
POST /api/v1/readings/manual/17/withdraw
"""

from typing import Annotated

from fastapi import Query

from cloud.api.parameters import RowId, given_time, time_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.manual_readings import ManualEntryAnswer, ManualReadingAnswer, NewManualReadings
from cloud.core.printable import GivenTime
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.ingest.manual.checks import OLDEST_DAYS
from cloud.ingest.manual.manual_readings import MOST_GIVEN
from cloud.ingest.manual.records import EnteredReading, ManualReading
from cloud.platform import Platform
from runtime.clock import wall_ms
from wire.durations import DAY_MS

ROUTES = new_routes("Readings", below="/api/v1/readings/manual")


@ROUTES.post("")
async def enter(
    platform: CurrentPlatform, principal: CurrentPrincipal, new: NewManualReadings
) -> list[ManualEntryAnswer]:
    """Keep readings, each by itself: one that is refused costs the others nothing, one that was kept is `known`."""
    if new.person is not None and new.person != principal.name:
        raise HttpProblem(
            "other-person",
            f"person: {new.person} took them, and {principal.name} is logged in; log in as that person",
        )
    entries = [
        EnteredReading(each.key, each.sensor, each.quantity, given_time("time", each.time), each.value, each.sure)
        for each in new.readings
    ]
    sent_ms = given_time("now", new.now)
    outcomes = await platform.manual_readings.enter(
        entries, actor=principal.actor, sent_ms=sent_ms, may_see=principal.may_see
    )
    return [
        ManualEntryAnswer(
            key=each.key,
            state=each.state,
            sentence=each.sentence,
            reading=None if each.reading is None else _answer(each.reading, platform),
        )
        for each in outcomes
    ]


@ROUTES.get("")
async def manual_readings(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    sensor: Annotated[str, Query(max_length=64)],
    quantity: Annotated[str | None, Query(max_length=64)] = None,
    start: Annotated[GivenTime | None, Query(description=f"without it the last {OLDEST_DAYS} days")] = None,
    end: Annotated[GivenTime | None, Query()] = None,
) -> list[ManualReadingAnswer]:
    """What people read beside a sensor with start <= time < end, the newest first, at most a thousand."""
    known = platform.registry.sensor(sensor)
    if known is None or not principal.may_see(known.site):
        raise HttpProblem("unknown-sensor", f"sensor: there is no {sensor[:60]!r}; /api/v1/sensors lists them")
    end_ms = time_of("end", end) or wall_ms() + 1
    start_ms = time_of("start", start)
    found = await platform.manual_readings.of(
        [sensor],
        quantity=quantity,
        start_ms=end_ms - OLDEST_DAYS * DAY_MS if start_ms is None else start_ms,
        end_ms=end_ms,
        most=MOST_GIVEN,
        withdrawn=True,
    )
    return [_answer(each, platform) for each in found]


@ROUTES.post("/{reading}/withdraw")
async def withdraw(platform: CurrentPlatform, principal: CurrentPrincipal, reading: RowId) -> ManualReadingAnswer:
    """Take a reading back: it counts in place of no sensor any more, and confirms none; again it changes nothing."""
    try:
        taken = await platform.manual_readings.withdraw(reading, actor=principal.actor, may_change=principal.may_see)
    except LookupError:
        raise HttpProblem(
            "unknown-reading", f"reading: there is no {reading}; /api/v1/readings/manual lists those of a sensor"
        ) from None
    return _answer(taken, platform)


def _answer(reading: ManualReading, platform: Platform) -> ManualReadingAnswer:
    return ManualReadingAnswer.of(reading, unit=platform.registry.quantities.row(reading.quantity).unit)
