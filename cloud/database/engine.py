"""The registry database: one thread does all its work, one transaction at a time, so the event loop waits for no disk.

rows = await database.run(lambda connection: connection.execute(select(…)).all())
a value that no column can hold ─► DataRejected: an answer to who sent it      all else ─► DatabaseUnavailable: wait
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from cloud.database.audit_log import JOURNALED
from cloud.database.revisions import UnknownRevision, migrate_to
from runtime.private import keep_private
from runtime.secret_urls import scrubbed
from wire import printable

_log = logging.getLogger(__name__)
T = TypeVar("T")


class DatabaseUnavailable(Exception):
    """The registry database cannot be used now; the text is one sentence."""


class DataRejected(Exception):
    """The database works, and a value can be no part of it; the text is one sentence. Another attempt changes nothing.

    NUL in a text (PostgreSQL), half a surrogate pair, a number that is larger than its column.
    """


class WriteConflict(DatabaseUnavailable):
    """The database works, and another process wrote a conflicting row: read again, then try again."""


_OF_THE_DATA = (DataError, UnicodeEncodeError, OverflowError)
"""What drivers raise for a value. The last two are Python's own: no driver gets as far as the database with them."""


class DatabaseOfNewerVersion(DatabaseUnavailable):
    """The registry database was made by a newer version of Siaga; the text says what to do."""


class Database:
    """A connection pool to `url` (SQLAlchemy's form) and the thread that works on it.

    Of what is not `durable` a power cut may leave nothing that can be read: for a file that is thrown away then.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.problem = ""
        self.on_journal: Callable[[frozenset[str]], None] = lambda _kinds: None
        """Is called with the kinds of subjects ("alarm", "rule") that a committed transaction has in the journal."""
        self._url = make_url(url)
        self._engine = engine_of(url, durable=durable)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")

    def __str__(self) -> str:
        return f"registry database {scrubbed(self._url.render_as_string(hide_password=True))}"

    async def open(self) -> None:
        """Bring the tables to this version's form; DatabaseUnavailable where that fails.

        DatabaseOfNewerVersion, and nothing touched, where they have a form that only a newer version knows.
        """
        try:
            await self._in_thread(lambda: _migrate(self._engine))
        except UnknownRevision as error:
            raise DatabaseOfNewerVersion(f"{self}: {error}") from None

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one transaction, durable when this returns; DatabaseUnavailable if nothing was done.

        DataRejected where a value is the reason; that, and what another process wrote, says nothing of the database's
        own state: `problem` stays as it is.
        """

        def in_transaction() -> tuple[T, frozenset[str]]:
            with self._engine.begin() as connection:
                connection.info.pop(JOURNALED, None)  # of a transaction that was undone
                outcome = work(connection)
                return outcome, frozenset(connection.info.pop(JOURNALED, ()))

        outcome, journaled = await self._in_thread(in_transaction)
        if journaled:
            self.on_journal(journaled)
        return outcome

    async def close(self) -> None:
        """Close connections and the thread, when what is under way is done."""
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            outcome = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except _OF_THE_DATA as error:
            raise DataRejected(_sentence(error)) from None
        except IntegrityError as error:
            raise WriteConflict(scrubbed(f"{self}: {printable(str(error.orig))}")) from None
        except DBAPIError as error:
            self.problem = scrubbed(f"{self}: {printable(str(error.orig))}")
            raise DatabaseUnavailable(self.problem) from None
        self.problem = ""
        return outcome


def _sentence(error: Exception) -> str:
    """Why, without the statement and its values: they may be long, and somebody's."""
    reason = getattr(error, "orig", None) or error
    return f"a value cannot be kept: {printable(str(reason).splitlines()[0])[:200]}; write another"


def engine_of(url: str, *, durable: bool = True) -> Engine:
    """The engine of `url`: each of its transactions may write, and waits for its turn before it has read anything."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _keep_private)
        event.listen(engine, "connect", _set_up_sqlite if durable else _set_up_sqlite_without_waiting)
        event.listen(engine, "begin", _begin_writing)
    return engine


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        migrate_to(connection)


def _keep_private(_dialect: object, _record: object, given: list[Any], _options: dict[str, Any]) -> None:
    # the registry has hashes of passwords, and everybody's name: no umask lets others read it
    if given and given[0] and not given[0].startswith((":memory:", "file:")):
        keep_private(Path(given[0]))


def _begin_writing(connection: Connection) -> None:
    # a transaction that begins by reading cannot wait for another process's write: it fails at its own first one
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin_writing`, not where the driver thinks best
    # FULL: in WAL mode NORMAL may lose the last commits to a power cut, and with them what was acknowledged
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_sqlite_without_waiting(connection: Any, record: object) -> None:
    _set_up_sqlite(connection, record)
    connection.execute("PRAGMA synchronous=OFF")
