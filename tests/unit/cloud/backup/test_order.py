"""The order of a backup's parts: its accounts claim no reading that it does not hold."""

import gzip
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from cloud.backup.take import take_backup
from cloud.database.engine import Database
from cloud.database.settings import RegistrySettings
from cloud.gateways.tables import StreamAccounts
from cloud.process.settings import CloudSettings
from cloud.readings.blocks import Block
from cloud.readings.settings import SqliteSettings
from cloud.readings.sqlite import SqliteStore
from cloud.registry.tables import CityRow
from tests.unit.cloud.backup.house import T0
from wire import Domain


class BusyStore(SqliteStore):
    """A real store beside which a cloud works: between pages a reading is stored and then its receipt committed."""

    def __init__(self, path: Path, database: Database) -> None:
        super().__init__(path)
        self._database = database
        self.received = 0

    async def take_in(self) -> None:
        self.received += 1
        seq, last = T0 + self.received, f"[[1,{self.received}]]"
        block = Block("here", "air", "gw", Domain.AIR, 0, [seq], (("pm10", [1.0]),))
        await self.write([self.encode([block])])
        await self._database.run(lambda connection: connection.execute(update(StreamAccounts).values(received=last)))

    async def read_all(self, domain: str, quantities: Collection[str]) -> AsyncIterator[Block]:
        await self.take_in()
        async for block in super().read_all(domain, quantities):
            yield block
            await self.take_in()


@pytest.mark.parametrize("before", [1, 50])
async def test_the_accounts_of_a_backup_claim_no_reading_that_it_lacks(registry_url: str, tmp_path: Path, before: int):
    database = Database(registry_url)
    await database.open()
    row = {"gateway": "gw", "stream": "s", "received": "[]", "declared": "[]", "duplicates": 0, "written_off": 0}
    await database.run(lambda connection: connection.execute(insert(CityRow).values(id=1, name="M", zone="UTC")))
    await database.run(lambda connection: connection.execute(insert(StreamAccounts).values(**row, touched_ms=0)))
    store = BusyStore(tmp_path / "readings.db", database)
    await store.open()
    for _ in range(before):
        await store.take_in()
    settings = CloudSettings(
        registry=RegistrySettings(url=registry_url), store=SqliteSettings(path=tmp_path / "readings.db")
    )
    whole, _ = await take_backup(
        settings.registry.url, store, tmp_path / "backups", engine="sqlite", keep=None, now_ms=T0
    )
    assert store.received > before
    await store.close()
    await database.close()
    with gzip.open(whole / "registry.jsonl.gz", "rt") as registry:
        (claimed,) = [int(line.split("[[1,")[1].split("]")[0]) for line in registry if '"[[1,' in line]
    with gzip.open(whole / "readings.lp.gz", "rt") as readings:
        held = {int(line.split()[-1]) - T0 for line in readings}
    assert claimed == before
    assert set(range(1, claimed + 1)) <= held
    assert max(held) > claimed, "nothing was taken in meanwhile: nothing was shown"
