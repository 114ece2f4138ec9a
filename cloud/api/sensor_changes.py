"""What becomes of a sensor in one act, and in one transaction; each of its facts is undone as any other.

POST /api/v1/sensors/river/replacements {"device":{"serial":"B-03"},"mounting_height_cm":420,"reason":"it was wet"}
POST /api/v1/sensors/river/moves {"gateway":"gw-pier","site":"pier","valid_from":"…","reason":"the bridge is rebuilt"}
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path

from cloud.access.principal import Principal
from cloud.api.facts import must_see, must_touch
from cloud.api.parameters import time_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.facts import fact_answer
from cloud.api.schemas.sensor_changes import Move, Replacement, SensorChangeAnswer
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.registry.fact_kinds import record_of
from cloud.registry.fact_service import FactRejected
from cloud.registry.history import subject_of
from cloud.registry.records import Sensor
from cloud.registry.sensor_changes import move, replacement, to_look_at
from runtime.clock import wall_ms

ROUTES = new_routes("Facts", below="/api/v1/sensors")
SensorId = Annotated[str, Path(max_length=64)]


@ROUTES.post("/{sensor_id}/replacements", status_code=201)
async def replace(
    platform: CurrentPlatform, principal: CurrentPrincipal, sensor_id: SensorId, new: Replacement
) -> SensorChangeAnswer:
    """Record that another device hangs there; what was learned of the one before, such as a fitted line, ends."""
    sensor, at_ms = _sensor(platform, principal, sensor_id), _since(new.valid_from)
    values = replacement(platform.registry, sensor, new.device.value(), new.mounting, at_ms)
    return await _recorded(platform, principal, sensor, values, new, at_ms)


@ROUTES.post("/{sensor_id}/moves", status_code=201)
async def move_sensor(
    platform: CurrentPlatform, principal: CurrentPrincipal, sensor_id: SensorId, new: Move
) -> SensorChangeAnswer:
    """Record that a sensor is behind another gateway, at another site, or both; what waits at the old one is taken."""
    sensor, at_ms = _sensor(platform, principal, sensor_id), _since(new.valid_from)
    values = move(site=new.site, gateway=new.gateway, mounting=new.mounting)
    if new.site is None and new.gateway is None:
        raise HttpProblem("fact-refused", "site, gateway: both are left out; name the one that is another")
    for what, value in values.items():
        must_see(platform, principal, what, value)
    return await _recorded(platform, principal, sensor, values, new, at_ms)


async def _recorded(
    platform: Platform,
    principal: Principal,
    sensor: Sensor,
    values: Mapping[str, Any],
    new: Replacement | Move,
    at_ms: int,
) -> SensorChangeAnswer:
    left = list(to_look_at(platform.registry, sensor, values, at_ms))
    try:
        facts = await platform.facts.record_together(
            subject_of(sensor), values, actor=principal.actor, reason=new.reason, source=new.source, valid_from_ms=at_ms
        )
    except FactRejected as error:
        raise HttpProblem("fact-refused", str(error), problems=list[str](error.problems)) from None
    now_ms = wall_ms()
    return SensorChangeAnswer(
        facts=[fact_answer(fact, platform.registry.facts, now_ms) for fact in facts], to_look_at=list[str](left)
    )


def _since(text: str | None) -> int:
    given = time_of("valid_from", text)
    return wall_ms() if given is None else given


def _sensor(platform: Platform, principal: Principal, sensor_id: str) -> Sensor:
    """Give the sensor; the answer does not say whether one of a foreign site exists."""
    must_touch(platform, principal, f"sensor:{sensor_id}")
    sensor = record_of(platform.registry, f"sensor:{sensor_id}")
    if not isinstance(sensor, Sensor):
        raise HttpProblem("unknown-sensor", f"sensor_id: there is no {sensor_id[:80]!r}; /api/v1/sensors lists them")
    return sensor
