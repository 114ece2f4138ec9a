"""A thread with a connection to a file of SQLite: all its questions are asked there, one after the other.

await thread.run(lambda connection: connection.execute("SELECT …").fetchall())
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from cloud.readings.contract import StoreUnavailable
from i18n.message import LocalizedMessage
from runtime.private import keep_private

T = TypeVar("T")


class SqliteThread:
    """A thread with a connection of its own, made when it is first needed."""

    def __init__(self, path: Path, name: str, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in the thread; StoreUnavailable, and nothing stored, where SQLite fails."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._do, work)

    async def close(self) -> None:
        """Close the connection after all work given."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._close)
        self._executor.shutdown()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = _connect(self._path, durable=self._durable)
            return work(self._connection)
        except sqlite3.Error as error:
            self._close()  # also rolls back
            said = LocalizedMessage("readings database {path}: {reason}", path=str(self._path), reason=str(error))
            raise StoreUnavailable(said) from error

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    keep_private(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", f"synchronous={'FULL' if durable else 'OFF'}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
