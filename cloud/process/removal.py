"""The removal of old readings in this process:  [store] keep_readings ─► Removal ─► the journal, once a pass.

2026-11-24 03:10  siaga  remove-readings  store  "1204416 readings removed; … before 2026-01-01 … hours alone are kept"
"""

from collections.abc import Awaitable, Callable

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import CloudSettings
from cloud.readings.contract import ReadingsStore
from cloud.readings.removal import Removal, Removed
from cloud.readings.roller import Roller
from runtime.clock import Clocks


def removal_of(
    settings: CloudSettings, store: ReadingsStore, roller: Roller, database: Database, clock: Clocks, *, is_own: bool
) -> Removal:
    """The removal that `settings` describe; one process of a store does it, the others heed it."""
    on_removed = journaled(database, clock)
    return Removal(store, settings.store.keep, roller, is_own=is_own, clock=clock.wall_ms, on_removed=on_removed)


def journaled(database: Database, clock: Clocks) -> Callable[[Removed], Awaitable[bool]]:
    """Write what a pass removed into the journal; False where that must be done later."""

    async def journal(removed: Removed) -> bool:
        def write(connection: Connection) -> None:
            after = msgspec.structs.asdict(removed.kept)
            write_entry(
                connection, Actor(SYSTEM), "remove-readings", "store", now_ms=clock.wall_ms(), reason=str(removed),
                after=after,
            )  # fmt: skip

        try:
            await database.run(write)
        except DatabaseUnavailable:
            return False
        return True

    return journal
