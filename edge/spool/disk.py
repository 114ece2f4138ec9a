"""Room on the disk: how much is free, a reserve for bad times, and holes that give back what was copied.

spool.db           ████████░░░░████   ░ a hole: no room is used, and nothing behind it moves
spool.db.reserve   256 KB that nobody uses, so that the salvage of a damaged spool can begin on a full disk
"""

import contextlib
import ctypes
import os
from pathlib import Path

RESERVE_BYTES = 256 * 1024
_KEEP_SIZE, _PUNCH_HOLE = 0x01, 0x02  # <linux/falloc.h>
_LIBC = ctypes.CDLL(None, use_errno=True)
_FALLOCATE = getattr(_LIBC, "fallocate64", None) or getattr(_LIBC, "fallocate", None)
if _FALLOCATE is not None:
    _FALLOCATE.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


def free_bytes(folder: Path) -> int:
    """The room on the disk of `folder` that this user may fill."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def size_of(path: Path) -> int:
    """How long a file is; 0 where there is none."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - asked after each commit
    except FileNotFoundError:
        return 0


def make_reserve(spool: Path) -> None:
    """Put the reserve of `spool` aside, where the disk has room for it."""
    reserve = _reserve_of(spool)
    if reserve.exists():
        return
    try:
        with reserve.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError:
        with contextlib.suppress(OSError):
            reserve.unlink(missing_ok=True)


def free_reserve(spool: Path) -> None:
    """Let the room of the reserve be used."""
    _reserve_of(spool).unlink(missing_ok=True)


def punch_hole(descriptor: int, start: int, size: int) -> bool:
    """Give the room of a range of bytes back; False on a file system that cannot."""
    if _FALLOCATE is None:
        return False
    return bool(_FALLOCATE(descriptor, _PUNCH_HOLE | _KEEP_SIZE, start, size) == 0)


def _reserve_of(spool: Path) -> Path:
    return spool.with_name(spool.name + ".reserve")
