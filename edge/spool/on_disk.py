"""What a spool's file says while no agent runs:  51 readings wait, the oldest since 14:02:31, 0.4 MB, none lost.

Nothing of it is changed. Its WAL is read too where this user may write beside it, which SQLite needs for that; else
what the WAL has is not counted, and `is_whole` is False.
"""

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

import msgspec

from edge.spool.file import EVER_LOST
from edge.spool.write_batch import DiskProblem


class SpoolOnDisk(msgspec.Struct, frozen=True):
    """`depth` readings wait, the oldest since `oldest_ms` (UTC); `lost` ever; the files take `bytes`."""

    depth: int
    oldest_ms: int | None
    lost: int
    bytes: int
    is_whole: bool = True


def spool_on_disk(path: Path) -> SpoolOnDisk | None:
    """What the file at `path` holds; None where there is none. DiskProblem where it cannot be read."""
    try:
        if not path.exists():
            return None
    except OSError as error:  # a folder that this user may not enter
        raise DiskProblem(f"{path}: {error.strerror}") from error
    wal, shared = _beside(path, "-wal"), _beside(path, "-shm")
    size = sum(each.stat().st_size for each in (path, wal) if each.exists())
    if not wal.exists():
        return SpoolOnDisk(*_read(path, _AS_IT_IS), size)  # an agent that stopped cleanly has left none
    is_new = not shared.exists()
    try:
        return SpoolOnDisk(*_read(path, "mode=ro"), size)
    except DiskProblem:
        return SpoolOnDisk(*_read(path, _AS_IT_IS), size, is_whole=False)
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                shared.unlink()


_AS_IT_IS = "mode=ro&immutable=1"


def _read(path: Path, how: str) -> tuple[int, int | None, int]:
    """How many wait, the time of the oldest, and how many were lost ever."""
    try:
        db = sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=1.0)
        with contextlib.closing(db):
            depth, oldest_ms = db.execute("SELECT count(*), min(time_ms) FROM reading").fetchone()
            kept = db.execute("SELECT value FROM kept WHERE key = ?", (EVER_LOST,)).fetchone()
    except sqlite3.Error as error:
        raise DiskProblem(f"{path}: {error}") from error
    return depth, oldest_ms, int(kept[0]) if kept and str(kept[0]).isdecimal() else 0


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
