"""Files that are for this process's user alone, and SQLite's locks on them."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from runtime.private import keep_private
from runtime.whole_files import PRIVATE

TRY = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)  # SQLite's shared locks stand there
    except OSError:
        sys.exit(1)
"""


def is_locked(file: Path) -> bool:
    """Whether another process is kept off the database, as SQLite would see it."""
    return subprocess.run([sys.executable, "-c", TRY, str(file)], check=False).returncode == 1


def test_a_new_file_and_an_old_one_are_for_their_user_alone(tmp_path: Path):
    before = os.umask(0)
    try:
        new, old, beside = tmp_path / "new.db", tmp_path / "old.db", tmp_path / "old.db-wal"
        for file in (old, beside):
            file.write_bytes(b"")
            file.chmod(0o644)
        keep_private(new)
        keep_private(old)
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in (new, old, beside)} == {PRIVATE}


def test_the_locks_of_an_open_database_are_not_dropped(tmp_path: Path):
    file = tmp_path / "readings.db"
    keep_private(file)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (x)")
    assert is_locked(file)
    keep_private(file)  # as a second connection of this process does
    assert is_locked(file)
    connection.close()
