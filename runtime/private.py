"""Files that are for this process's user alone, however it was started: umask, unit file or shell decide nothing.

keep_private(Path("registry.db"))     registry.db, and registry.db-wal and -shm where they are: 0600

What is replaced whole is so by itself: whole_files.py.
"""

import contextlib
import os
from pathlib import Path

from runtime.whole_files import PRIVATE

_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database file, made with the mode that the file has then."""


def keep_private(file: Path) -> None:
    """Make an SQLite file with the right mode before SQLite does, or give it and what is beside it the right mode.

    A file that is there is never opened here: to close it would drop the locks that SQLite holds on it in this process
    (https://www.sqlite.org/howtocorrupt.html, 2.2), and another process would take the database for its own. Where
    nothing can be done nothing happens: whoever opens the file says what is wrong with it.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))
    for ending in _BESIDE:
        with contextlib.suppress(OSError):
            found = file.with_name(f"{file.name}{ending}")
            if found.stat().st_mode & 0o077:
                found.chmod(PRIVATE)
