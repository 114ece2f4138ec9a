"""The spool's SQLite file (WAL):  reading(stream, seq) -> series, time, value, clock

All here blocks, so it runs in a thread. A commit is not forced (synchronous=NORMAL): a crash of the process survives
it, a power cut only after `force`, which may run beside the other calls in a thread of its own.
"""

import contextlib
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edge.spool.limits import Room
from edge.spool.spans import Span, Spans
from edge.spool.work import DiskProblem, FileDamaged, Former, Opened, Shift, Work
from wire import Clock, Lost, Reading

PAGE_BYTES = (
    1_024  # a commit of a few readings then writes 2 KB, where the usual page would write 8: the SD card's life
)
CACHE_KIB = 256

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS stream (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    boot TEXT NOT NULL, origin_ms INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, quantity TEXT NOT NULL, UNIQUE (sensor, quantity)
);
CREATE TABLE IF NOT EXISTS reading (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, series INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    value REAL NOT NULL, clock INTEGER NOT NULL, PRIMARY KEY (stream, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS loss (
    stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
ROWS_OF_A_SPAN = """
SELECT seq, series, time_ms, value, clock FROM reading WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq
"""
CLOCKS = (Clock.SYNCED, Clock.ESTIMATED, Clock.UNKNOWN)
_NUMBER_OF_CLOCK = {clock: number for number, clock in enumerate(CLOCKS)}
_EVER_LOST = "spool.ever_lost"

Row = tuple[int, int, int, int, float, int]
"""stream id, seq, series id, time_ms, value, number of its clock state."""


class SpoolFile:
    """One open spool; SQLite's exclusive lock keeps a second agent out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wal = path.with_name(path.name + "-wal")
        self._db: sqlite3.Connection | None = None
        self._stream_ids: dict[str, int] = {}
        self._series_ids: dict[tuple[str, str], int] = {}
        self._series: dict[int, tuple[str, str]] = {}

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._db is not None

    def open(self) -> Opened:
        """Open or make the file; DiskProblem or FileDamaged where that fails."""
        with _troubles(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _connect(self.path)
            try:
                return self._found()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close it; the rest of the WAL goes to the file."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None
        self._stream_ids, self._series_ids, self._series = {}, {}, {}

    def commit(self, work: Work) -> None:
        """Do all of `work` or nothing; DiskProblem or FileDamaged where that fails."""
        with _troubles(self.path), self._transaction() as db:
            if work.runs:
                self._insert(db, work)
            db.executemany(
                "DELETE FROM reading WHERE stream = ? AND seq BETWEEN ? AND ?",
                [(self._stream_ids.get(span.stream, 0), span.first, span.last) for span in work.forget],
            )
            for shift in work.shifts:
                self._shift(db, shift)
            if work.losses is not None:
                self._say(db, work.losses)
                self._keep(db, {_EVER_LOST: str(work.ever_lost)})
            self._keep(db, work.kept)
            db.executemany("DELETE FROM stream WHERE name = ?", [(name,) for name in work.finished])

    def read(self, span: Span) -> list[tuple[int, Reading]]:
        """The readings of `span` that the file holds, each with its seq."""
        with _troubles(self.path):
            rows = self._open_db().execute(
                ROWS_OF_A_SPAN,
                (self._stream_ids.get(span.stream, 0), span.first, span.last),
            )
            return [
                (seq, Reading(*self._series[series], time_ms, value, CLOCKS[clock]))
                for seq, series, time_ms, value, clock in rows
            ]

    def time_ms(self, stream: str, seq: int) -> int | None:
        """The time of one reading; None where the file does not hold it."""
        with _troubles(self.path):
            row = self._open_db().execute(
                "SELECT time_ms FROM reading WHERE stream = ? AND seq = ?", (self._stream_ids.get(stream, 0), seq)
            ).fetchone()  # fmt: skip
            return None if row is None else int(row[0])

    def room(self) -> Room:
        """How much room is used and left."""
        with _troubles(self.path):
            pages, free = self._pragma("page_count"), self._pragma("freelist_count")
            disk = os.statvfs(self.path.parent)
            wal = self.wal.stat().st_size if self.wal.exists() else 0
            return Room((pages - free) * PAGE_BYTES, free * PAGE_BYTES, wal, disk.f_bavail * disk.f_frsize)

    def checkpoint(self) -> None:
        """Move the WAL into the file, so that the WAL starts anew; forces both as far as they are not yet."""
        with _troubles(self.path):
            self._open_db().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def force(self) -> None:
        """Force to disk what is committed; the one call that may run in another thread than the others."""
        with _troubles(self.path), contextlib.suppress(FileNotFoundError):
            descriptor = os.open(self.wal, os.O_RDWR)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def put_back(self, opened: Opened, rows: Iterable[list[Row]], series: dict[int, tuple[str, str]]) -> None:
        """Fill a fresh file with what was salvaged; `opened.formers` are numbered from 1 in `rows`."""
        with _troubles(self.path), self._transaction() as db:
            for former in opened.formers:
                self._enter_stream(db, former.stream, former.boot, former.origin_ms, former.last)
            db.executemany("INSERT INTO series VALUES (?, ?, ?)", [(number, *key) for number, key in series.items()])
            self._learn_series(series)
            for chunk in rows:
                db.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?)", chunk)
            self._keep(db, opened.kept)
            self._say(db, opened.losses)

    def _found(self) -> Opened:
        db = self._open_db()
        version = self._pragma("user_version")
        if version > _SCHEMA_VERSION:
            raise DiskProblem(f"{self.path} was written by a newer siaga-edge; upgrade this one or name another spool")
        db.executescript(_SCHEMA)
        if version != _SCHEMA_VERSION:
            db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
            self.checkpoint()
        self._learn_series({number: (s, q) for number, s, q in db.execute("SELECT id, sensor, quantity FROM series")})
        streams = db.execute("SELECT id, name, boot, origin_ms, last FROM stream ORDER BY id").fetchall()
        self._stream_ids = {name: number for number, name, *_ in streams}
        formers = [
            Former(name, boot, origin_ms, last, Spans(_runs(db, number)))
            for number, name, boot, origin_ms, last in streams
        ]
        losses = [Lost(*row) for row in db.execute("SELECT stream, first, last, reason FROM loss")]
        kept = dict(db.execute("SELECT key, value FROM kept").fetchall())
        return Opened(formers, losses, int(kept.pop(_EVER_LOST, 0)), kept)

    def _insert(self, db: sqlite3.Connection, work: Work) -> None:
        stream = self._enter_stream(db, work.stream, work.boot, work.origin_ms, work.last)
        for first, readings in work.runs:
            self._learn_new_series(db, readings)
            series = self._series_ids
            db.executemany(
                "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (stream, seq, series[r.sensor, r.quantity], r.time_ms, r.value, _NUMBER_OF_CLOCK[r.clock])
                    for seq, r in enumerate(readings, first)
                ),
            )

    def _enter_stream(self, db: sqlite3.Connection, name: str, boot: str, origin_ms: int, last: int) -> int:
        db.execute(
            "INSERT INTO stream (name, boot, origin_ms, last) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET last = excluded.last",
            (name, boot, origin_ms, last),
        )
        if name not in self._stream_ids:
            (self._stream_ids[name],) = db.execute("SELECT id FROM stream WHERE name = ?", (name,)).fetchone()
        return self._stream_ids[name]

    def _learn_new_series(self, db: sqlite3.Connection, readings: list[Reading]) -> None:
        for key in {(r.sensor, r.quantity) for r in readings} - self._series_ids.keys():
            number = db.execute("INSERT INTO series (sensor, quantity) VALUES (?, ?)", key).lastrowid
            self._learn_series({int(number or 0): key})

    def _learn_series(self, series: dict[int, tuple[str, str]]) -> None:
        self._series.update(series)
        self._series_ids.update({key: number for number, key in series.items()})

    def _shift(self, db: sqlite3.Connection, shift: Shift) -> None:
        estimated, unknown = _NUMBER_OF_CLOCK[Clock.ESTIMATED], _NUMBER_OF_CLOCK[Clock.UNKNOWN]
        stream = self._stream_ids.get(shift.stream, 0)
        db.executemany(
            "UPDATE reading SET time_ms = time_ms + ?, clock = ?"
            " WHERE stream = ? AND clock = ? AND seq BETWEEN ? AND ?",
            [(shift.shift_ms, estimated, stream, unknown, *run) for run in shift.runs],
        )

    @staticmethod
    def _say(db: sqlite3.Connection, losses: Iterable[Lost]) -> None:
        db.execute("DELETE FROM loss")
        rows = [(loss.stream, loss.first, loss.last, loss.reason) for loss in losses]
        db.executemany("INSERT INTO loss VALUES (?, ?, ?, ?)", rows)

    @staticmethod
    def _keep(db: sqlite3.Connection, kept: dict[str, str]) -> None:
        db.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", kept.items())

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._open_db()
        streams_before, series_before = dict(self._stream_ids), len(self._series)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            self._stream_ids = streams_before
            for number in list(self._series)[series_before:]:
                del self._series_ids[self._series.pop(number)]
            raise

    def _open_db(self) -> sqlite3.Connection:
        if self._db is None:
            raise DiskProblem(f"{self.path} is not open")
        return self._db

    def _pragma(self, name: str) -> int:
        return int(self._open_db().execute(f"PRAGMA {name}").fetchone()[0])


def is_sound(row: tuple[Any, ...]) -> bool:
    """Whether a row of a damaged file has the types that a row must have."""
    *whole, value, clock = row
    return (
        all(isinstance(number, int) for number in (*whole, clock)) and isinstance(value, float) and math.isfinite(value)
    )


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.5, cached_statements=32)
    for setting in (
        f"page_size = {PAGE_BYTES}",
        "locking_mode = EXCLUSIVE",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "wal_autocheckpoint = 0",
        f"cache_size = -{CACHE_KIB}",
    ):
        db.execute(f"PRAGMA {setting}").fetchall()
    return db


def _runs(db: sqlite3.Connection, stream: int) -> list[tuple[int, int]]:
    """The ranges of seq that the file holds of a stream: counted where there is no hole, else walked."""
    low, high, count = db.execute(
        "SELECT min(seq), max(seq), count(*) FROM reading WHERE stream = ?", (stream,)
    ).fetchone()
    if not count:
        return []
    if high - low + 1 == count:
        return [(low, high)]
    edges = db.execute(
        "SELECT before, seq FROM (SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM reading WHERE stream = ?)"
        " WHERE seq != before + 1 ORDER BY seq",
        (stream,),
    ).fetchall()
    return list(zip([low, *(after for _, after in edges)], [*(before for before, _ in edges), high], strict=True))


_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT}
_DAMAGE_IN_FULL = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}  # bad sectors, a file cut short


@contextlib.contextmanager
def _troubles(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # our bug
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if not code or code & 0xFF in _DAMAGE or code in _DAMAGE_IN_FULL:
            raise FileDamaged(f"{path} is damaged: {error}") from error
        raise DiskProblem(f"{path}: {error}") from error
    except KeyError as error:
        raise FileDamaged(f"{path} is damaged: readings of the unknown series {error}") from error
    except OSError as error:
        raise DiskProblem(f"{path}: {error.strerror or error}") from error
