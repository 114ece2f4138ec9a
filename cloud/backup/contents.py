"""What lies in the folder of backups, as people are shown it: whole ones, the newest first, and one that grows.

BackupContents(kept=(KeptBackup("20261125T010000Z", bytes=4_711_000, …),), growing=GrowingBackup(bytes=812_000, …))
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cloud.backup.folders import made_at, unfinished_in, whole_backups
from cloud.backup.manifest import NAME, BackupError, Manifest, read_manifest
from cloud.backup.verification import Verification, read_verification
from cloud.core.bounded_cache import BoundedCache

MOST_LISTED = 100
AHEAD_MS = 300_000
"""A backup that is dated further ahead was made by a clock that was wrong, and is not taken for the newest."""


class KeptBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A whole backup; `rows` are of the registry, `readings` None where it holds none.

    `problem` is a sentence where its manifest cannot be read; then nothing is known of what is in it.
    """

    name: str
    made_ms: int
    bytes: int = 0
    siaga: str = ""
    revision: str = ""
    rows: int = 0
    readings: int | None = None
    verification: Verification | None = None
    problem: str = ""


class GrowingBackup(msgspec.Struct, frozen=True):
    """One that is being made, or that broke off: since when, how large it is, and when it last grew (UTC)."""

    since_ms: int
    bytes: int
    grown_ms: int


class BackupContents(msgspec.Struct, frozen=True):
    """The newest MOST_LISTED backups of `count`, the one that grows; `problem` where the folder cannot be read."""

    kept: tuple[KeptBackup, ...] = ()
    count: int = 0
    growing: GrowingBackup | None = None
    problem: str = ""

    def newest(self, now_ms: int) -> KeptBackup | None:
        """Return the newest that is not dated in the future."""
        return next((one for one in self.kept if one.made_ms <= now_ms + AHEAD_MS), None)


class ContentsReader:
    """Reads the folder again and again; a manifest never changes, so it is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifests = BoundedCache[tuple[str, int], KeptBackup](MOST_LISTED)

    def read(self) -> BackupContents:
        """Read what lies there now; it asks a disk, so in a thread of its own."""
        try:
            whole = whole_backups(self._folder)[::-1]
            growing = max(_growing(self._folder), key=lambda one: one.grown_ms, default=None)
        except FileNotFoundError:
            return BackupContents()  # the first backup makes it
        except OSError as error:
            return BackupContents(problem=f"{self._folder} cannot be read: {error.strerror}")
        kept = [one for path in whole[:MOST_LISTED] if (one := self._kept(path)) is not None]
        return BackupContents(tuple(kept), len(whole), growing)

    def _kept(self, path: Path) -> KeptBackup | None:
        try:
            stamp = (path / NAME).stat()
        except OSError:
            return None  # somebody has removed it meanwhile
        key = path.name, stamp.st_mtime_ns
        known = self._manifests.get(key)
        if known is None:
            known = self._manifests[key] = _read(path, stamp.st_size)
        return msgspec.structs.replace(known, verification=read_verification(path))


def _read(path: Path, manifest_bytes: int) -> KeptBackup:
    made_ms = _made_ms(path)
    try:
        manifest = read_manifest(path)
    except BackupError as error:
        return KeptBackup(name=path.name, made_ms=made_ms, bytes=manifest_bytes, problem=str(error))
    return KeptBackup(
        name=path.name,
        made_ms=made_ms,
        bytes=manifest_bytes + sum(file.bytes for file in manifest.files()),
        siaga=manifest.siaga,
        revision=manifest.revision,
        rows=sum(tally.count for tally in manifest.registry.tables.values()),
        readings=_readings(manifest),
    )


def _readings(manifest: Manifest) -> int | None:
    return None if manifest.readings is None else sum(tally.count for tally in manifest.readings.domains.values())


def _growing(folder: Path) -> Iterator[GrowingBackup]:
    for path in unfinished_in(folder):
        with contextlib.suppress(OSError):  # it has just become whole, or was removed
            found = [each.stat() for each in (path, *path.iterdir())]
            grown_ms = max(each.st_mtime_ns for each in found) // 1_000_000
            yield GrowingBackup(_made_ms(path.with_suffix("")), sum(each.st_size for each in found[1:]), grown_ms)


def _made_ms(path: Path) -> int:
    return int(made_at(path).timestamp() * 1_000)
