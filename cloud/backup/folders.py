"""Where backups lie: one folder each, which has its name only when it is whole.

backups/20261125T010000Z/                   manifest.json  registry.jsonl.gz  readings.lp.gz
backups/20261125T020000Z.unfinished/        under way, or left by one that was killed: the next backup clears it away
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cloud.backup.files import PRIVATE
from cloud.backup.manifest import NAME, BackupError, Manifest, encode_manifest
from runtime.whole_files import force_folder

_WHOLE = re.compile(r"\d{8}T\d{6}Z")
_NAME = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".unfinished"


class Unfinished:
    """A backup that is being made in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def finish(self, manifest: Manifest, verify: Callable[[Path], object] | None = None) -> Path:
        """Write the manifest, `verify` all of it, then give the folder its name: each durable before what follows it.

        Where `verify` raises the folder gets no name.
        """
        descriptor = os.open(self.folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode_manifest(manifest))
            file.flush()
            os.fsync(descriptor)
        force_folder(self.folder)
        if verify is not None:
            verify(self.folder)
        whole = self.folder.with_suffix("")
        self.folder.rename(whole)
        force_folder(whole.parent)
        return whole


@contextmanager
def unfinished_backup(parent: Path) -> Iterator[Unfinished]:
    """Begin a backup in `parent`; BackupError where another is being made, or none can be.

    Unless it is finished, it is removed when this ends.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BackupError(
            f"--to {parent}: cannot be used: {error.strerror}; name a folder on a disk with room"
        ) from None
    _lock(lock, parent)
    try:
        remove_unfinished(parent)
        folder = parent / f"{datetime.now(UTC):{_NAME}}{_UNFINISHED}"
        if folder.with_suffix("").exists():
            raise BackupError(f"{folder.with_suffix('')}: was made in this same second; try again")
        folder.mkdir(mode=0o700)
        yield Unfinished(folder)
    finally:
        remove_unfinished(parent)
        os.close(lock)


def _lock(descriptor: int, parent: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BackupError(f"--to {parent}: another backup is being made there; wait for it") from None


def remove_unfinished(parent: Path) -> None:
    """Remove the unfinished backups in `parent`."""
    for left in parent.glob(f"*{_UNFINISHED}"):
        shutil.rmtree(left, ignore_errors=True)


def unfinished_in(parent: Path) -> list[Path]:
    """List the unfinished backups in `parent`: under way, or left by one that was killed."""
    return [path for path in parent.iterdir() if path.suffix == _UNFINISHED and _WHOLE.fullmatch(path.stem)]


def whole_backups(parent: Path) -> list[Path]:
    """List the whole backups in `parent`, the oldest first."""
    return sorted(path for path in parent.iterdir() if _WHOLE.fullmatch(path.name) and (path / NAME).is_file())


def made_at(folder: Path) -> datetime:
    """Return when the backup in `folder` was made (UTC), by its name."""
    return datetime.strptime(folder.name, _NAME).replace(tzinfo=UTC)


def keep_newest(parent: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` whole backups; return those removed."""
    removed = whole_backups(parent)[:-keep]
    for path in removed:
        # first its name: one that is half removed must not look whole
        shutil.rmtree(path.rename(path.with_name(path.name + _UNFINISHED)))
    return removed
