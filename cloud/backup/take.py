"""Making a backup while the cloud runs: first the registry at one moment, then all readings.

time   ──────────●───────────────────────────────►
                 registry, as it is now   readings, page by page

The order is the point. A reading is stored before its receipt is committed. So every reading that the accounts claim at
the moment ● was in the store by then, and is among the readings that are read after it: the accounts of a backup never
claim what its readings lack. The other way round they would. A snapshot of both at once, which no two engines can give,
would hold no more.

What is stored after ● may be among the readings without being in the accounts. If it was not acknowledged, the gateway
sends it again, and writing it again is harmless. If it was, the restored accounts call it missing: that overstates a
loss, and hides none. Alarms stand in the same snapshot as the accounts, and a cloud that starts has its rules judge
the store's readings since then again. A delivery that was under way at ● is sent again, with the same key.
"""

from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from cloud.backup.files import SummedWriter, lines_in
from cloud.backup.folders import keep_newest, unfinished_backup
from cloud.backup.manifest import FORMAT, WITHOUT_HOURS, BackupError, Manifest, ReadingsPart, RegistryPart, RolledPart
from cloud.backup.readings_lines import dump_readings
from cloud.backup.registry_rows import dump_rows, quantities_in, snapshot
from cloud.backup.restore import verify_backup
from cloud.backup.rolled_hours import dump_rolled
from cloud.core.times import rfc_3339
from cloud.database.revisions import UnknownRevision, revision_of
from cloud.readings.contract import ReadingsStore, StoreUnavailable
from cloud.readings.retention import NEVER_MS
from runtime.clock import wall_ms
from wire import QuantityTable
from wire.batch import VERSION

REGISTRY_FILE = "registry.jsonl.gz"
READINGS_FILE = "readings.lp.gz"
ROLLED_FILE = "rolled.jsonl.gz"


async def take_backup(
    registry_url: str, store: ReadingsStore | None, parent: Path, *, engine: str, keep: int | None, now_ms: int,
    verify: bool = False,
) -> tuple[Path, Manifest]:  # fmt: skip
    """Make a backup in a new folder of `parent`, whole when this returns; BackupError where it cannot be made.

    `store` is of `engine`; without one the backup holds no readings. With `verify` it is read back first, and is none
    where anything in it is otherwise. Then only the newest `keep` are kept, if given.
    """
    with unfinished_backup(parent) as unfinished:
        try:
            city, revision, registry = _registry(registry_url, unfinished.folder)
            table = quantities_in(lines_in(unfinished.folder / REGISTRY_FILE))
            readings = None if store is None else await _readings(engine, store, unfinished.folder, table)
        except OSError as error:
            raise BackupError(
                f"--to {parent}: the backup cannot be written: {error.strerror}; make room there"
            ) from None
        manifest = Manifest(
            format=WITHOUT_HOURS if readings is None or readings.rolled is None else FORMAT,
            siaga=version("siaga"),
            made=rfc_3339(now_ms),
            city=city,
            revision=revision,
            wire=VERSION,
            registry=registry,
            readings=readings,
        )
        whole = unfinished.finish(manifest, _verified_now if verify else None)
        if keep is not None:
            keep_newest(parent, keep)
    return whole, manifest


def _verified_now(folder: Path) -> Manifest:
    return verify_backup(folder, now_ms=wall_ms())


def _registry(url: str, folder: Path) -> tuple[str, str, RegistryPart]:
    where = make_url(url)
    database = f"registry database {where.render_as_string(hide_password=True)}"
    try:
        with snapshot(url) as connection, SummedWriter(folder / REGISTRY_FILE) as file:
            revision = revision_of(connection)
            if revision is None:
                raise BackupError(f"{database}: holds no registry yet; start the cloud once, or look at registry.url")
            city = _city(connection)
            tables = dump_rows(connection, file.write)
    except UnknownRevision as error:
        raise BackupError(f"{database}: {error}") from None
    except DBAPIError as error:
        raise BackupError(f"{database}: {error.orig}; try again when it works") from None
    return city, revision, RegistryPart(where.get_backend_name(), file.sum, tables)


def _city(connection: Connection) -> str:
    return str(connection.execute(text("SELECT name FROM cities")).scalar() or "")


async def _readings(engine: str, store: ReadingsStore, folder: Path, table: QuantityTable) -> ReadingsPart:
    try:
        await store.open()
        with SummedWriter(folder / READINGS_FILE) as file:
            domains = await dump_readings(store, file.write, table)
        rolled = await _rolled(store, folder)
    except StoreUnavailable as error:
        raise BackupError(f"{error}; the backup was not made, so try again when the store works") from None
    return ReadingsPart(engine, file.sum, domains, rolled)


async def _rolled(store: ReadingsStore, folder: Path) -> RolledPart | None:
    if (await store.retention.kept()).readings_ms == NEVER_MS:
        return None
    with SummedWriter(folder / ROLLED_FILE) as file:
        hours = await dump_rolled(store, file.write)
    return RolledPart(file.sum, hours)
