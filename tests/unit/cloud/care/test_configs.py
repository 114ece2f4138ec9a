"""Settings that several people change at once: nobody's change is lost, and each has a revision of its own."""

import asyncio
from functools import partial
from pathlib import Path

from cloud.care.configs import GatewayConfigs
from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.gateways.wanted_settings import with_value
from cloud.registry.records import City
from cloud.registry.rows import save_registry
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from tests.registries import on_each_registry, registry_in
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE

pytestmark = on_each_registry()
CHANGES = ("uplink.batch_s=60", "uplink.window=8", "health.every_s=300", "sources.river.silent_s=900")


async def test_changes_of_two_processes_at_once_all_stay(tmp_path: Path):
    registry = Registry(city=City("Pulau Morotai", ZONE), sites=SITES, gateways=GATEWAYS, sensors=SENSORS)
    url = registry_in(tmp_path)
    databases = [Database(url), Database(url)]
    for database in databases:
        await database.open()
    await databases[0].run(lambda connection: save_registry(connection, registry))
    configs = [GatewayConfigs(database, RuleStore(database, registry)) for database in databases]
    first = await configs[0].change("gw-daruba", lambda wanted: wanted, actor=Actor("ani"))
    made = await asyncio.gather(
        *(
            configs[at % 2].change("gw-daruba", partial(with_value, written=one), actor=Actor(f"p{at}"))
            for at, one in enumerate(CHANGES)
        )
    )
    wanted = await configs[0].wanted("gw-daruba")
    assert wanted is not None
    assert wanted.settings == {
        "uplink": {"batch_s": 60, "window": 8}, "health": {"every_s": 300}, "sources": {"river": {"silent_s": 900}},
    }  # fmt: skip
    assert sorted(one.revision - first.revision for one in made) == [1, 2, 3, 4]
    assert len(await databases[0].run(read_entries)) == 5
    for database in databases:
        await database.close()
