"""siaga-cloud backup --config cloud.toml --to backups --keep 14        while the cloud runs
siaga-cloud backup verify backups/20261125T010000Z
siaga-cloud restore --config cloud.toml --from backups/20261125T010000Z    into empty databases, with the cloud stopped
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cloud.backup.manifest import BackupError, ContentTally, Manifest
from cloud.backup.restore import Restored, check_backup, differences, restore
from cloud.backup.take import take_backup
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.readings.engines import store_of
from runtime.clock import wall_ms
from runtime.settings import SettingsError

NOT_THE_SAME = 1
"""The exit code of a restore after which something is not as it was backed up."""


def add_backup_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `backup` and `restore` to the subparsers `commands`; `common` has the option that names the settings."""
    backup = commands.add_parser("backup", help="copy all that the cloud keeps into a folder, or verify such a copy")
    backup.add_argument("--config", type=Path, metavar="cloud.toml", help="the settings file")
    backup.add_argument("--to", type=Path, metavar="FOLDER", help="where backups lie; each gets a folder of its own")
    backup.add_argument("--keep", type=_at_least_one, metavar="N", help="remove all but the newest N afterwards")
    backup.add_argument("--without-readings", action="store_true", help="the registry database alone")
    backup.set_defaults(command=_said(lambda chosen: _backup(backup, chosen)))
    verify = backup.add_subparsers(metavar="verify").add_parser("verify", help="check every sum of a backup")
    verify.add_argument("backup", type=Path, metavar="BACKUP", help="the folder of one backup")
    verify.set_defaults(command=_said(_verify))
    back = commands.add_parser("restore", parents=[common], help="bring a backup back into empty databases")
    back.add_argument("--from", dest="backup", type=Path, required=True, metavar="BACKUP", help="one backup's folder")
    back.add_argument("--add-readings", action="store_true", help="the readings store may hold readings already")
    back.set_defaults(command=_said(_restore))


def _backup(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    missing = [f"--{name}" for name in ("config", "to") if getattr(chosen, name) is None]
    if missing:
        parser.error(f"{' and '.join(missing)} must be given")
    settings = load_cloud_settings(chosen.config)
    started = time.monotonic()
    whole, manifest = asyncio.run(_taken(settings, chosen))
    sys.stdout.write(f"{_told(manifest)}\n{whole} is whole, after {time.monotonic() - started:.1f} s\n")
    return 0


async def _taken(settings: CloudSettings, chosen: argparse.Namespace) -> tuple[Path, Manifest]:
    store = None if chosen.without_readings else store_of(settings.store)
    try:
        return await take_backup(
            settings.registry.url, store, chosen.to, engine=settings.store.engine, keep=chosen.keep, now_ms=wall_ms()
        )
    finally:
        if store is not None:
            await store.close()


def _verify(chosen: argparse.Namespace) -> int:
    manifest = check_backup(chosen.backup)
    sys.stdout.write(f"{_told(manifest)}\n{chosen.backup} is whole: every sum, count and digest is as it was written\n")
    return 0


def _restore(chosen: argparse.Namespace) -> int:
    settings = load_cloud_settings(chosen.config)
    started = time.monotonic()
    restored = asyncio.run(_brought_back(settings, chosen))
    sys.stdout.write(f"{_told(restored.manifest)}\n")
    problems = differences((*restored.tables, *restored.domains))
    for problem in (*problems, *_refusals(restored)):
        sys.stderr.write(f"{problem}\n")
    said = "not all of it is there as it was backed up" if problems else "all of it is there, compared by digest"
    sys.stdout.write(f"restored in {time.monotonic() - started:.1f} s: {said}\n")
    return NOT_THE_SAME if problems else 0


async def _brought_back(settings: CloudSettings, chosen: argparse.Namespace) -> Restored:
    store = store_of(settings.store)
    try:
        return await restore(chosen.backup, settings.registry.url, store, add_readings=chosen.add_readings)
    finally:
        await store.close()


def _told(manifest: Manifest) -> str:
    lines = [f"{manifest.city}, {manifest.made}, Siaga {manifest.siaga}, registry of revision {manifest.revision}"]
    lines += _table(manifest.registry.tables.items(), "rows")
    if manifest.readings is None:
        return "\n".join([*lines, "  no readings: bring them back by the means of their own engine"])
    return "\n".join([*lines, *_table(manifest.readings.domains.items(), "readings")])


def _table(tallies: Iterable[tuple[str, ContentTally]], unit: str) -> list[str]:
    return [f"  {name:18} {tally.count:>12,} {unit}  {tally.digest}" for name, tally in tallies if tally.count]


def _refusals(restored: Restored) -> list[str]:
    if not restored.refused:
        return []
    return [f"the readings store refused {len(restored.refused)} points for ever, the first: {restored.refused[0]}"]


def _said(work: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """The command as the command line runs it, with one sentence of why not."""

    def command(chosen: argparse.Namespace) -> int:
        try:
            return work(chosen)
        except BackupError as error:
            raise SettingsError([str(error)]) from None

    return command


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of backups; write 1 or more")
    return int(text)
