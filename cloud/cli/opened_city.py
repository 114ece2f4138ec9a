"""A city's registry, and the store of its readings, as a command opens them beside the cloud.

async with opened_city(settings) as city:      city.registry   city.store   city.database
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from cloud.database.engine import Database
from cloud.process.settings import CloudSettings
from cloud.readings.contract import ReadingsStore
from cloud.readings.engines import store_of
from cloud.registry.rows import read_registry
from cloud.registry.snapshot import Registry


class OpenedCity(NamedTuple):
    """What the registry said when it was read; `store` and `database` are open."""

    registry: Registry
    store: ReadingsStore
    database: Database


@asynccontextmanager
async def opened_city(settings: CloudSettings) -> AsyncIterator[OpenedCity]:
    """Open what `settings` name, and close it again. DatabaseUnavailable, StoreUnavailable."""
    database = Database(settings.registry.url)
    try:
        await database.open()
        registry = await database.run(read_registry)
        store = store_of(settings.store, registry.table)
        try:
            await store.open()
            yield OpenedCity(registry, store, database)
        finally:
            await store.close()
    finally:
        await database.close()
