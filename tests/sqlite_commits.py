"""How many transactions changed something in each SQLite file, whoever opened it:  {"readings.db": 12}"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def commits_by_file() -> Iterator[Counter[str]]:
    """Count from here on, by the file's name, what is opened meanwhile."""
    commits: Counter[str] = Counter()
    connect = sqlite3.connect

    def watched(file: str | Path, *args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(file, *args, **options)
        changes = 0

        def see(statement: str) -> None:
            nonlocal changes
            if statement == "COMMIT" and connection.total_changes != changes:
                changes = connection.total_changes
                commits[Path(file).name] += 1

        connection.set_trace_callback(see)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        for module in (sqlite3, sqlite3.dbapi2):  # some take the one, SQLAlchemy the other
            patch.setattr(module, "connect", watched)
        yield commits
