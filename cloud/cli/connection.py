"""Try the connections of the cloud once:  broker · store · registry.

broker    name · reach · TLS · login · rights (what it must receive)
store     answers, takes the login        registry  opens, and is of this version
"""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url, text

from cloud.cli.stored import stored_quantities
from cloud.core.health import Condition
from cloud.database.engine import engine_of
from cloud.database.revisions import UnknownRevision, revision_of, revisions
from cloud.ingest.message_router import topics
from cloud.monitoring.server import disk
from cloud.process.monitored_paths import growing_folders
from cloud.process.settings import CloudSettings
from cloud.readings.administration.check import check_store
from cloud.readings.settings import InfluxSettings, SqliteSettings
from runtime.connect import steps
from runtime.connect_step import ConnectStep
from wire import QuantityTable

_LOGIN = (
    "the login in [broker] is not the broker's: secrets and the broker's list of clients are of different days; "
    "put both back from one copy (docs/operations.md)"
)


def connection_steps(settings: CloudSettings) -> Iterator[tuple[str, ConnectStep]]:
    """Try each; nothing is changed, and a cloud that runs meanwhile keeps its connection."""
    ingest = settings.ingest
    for step in steps(
        settings.broker,
        identifier=f"siaga-cloud-check-{secrets.token_hex(4)}",
        subscriptions=topics(ingest.shard_range, ingest=ingest.enabled),
        login_advice=_LOGIN if settings.broker.username else "name a login in [broker]",
    ):
        yield "broker", step
    for step in store_steps(settings):
        yield "store", step
    yield "registry", _registry(settings)


def store_steps(settings: CloudSettings) -> Iterator[ConnectStep]:
    """Try the store step by step, and look at the room on the disks of this machine that grow."""
    if isinstance(settings.store, SqliteSettings):
        yield ConnectStep("answer", True, f"readings are kept in {settings.store.path}")
    else:
        yield from asyncio.run(_collected(settings.store, stored_quantities(settings.registry.url)))
    yield _disk(settings)


async def _collected(settings: InfluxSettings, table: QuantityTable) -> list[ConnectStep]:
    return [step async for step in check_store(settings, table)]


def _disk(settings: CloudSettings) -> ConnectStep:
    limits = settings.monitoring
    room = disk(
        growing_folders(settings), least_percent=limits.disk_free_percent, least_mb=limits.disk_free_mb
    ).component
    return ConnectStep("disk", room.status is Condition.OK, room.detail)


def _registry(settings: CloudSettings) -> ConnectStep:
    url = make_url(settings.registry.url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return ConnectStep("answer", True, f"{url.database} is made at the first start")
    engine = engine_of(settings.registry.url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            found = revision_of(connection)
        return ConnectStep(
            "answer", True, f"it is of revision {found or 'none yet'}; this version brings it to {revisions()[-1]}"
        )
    except UnknownRevision as error:
        return ConnectStep("answer", False, str(error))
    except Exception as error:  # whatever a driver raises
        reason = " ".join(str(getattr(error, "orig", error)).split())[:300]
        return ConnectStep("answer", False, f"{reason}; look at registry.url and its login")
    finally:
        engine.dispose()
