"""The registry as it was in the past: the city of today, whose sensors measured less often.

river-daruba   2 s ─► 120 s        or the rules would see a hole between any two readings, and wait for what fills it
"""

from collections.abc import Mapping

import msgspec

from cloud.database.engine import Database
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry


async def past_registry(database: Database, city: Registry, *, intervals_s: Mapping[str, int], now_ms: int) -> Registry:
    """Keep the city in an empty database as it is, and give it with the intervals of the past."""
    await database.open()
    await database.run(lambda connection: save_registry(connection, city, now_ms=now_ms))
    kept = await database.run(lambda connection: read_registry(connection, now_ms=now_ms))
    sensors = [
        msgspec.structs.replace(sensor, interval_s=intervals_s[sensor.id])
        for sensor in kept.sensors()
        if kept.gateway(sensor.id) is None
    ]
    return Registry(
        city=kept.city, sites=kept.sites(), gateways=kept.gateways(), sensors=sensors, facts=kept.facts, now_ms=now_ms
    )
