"""siaga-cloud backup --config cloud.toml --to backups --keep 14 --verify        while the cloud runs
siaga-cloud backup verify backups/20261125T010000Z
siaga-cloud restore --config cloud.toml --from backups/20261125T010000Z    into empty databases, with the cloud stopped
"""

import asyncio
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cloud.backup.manifest import BackupError, ContentTally, Manifest
from cloud.backup.restore import Restored, differences, restore, table_in, verify_backup
from cloud.backup.take import take_backup
from cloud.cli.command import Config, new_app, one_sentence
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.readings.engines import store_of
from runtime.clock import wall_ms
from wire import built_in

NOT_THE_SAME = 1
"""The exit code of a restore after which something is not as it was backed up."""

backup_app = new_app(invoke_without_command=True, subcommand_metavar="[verify BACKUP]")
restore_app = new_app()


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise typer.BadParameter(f"{text!r} is no number of backups; write 1 or more")
    return int(text)


@backup_app.callback()
def backup(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(metavar="cloud.toml", help="The settings file.")] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where backups lie; each gets a folder of its own.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(metavar="N", parser=_at_least_one, help="Remove all but the newest N afterwards.")
    ] = None,
    without_readings: Annotated[bool, typer.Option("--without-readings", help="The registry database alone.")] = False,
    verify_it: Annotated[
        bool, typer.Option("--verify", help="Verify it before it has its name and older ones are removed.")
    ] = False,
) -> None:
    """Copy all that the cloud keeps into a folder, or verify such a copy."""
    if context.invoked_subcommand is not None:
        return
    if config is None or to is None:
        missing = [name for name, given in (("--config", config), ("--to", to)) if given is None]
        raise typer.BadParameter(f"{' and '.join(missing)} must be given")
    started = time.monotonic()
    with one_sentence(BackupError):
        settings = load_cloud_settings(config)
        whole, manifest = asyncio.run(
            _make_backup(settings, to, keep=keep, with_readings=not without_readings, verify=verify_it)
        )
    sys.stdout.write(f"{_summary(manifest)}\n{whole} is whole, after {time.monotonic() - started:.1f} s\n")


async def _make_backup(
    settings: CloudSettings, to: Path, *, keep: int | None, with_readings: bool, verify: bool
) -> tuple[Path, Manifest]:
    store = store_of(settings.store, built_in) if with_readings else None
    try:
        return await take_backup(
            settings.registry.url, store, to, engine=settings.store.engine, keep=keep, now_ms=wall_ms(), verify=verify
        )
    finally:
        if store is not None:
            await store.close()


@backup_app.command()
@one_sentence(BackupError)
def verify(folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of one backup.")]) -> None:
    """Check every sum of a backup."""
    manifest = verify_backup(folder, now_ms=wall_ms())
    sys.stdout.write(f"{_summary(manifest)}\n{folder} is whole: every sum, count and digest is as it was written\n")


@restore_app.command("restore")
@one_sentence(BackupError)
def restore_backup(
    config: Config,
    folder: Annotated[Path, typer.Option("--from", metavar="BACKUP", help="One backup's folder.")],
    add_readings: Annotated[
        bool, typer.Option("--add-readings", help="The readings store may hold readings already.")
    ] = False,
) -> None:
    """Bring a backup back into empty databases."""
    settings = load_cloud_settings(config)
    started = time.monotonic()
    restored = asyncio.run(_restore(settings, folder, add_readings=add_readings))
    sys.stdout.write(f"{_summary(restored.manifest)}\n")
    problems = differences((*restored.tables, *restored.domains))
    sys.stderr.writelines(f"{problem}\n" for problem in (*problems, *_rejections(restored)))
    outcome = "not all of it is there as it was backed up" if problems else "all of it is there, compared by digest"
    sys.stdout.write(f"restored in {time.monotonic() - started:.1f} s: {outcome}\n")
    if problems:
        raise typer.Exit(NOT_THE_SAME)


async def _restore(settings: CloudSettings, folder: Path, *, add_readings: bool) -> Restored:
    store = store_of(settings.store, partial(table_in, folder))
    try:
        return await restore(folder, settings.registry.url, store, add_readings=add_readings)
    finally:
        await store.close()


def _summary(manifest: Manifest) -> str:
    lines = [f"{manifest.city}, {manifest.made}, Siaga {manifest.siaga}, registry of revision {manifest.revision}"]
    lines += _tally_lines(manifest.registry.tables.items(), "rows")
    if manifest.readings is None:
        return "\n".join([*lines, "  no readings: bring them back by the means of their own engine"])
    return "\n".join([*lines, *_tally_lines(manifest.readings.domains.items(), "readings")])


def _tally_lines(tallies: Iterable[tuple[str, ContentTally]], unit: str) -> list[str]:
    return [f"  {name:18} {tally.count:>12,} {unit}  {tally.digest}" for name, tally in tallies if tally.count]


def _rejections(restored: Restored) -> list[str]:
    if not restored.refused:
        return []
    return [f"the readings store refused {len(restored.refused)} points for ever, the first: {restored.refused[0]}"]
