"""One agent for one spool:  spool.db.lock, held by the process as long as it lives, however it ends."""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from i18n.message import LocalizedMessage

_log = logging.getLogger(__name__)
_LOCKS = Path("/proc/locks")


class SpoolLocked(Exception):
    """Another agent has the spool: `problem` is one sentence."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


def lock_path(spool: Path) -> Path:
    """The file whose lock a running agent holds."""
    return spool.with_name(spool.name + ".lock")


def process_that_holds(spool: Path) -> int | None:
    """The process that runs with `spool`, as the kernel's table of locks has it; None where none does.

    To try the lock would keep out an agent that starts at that moment.
    """
    try:
        inode = lock_path(spool).stat().st_ino
        table = _LOCKS.read_text(encoding="ascii")
    except OSError:
        return None
    for line in table.splitlines():  # 1: FLOCK  ADVISORY  WRITE 6193 fe:00:131075 0 EOF [proc_locks(5)]
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
            return int(words[4])
    return None


@contextlib.contextmanager
def locked(spool: Path) -> Iterator[None]:
    """Hold the lock of `spool`; SpoolLocked where another process has it. A disk that takes no file locks nothing."""
    path = lock_path(spool)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        _log.warning("%s cannot be made (%s); nothing keeps a second agent out", path, error.strerror or error)
        yield
        return
    try:
        _acquire(descriptor, spool)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, spool: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        raise SpoolLocked(
            LocalizedMessage(
                "another siaga-edge (process {process}) uses {spool}; stop that one, or give this one a spool.path and "
                "a gateway.id of its own",
                process=holder or "?", spool=str(spool),
            )
        ) from None  # fmt: skip
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
