from pathlib import Path

from cloud.database.audit_log import read_entries
from cloud.database.engine import Database
from cloud.process.removal import journaled
from cloud.readings.removal import Removed
from cloud.readings.retention import KeptFrom
from runtime.clock import MACHINE

DAY_1 = 1_764_028_800_000
KEPT = KeptFrom(DAY_1, DAY_1, clock_ms=DAY_1, removed=1_204_416)


async def test_what_was_removed_is_in_the_journal(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path}/registry.db")
    await database.open()
    assert await journaled(database, MACHINE)(Removed(7, KEPT))
    (entry,) = await database.run(lambda connection: read_entries(connection, subject="store"))
    await database.close()
    assert (entry.actor, entry.action) == ("siaga", "remove-readings")
    assert entry.reason == (
        "7 readings removed; readings before 2025-11-25T00:00:00.000Z are refused, before 2025-11-25T00:00:00.000Z"
        " minutes and hours stand for readings; removed so far: 1204416 readings"
    )


async def test_a_journal_that_is_away_is_written_later(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path}/nowhere/registry.db")
    assert not await journaled(database, MACHINE)(Removed(7, KEPT))
