"""The console of a large simulated city as a program:  python -m bench.served_city PORT FOLDER

1,000 sites, 1,000 gateways, 10,000 sensors in memory, of which 2,000 readings a second are new: as a web process has
them from its feed. There is an operator called "operator" with PASSWORD; ALARMS alarms are in the registry database.
"""

import asyncio
import itertools
import math
import signal
import sys
from pathlib import Path

from sqlalchemy import Connection, insert, select

from cloud.access.principal import Role
from cloud.alarms.tables import AlarmRow
from cloud.api.app import make_api
from cloud.console.framed import mount_pages
from cloud.console.settings import ConsoleSettings
from cloud.database.audit_log import Actor
from cloud.http.server import server_of
from cloud.readings.contract import StoredReading
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from runtime.clock import wall_ms
from runtime.logs import set_up_logs
from tests.unit.cloud.api.morotai import ZONE, Morotai
from tests.unit.cloud.console.served import PASSWORD, RIVER_RULE
from wire import Clock, Reading, SpoolState, Status

SITES, SENSORS_EACH = 1_000, 10
RATE = 2_000
"""Readings a second."""
ALARMS, OPEN_ALARMS = 100_000, 200
_STEP_S = 0.25
_KINDS = (("water_level",), ("pm2_5",), ("people_in",), ("rainfall",), ("temperature",))


def large_registry() -> Registry:
    """The registry of the city."""
    sites = [
        Site(f"s{n}", f"Site {n}", "Morotai", 2.0 + (n % 40) / 100, 128.2 + (n // 40) / 50, ZONE) for n in range(SITES)
    ]
    gateways = [Gateway(f"g{n}", f"Gateway {n}", f"s{n}") for n in range(SITES)]
    sensors = [
        Sensor(f"s{n}-{k}", f"Sensor {k}", f"s{n}", f"g{n}", _KINDS[k % len(_KINDS)], interval_s=10)
        for n, k in itertools.product(range(SITES), range(SENSORS_EACH))
    ]
    return Registry(city=City("Simulated city", ZONE), sites=sites, gateways=gateways, sensors=sensors)


async def serve(port: int, folder: Path) -> None:
    """Serve until SIGTERM."""
    async with Morotai(folder) as city:
        city.registry.replace_with(large_registry())
        await city.access.users.add("operator", PASSWORD, Role.ENGINEER, actor=Actor("bench"))
        await _with_alarms(city)
        _all_have_spoken(city)
        app = make_api(city.platform)
        mount_pages(app, city.platform, ConsoleSettings())
        set_up_logs()
        server = server_of(app, proxies=())
        server.config.host, server.config.port = "127.0.0.1", port
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, server, "should_exit", True)
        parts = [asyncio.create_task(_flow(city)), asyncio.create_task(city.platform.board.run())]
        await server.serve()
        for part in parts:
            part.cancel()


async def _with_alarms(city: Morotai) -> None:
    """Raise one alarm, and copy it: OPEN_ALARMS are open, all others of ALARMS have ended."""
    await city.rule_store.add_missing(
        [RuleVersion("river-level", "all", 1, RIVER_RULE, False, SINCE_EVER_MS, wall_ms(), "bench", "simulated")]
    )
    now_ms = wall_ms()
    rising = [Reading("s0-0", "water_level", now_ms - 10_000 + step * 1_000, 240.0 + 2 * step) for step in range(9)]
    await city.send("g0", rising)

    def copy(connection: Connection) -> None:
        (row,) = connection.execute(select(*AlarmRow.__table__.columns)).mappings().all()
        kept = {name: value for name, value in row.items() if name != "id"}
        hour_ms = 3_600_000
        rows = []
        for n in range(1, ALARMS):
            opened_ms, site = row["opened_ms"] - n * 60_000, n % SITES
            closed_ms = None if n < OPEN_ALARMS else opened_ms + hour_ms
            rows.append(
                {**kept, "site": f"s{site}", "sensor": f"s{site}-0", "gateway": f"g{site}", "opened_ms": opened_ms,
                 "closed_ms": closed_ms, "state": "alarming" if closed_ms is None else "closed"}
            )  # fmt: skip
        connection.execute(insert(AlarmRow), rows)

    await city.database.run(copy)


def _readings(city: Morotai, count: int) -> list[StoredReading]:
    """The next `count` readings, sensor after sensor."""
    found, now_ms = [], wall_ms()
    for sensor in itertools.islice(_turns(city), count):
        value = 100.0 + 40.0 * math.sin(now_ms / 60_000 + len(sensor.id))
        found.append(StoredReading(sensor.site, sensor.id, sensor.gateway, sensor.quantities[0], now_ms, value, 0))
    return found


_turn: "itertools.cycle[Sensor] | None" = None


def _turns(city: Morotai) -> "itertools.cycle[Sensor]":
    global _turn
    if _turn is None:
        _turn = itertools.cycle([sensor for sensor in city.registry.sensors() if sensor.id != sensor.gateway])
    return _turn


def _all_have_spoken(city: Morotai) -> None:
    city.newest.load(_readings(city, SITES * SENSORS_EACH))
    now_ms = wall_ms()
    for n in range(SITES):
        city.say(
            Status(1, online=n % 50 != 0, gateway=f"g{n}", version="1.0.0", boot="b", stream="s", time_ms=now_ms,
                   clock=Clock.SYNCED, spool=SpoolState(depth=n))
        )  # fmt: skip


async def _flow(city: Morotai) -> None:
    while True:
        city.newest.load(_readings(city, round(RATE * _STEP_S)))
        await asyncio.sleep(_STEP_S)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
