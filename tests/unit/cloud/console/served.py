"""The console on a live city, as a program:  python -m tests.unit.cloud.console.served PORT FOLDER [COAST]

uvicorn runs in an event loop that is there already, as in the cloud's own process; the river speaks twice a second.
city.toml owns nothing. There is a user of each role, called as the role is, with the same PASSWORD.
"""

import asyncio
import contextlib
import math
import os
import signal
import sys
from pathlib import Path

from cloud.access.principal import Role
from cloud.api.app import make_api
from cloud.backup.backups import Backups
from cloud.backup.settings import BackupSettings
from cloud.backup.take import take_backup
from cloud.console.app import mount_console
from cloud.console.settings import ConsoleSettings
from cloud.database.audit_log import Actor
from cloud.http.server import server_of
from cloud.notify.settings import NotifySettings
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from cloud.updates import rollout_rows
from cloud.updates.rollout import Member, MemberState
from cloud.updates.rollouts import Rollouts
from runtime.logs import set_up_logs
from tests.registries import registry_in
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.update_repository import Published
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status

PASSWORD = "a boat on the river"
PEOPLE = ("ani", "budi", "cici")
RIVER_RULE = {
    "title": "River level", "title_id": "Tinggi muka air sungai", "quantity": "water_level", "kind": "above",
    "levels": [
        {"name": "Siaga 3", "severity": "moderate", "limit": 250.0, "colour": "#f2c500"},
        {"name": "Siaga 2", "severity": "severe", "limit": 300.0, "colour": "#f28c00"},
        {"name": "Siaga 1", "severity": "extreme", "limit": 350.0, "colour": "#d7261e"},
    ],
    "hysteresis": 1.0,
    "advice": "Call the village heads along the river and look at the camera of the bridge.",
    "advice_id": "Hubungi para kepala desa di tepi sungai dan lihat kamera jembatan.",
}  # fmt: skip


async def serve(port: int, folder: Path, coast: str) -> None:
    """Serve until a signal says stop."""
    notify = NotifySettings.model_validate(
        {
            "people": [{"name": name, "email": f"{name}@siaga.test"} for name in PEOPLE],
            "key_file": folder / "notify.key",
        }
    )
    async with Morotai(folder, notify=notify, file_owns=()) as city:
        await city.platform.facts.load()
        await admit(city)
        await begin(city)
        await back_up(city, folder)
        await roll_out(city, folder)
        app = make_api(city.platform)
        mount_console(app, city.platform, ConsoleSettings(coastline=coast))
        set_up_logs()
        server = server_of(app, proxies=())
        server.config.host, server.config.port = "127.0.0.1", port
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, server, "should_exit", True)
        river = asyncio.create_task(flow(city))
        await server.serve()
        river.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await river


async def admit(city: Morotai) -> None:
    """A user of each role, and the rule that a city begins with; they are still there after a restart."""
    if not await city.access.users.exist():
        for role in Role:
            await city.access.users.add(role.name.lower(), PASSWORD, role, actor=Actor("tests"))
        settings = {"token": "8023:AAFxQ7rZmt", "chat": "-1001234567890"}
        await city.platform.channels.add("phone", "telegram", settings, actor=Actor("tests"))
    reason = "the levels of the province"
    await city.rule_store.add_missing(
        [RuleVersion("river-level", "all", 1, RIVER_RULE, False, SINCE_EVER_MS, now_ms(), "tests", reason)]
    )


async def back_up(city: Morotai, folder: Path) -> None:
    """A backup of the registry, and who looks after it; another can be asked for, and fails: there is no cloud.toml."""
    where, config = folder / "backups", folder / "cloud.toml"
    city.platform.backups = Backups(city.database, BackupSettings(every_h=24), folder=where, config=config, oldest_h=36)
    await take_backup(registry_in(folder), None, where, engine="sqlite", keep=None, now_ms=now_ms(), verify=True)


async def roll_out(city: Morotai, folder: Path) -> None:
    """A version that is published, and a rollout of it in which one gateway has failed."""
    published = Published(folder / f"published-{os.getpid()}")
    published.publish("1.2.0")
    gateways = [gateway.id for gateway in city.registry.gateways()]
    city.platform.rollouts = rollouts = Rollouts(
        city.database, published=published.repository.state, gateways=lambda: gateways, limit_s=7_200
    )
    if await rollouts.newest() is None:
        begun = await rollouts.start("1.2.0", batch=1, actor=Actor("tests"))
        failed = Member("gw-daruba", MemberState.FAILED, reason="rolled back: nothing was acknowledged")
        await city.database.run(lambda connection: rollout_rows.save_members(connection, begun.rollout.id, [failed]))


async def begin(city: Morotai) -> None:
    """An air station that spoke once, a stranger, and a gateway with a queue that answers commands."""
    city.gateways_answer = True
    now = now_ms()
    month = [
        Reading("river", "water_level", now - back * 600_000, 100.0 + 25.0 * max(0.0, math.sin(back / 300)) ** 8)
        for back in range(4_320, 1, -1)
    ]
    for start in range(0, len(month), 1_000):
        await city.send("gw-daruba", month[start : start + 1_000])
    await city.send(
        "gw-daruba", [Reading("river", "water_level", now - back * 1_000, 130.0 + back / 100) for back in range(1, 600)]
    )
    await city.send("gw-daruba", [Reading("air", "pm2_5", now, 12.3)])
    await city.send("gw-east", [Reading("air-pier", "pm2_5", now, 9.0)])
    source = SourceState(
        name="air", state=SourceStatus.SILENT, detail="nothing for 7 min", readings=8_740, last_ms=now - 420_000,
        heard_bytes=1_204_331, frames=8_802, refused=12,
    )  # fmt: skip
    note = (
        "the cloud refuses readings of air-pier (unknown_sensor); add the sensor at the server, or mend its name here"
    )
    city.say(
        Status(1, online=True, gateway="gw-east", version="0.1.0", boot="b", stream="s", time_ms=now,
               clock=Clock.SYNCED, spool=SpoolState(depth=1_204, oldest_ms=now - 420_000), sources=(source,),
               notes=(note,))
    )  # fmt: skip


async def flow(city: Morotai) -> None:
    """The river rises a millimetre with each word."""
    level_cm = 130.0
    while True:
        level_cm += 0.1
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), round(level_cm, 1))])
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
