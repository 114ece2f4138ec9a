"""Opens an empty cloud in the past: databases, parts and rules on a clock that is set to when it begins.

DATA/history/cloud.toml ─► HistoryWriter        nothing of it survives a power cut, which is why it is in a folder apart
                                └ readings: in readings.db, or in a scratch file until an InfluxDB takes them
"""

from contextlib import AsyncExitStack
from pathlib import Path

from cloud.core.health import Component, Condition
from cloud.database.engine import Database
from cloud.process.parts import Services
from cloud.process.services import build_services
from cloud.process.settings import CloudSettings, read_cloud_settings
from cloud.process.takeover import provide_seed_rules
from cloud.readings.settings import InfluxSettings
from cloud.readings.sqlite import SqliteStore
from cloud.registry.city_file import read_city_file
from demo.history.clock import SetClock
from demo.history.copied import CopiedStore
from demo.history.readings import Past
from demo.history.registry import past_registry
from demo.history.writer import HistoryWriter


async def open_past(config: Path, past: Past, closing: AsyncExitStack) -> HistoryWriter:
    """What writes `past` by the settings in `config`; `closing` ends it."""
    settings, clock = read_cloud_settings(config), SetClock(past.until_s * 1_000)
    database = Database(settings.registry.url, durable=False)
    closing.push_async_callback(database.close)
    city = read_city_file(settings.registry.city)
    registry = await past_registry(database, city, intervals_s=past.intervals_s(), now_ms=clock.time_ms)
    store = _store(settings, config.parent)
    closing.push_async_callback(store.close)
    services = build_services(_alone(settings), database, registry, files=_no_files, clock=clock.clock, store=store)
    await _begin(services, settings)
    return HistoryWriter(services, clock, past)


def _store(settings: CloudSettings, folder: Path) -> SqliteStore:
    if isinstance(settings.store, InfluxSettings):
        return CopiedStore(folder / "scratch.db")
    return SqliteStore(folder / "readings.db", durable=False)


def _alone(settings: CloudSettings) -> CloudSettings:
    """Without a lease, which each write would confirm: nobody else can know of these files."""
    return settings.model_copy(update={"ingest": settings.ingest.model_copy(update={"enabled": False})})


async def _begin(services: Services, settings: CloudSettings) -> None:
    """Do what a cloud does before it ingests."""
    await provide_seed_rules(services, settings.rules)
    await services.ingest.writer.store.open()
    await services.alarms.evaluator.start()


def _no_files() -> Component:
    return Component(Condition.OK, "")
