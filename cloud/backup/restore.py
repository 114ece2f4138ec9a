"""Restoring into an empty registry database and an empty readings store, each of any engine.

sums of the files ─► both empty? ─► readings ─► registry, in one transaction: form of then, rows, digests, form of now

Readings go first, so that accounts never stand there that claim what is not stored yet; the registry comes whole or
not at all, so a restore that was interrupted leaves it empty, and may be done again with `--add-readings`. What the
cloud wrote for dashboards is in no backup: the events of alarms are marked to be told to them again.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from cloud.backup.files import check_sum, lines_in
from cloud.backup.manifest import BackupError, ContentTally, Manifest, read_manifest
from cloud.backup.readings_lines import load_readings, tally_blocks, tally_readings
from cloud.backup.registry_rows import load_rows, quantities_in, tally_lines, tally_rows
from cloud.backup.rolled_hours import dump_rolled, load_rolled, tally_rolled
from cloud.backup.verification import Verification, write_verification
from cloud.database.engine import engine_of
from cloud.database.revisions import migrate_to, revisions, rows_by_table
from cloud.readings.contract import ReadingsStore, StoreUnavailable
from cloud.reports.outbox import report_all_again
from wire import QuantityTable

HOURS = "hours that stand for removed readings"

Tallies = dict[str, ContentTally]


class Compared(msgspec.Struct, frozen=True):
    """The tallies of a table or a domain: in the backup, and after the restore."""

    name: str
    expected: ContentTally
    found: ContentTally

    @property
    def is_same(self) -> bool:
        """Say whether both are the same."""
        return (self.expected.count, self.expected.digest) == (self.found.count, self.found.digest)


class Restored(msgspec.Struct, frozen=True):
    """The result of a restore: every table and domain compared, and why the store refused points, if it did."""

    manifest: Manifest
    tables: list[Compared]
    domains: list[Compared]
    refused: list[str]

    @property
    def is_whole(self) -> bool:
        """Say whether all is there as it was backed up."""
        return all(each.is_same for each in (*self.tables, *self.domains))


def check_backup(folder: Path) -> Manifest:
    """Read every file of a backup against the manifest's sums, counts and digests; BackupError where one is not so."""
    manifest = _summed(folder)
    registry, readings = manifest.registry, manifest.readings
    _require_equal(folder, registry.tables, tally_lines(lines_in(folder / registry.file.name)))
    if readings is not None:
        _require_equal(folder, readings.domains, tally_blocks(lines_in(folder / readings.file.name)))
        if readings.rolled is not None:
            found = tally_rolled(lines_in(folder / readings.rolled.file.name))
            _require_equal(folder, {HOURS: readings.rolled.hours}, {HOURS: found})
    return manifest


def verify_backup(folder: Path, *, now_ms: int) -> Manifest:
    """Do the same, and keep in the folder when that was and what was wrong."""
    try:
        manifest = check_backup(folder)
    except BackupError as error:
        write_verification(folder, Verification(now_ms, str(error)))
        raise
    write_verification(folder, Verification(now_ms))
    return manifest


def table_in(folder: Path) -> QuantityTable:
    """Read the table of quantities in a backup; BackupError where its registry cannot be read."""
    return quantities_in(lines_in(folder / read_manifest(folder).registry.file.name))


def _summed(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    for file in manifest.files():
        check_sum(folder, file)
    return manifest


def _require_equal(folder: Path, expected: Tallies, found: Tallies) -> None:
    for each in _compared(expected, found):
        if not each.is_same:
            raise BackupError(
                f"{folder}: holds {each.found.count} of {each.name}, and its manifest says {each.expected.count} with "
                "another digest; use another backup"
            )


async def restore(folder: Path, url: str, store: ReadingsStore, *, add_readings: bool = False) -> Restored:
    """Restore the backup in `folder`; BackupError, and nothing changed, where that must not be.

    With `add_readings` the store may hold some already: those of the same sensor, quantity and time are replaced.
    """
    manifest = _summed(folder)
    if manifest.revision not in revisions():
        raise BackupError(
            f"{folder}: was made by Siaga {manifest.siaga} with a registry of revision {manifest.revision}, and this "
            f"version knows revisions up to {revisions()[-1]}; install that version, or a newer one"
        )
    database = f"registry database {make_url(url).render_as_string(hide_password=True)}"
    try:
        _require_empty(url, database)
        refused, domains = await _restore_readings(folder, manifest, store, add_readings=add_readings)
        tables = _restore_registry(folder, manifest, url, database)
    except StoreUnavailable as error:
        raise BackupError(f"{error}; the registry is untouched, so restore again with --add-readings") from None
    except DBAPIError as error:
        raise BackupError(f"{database}: {error.orig}; nothing in it was changed") from None
    return Restored(manifest, tables, domains, refused)


async def _restore_readings(
    folder: Path, manifest: Manifest, store: ReadingsStore, *, add_readings: bool
) -> tuple[list[str], list[Compared]]:
    if manifest.readings is None:
        return [], []
    await store.open()
    if not add_readings and await store.newest():
        raise BackupError(
            "the readings store of [store] is not empty; name an empty one, or give --add-readings to keep what it "
            "holds and add the backup's (as after a restore that was interrupted)"
        )
    refused = await load_readings(store, lines_in(folder / manifest.readings.file.name))
    expected, found = manifest.readings.domains, await tally_readings(store, table_in(folder))
    if (rolled := manifest.readings.rolled) is not None:
        # after the readings: once it is heeded that some were removed, none of their time are taken
        await load_rolled(store, lines_in(folder / rolled.file.name))
        expected = expected | {HOURS: rolled.hours}
        found = found | {HOURS: await dump_rolled(store, lambda _line: None)}
    return refused, list(_compared(expected, found))


def _require_empty(url: str, database: str) -> None:
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            _require_no_rows(connection, database)
    finally:
        engine.dispose()


def _require_no_rows(connection: Connection, database: str) -> None:
    for name, rows in rows_by_table(connection).items():
        if rows:
            raise BackupError(
                f"{database}: is not empty ({name} has {rows} rows); stop the cloud, and name a new database in "
                "registry.url or move the old one away"
            )


def _restore_registry(folder: Path, manifest: Manifest, url: str, database: str) -> list[Compared]:
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            _require_no_rows(connection, database)  # again: somebody may have started the cloud meanwhile
            migrate_to(connection, manifest.revision)
            load_rows(connection, lines_in(folder / manifest.registry.file.name))
            compared = list(_compared(manifest.registry.tables, tally_rows(connection)))
            for each in compared:
                if not each.is_same:
                    raise BackupError(
                        f"{database}: {each.name} came out otherwise than backed up; nothing in it was changed"
                    )
            migrate_to(connection)
            report_all_again(connection)
    finally:
        engine.dispose()
    return compared


def _compared(expected: Tallies, found: Tallies) -> Iterator[Compared]:
    nothing = ContentTally(0, f"{0:032x}")
    for name in sorted({*expected, *found}):
        yield Compared(name, expected.get(name, nothing), found.get(name, nothing))


def differences(compared: Iterable[Compared]) -> list[str]:
    """Write a sentence for each table or domain that is not as it was backed up."""
    return [
        f"{each.name}: {each.expected.count} backed up, {each.found.count} there now"
        + ("" if each.expected.count != each.found.count else ", with other values")
        for each in compared
        if not each.is_same
    ]
