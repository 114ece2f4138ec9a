"""(h) Trying a rule before it is saved: 30 days of one sensor at one reading a minute, through the live engine twice.

43,200 readings in SQLite ─► Previewer: the saved rule and the edited one, their alarms, the points of the chart
"""

import asyncio
import math
import time
from pathlib import Path

from cloud.alarms.preview import Previewer
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.readings.blocks import Block
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from wire import Domain

MINUTES = 30 * 1_440
_ZONE = "Asia/Jayapura"
_START_MS = 1_764_000_000_000
_LEVELS = [{"name": "Siaga 3", "severity": "moderate", "limit": 150.0}]
_RULE = {"quantity": "water_level", "kind": "above", "title": "River", "levels": _LEVELS, "hysteresis": 5.0}


def seconds(folder: Path) -> float:
    """How long one preview takes, of a river that is over its level twice a day."""
    folder.mkdir()
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> float:
    registry = Registry(
        city=City("Bench", _ZONE),
        sites=[Site("bench", "Bench", "Daruba", 2.05, 128.29, _ZONE)],
        gateways=[Gateway("gw", "Bench", "bench")],
        sensors=[Sensor("river", "River", "bench", "gw", ("water_level",), interval_s=60)],
    )
    store, database = SqliteStore(folder / "readings.db"), Database(f"sqlite:///{folder / 'registry.db'}")
    await store.open()
    await database.open()
    try:
        times_ms = [_START_MS + minute * 60_000 for minute in range(MINUTES)]
        levels = [round(100 + 60 * math.sin(minute / 360 * math.pi), 1) for minute in range(MINUTES)]
        block = Block("bench", "river", "gw", Domain.FLOOD, 0, times_ms, (("water_level", levels),))
        await store.write([store.encode([block])])
        rule_store = RuleStore(database, registry)
        await rule_store.save("river", "all", _RULE, actor=Actor("bench"), reason="bench")
        edited = _RULE | {"levels": [_LEVELS[0] | {"limit": 130.0}]}
        began_s = time.perf_counter()
        found = await Previewer(rule_store, store).preview(
            "river", "all", edited, sensor="river", start_ms=_START_MS, end_ms=times_ms[-1] + 1
        )
        took_s = time.perf_counter() - began_s
        if found.readings != MINUTES or not found.edited.alarms:
            raise RuntimeError(f"the preview looked at {found.readings} of {MINUTES} readings")
        return took_s
    finally:
        await store.close()
        await database.close()
