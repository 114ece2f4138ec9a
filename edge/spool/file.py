"""The spool's SQLite file (WAL):  reading(stream, seq) -> series, time, value, clock, crc

All here blocks, so it runs in a thread. A commit is not forced (synchronous=NORMAL): a crash of the process survives
it, a power cut only after `force`, which may run beside the other calls in a thread of its own.

Each commit writes down which readings the file should hold of each stream (`here`), so that one that is gone is missed
however it went. A row that is not as it was written is not given out; it costs itself.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from edge.spool.disk import free_bytes, size_of
from edge.spool.holdings import differs, has_strangers, previous_stream
from edge.spool.limits import SpoolUsage
from edge.spool.losses import copy_of, losses_in
from edge.spool.rows import (
    NUMBER_OF_CLOCK,
    SeriesKey,
    SpoolRow,
    check_of,
    check_of_words,
    is_sound,
    readings_of,
    seed_of,
)
from edge.spool.schema import LAST_VERSION, prepare
from edge.spool.schema import VERSION as SCHEMA_VERSION
from edge.spool.spans import SeqRange, Spans
from edge.spool.tables import StreamRow, Tables, stream_row
from edge.spool.write_batch import DiskProblem, FileDamaged, OpenedSpool, PreviousStream, TimeCorrection, WriteBatch
from runtime.private import keep_private
from wire import Clock, Lost, Reading, is_name

_log = logging.getLogger(__name__)

PAGE_BYTES = (
    1_024  # a commit of a few readings then writes 2 KB, where the usual page would write 8: the SD card's life
)
CACHE_KIB = 256
MOST_RUNS = 300
"""Ranges of a stream that `here` can say; of more it says nothing, and a hole in the file is then believed."""

ROWS_OF_A_SPAN = """
SELECT stream, seq, series, time_ms, value, clock, crc FROM reading WHERE stream = ? AND seq BETWEEN ? AND ?
ORDER BY seq
"""
_PUT_SALVAGED = """
INSERT INTO reading (stream, seq, series, time_ms, value, clock, crc) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (stream, seq) DO UPDATE SET series = excluded.series,
time_ms = excluded.time_ms, value = excluded.value, clock = excluded.clock, crc = excluded.crc WHERE clock = 2
"""  # 2: unknown
EVER_LOST = "spool.ever_lost"
_LOSSES = "spool.losses"
"""A copy of the table of losses."""
_SALVAGED = "spool.salvaged"
"""What befell the file that this one was salvaged from; until its losses are written down."""
_BOUND = "spool.salvaged.before."
"""With the name of the file that is built: "stream id, seq", before which all rows are here."""
_OWN = "spool."

Bound = tuple[int, int]
"""A stream's id and a seq, before which all rows were copied."""


class SpoolFile:
    """One open spool; SQLite's exclusive lock keeps a second agent out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wal = path.with_name(path.name + "-wal")
        self._db: sqlite3.Connection | None = None
        self._streams: dict[str, StreamRow] = {}
        self._series: dict[int, SeriesKey] = {}
        self._numbers: dict[SeriesKey, int] = {}
        self._seeds: dict[tuple[str, SeriesKey], int] = {}

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._db is not None

    def open(self) -> OpenedSpool:
        """Open or make the file; DiskProblem or FileDamaged where that fails."""
        with _troubles(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if _is_empty(self.path) and not _is_empty(self.wal):
                raise FileDamaged(f"{self.path} is empty beside its log")  # which SQLite would throw away
            self._db = _connect(self.path)
            try:
                return self._found(self._db)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close it; the rest of the WAL goes to the file."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None
        self._streams, self._series, self._numbers, self._seeds = {}, {}, {}, {}

    def commit(self, batch: WriteBatch) -> None:
        """Do all of `batch` or nothing; DiskProblem or FileDamaged where that fails."""
        with _troubles(self.path), self._transaction() as db:
            if batch.runs:
                self._insert(db, batch)
            db.executemany(
                "DELETE FROM reading WHERE stream = ? AND seq BETWEEN ? AND ?",
                [(self._id_of(span.stream), span.first, span.last) for span in batch.forget],
            )
            for correction in batch.corrections:
                self._correct_times(db, correction)
            self._record_what_is_here(db, batch)
            if batch.losses is not None:
                self._say(db, batch.losses)
                self._keep(db, {EVER_LOST: str(batch.ever_lost), _LOSSES: copy_of(batch.losses)})
                db.execute("DELETE FROM kept WHERE key GLOB ?", (f"{_SALVAGED}*",))
            self._keep(db, batch.kept)
            for name in batch.finished:
                db.execute("DELETE FROM stream WHERE name = ?", (name,))
                self._streams.pop(name, None)

    def read(self, span: SeqRange) -> list[tuple[int, Reading]]:
        """The readings of `span` that the file holds as they were written, each with its seq."""
        with _troubles(self.path):
            rows = self._rows_of(span)
            numbers = {cells[2] for cells in rows} & self._series.keys()
            series = {number: (key := self._series[number], self._seed(span.stream, key)) for number in numbers}
            readings = readings_of(rows, series, checked=self._is_checked(span.stream))
            if any(one[0] >= other[0] for one, other in pairwise(readings)):
                raise FileDamaged(f"{self.path} is damaged: readings of {span.stream} are out of order")
            return readings

    def seqs(self, span: SeqRange) -> Spans:
        """Which seq of `span` the file has a row for, as it was written or not."""
        with _troubles(self.path):
            found = (cells[1] for cells in self._rows_of(span))
            return Spans((seq, seq) for seq in found if isinstance(seq, int))

    def compare(self, span: SeqRange) -> None:
        """FileDamaged where the file has other rows of `span` than it should have by what was committed.

        Of what was salvaged nobody knows that yet.
        """
        with _troubles(self.path):
            row, db = self._streams.get(span.stream), self._open_db()
            is_salvaged = db.execute("SELECT 1 FROM kept WHERE key = ?", (_SALVAGED,)).fetchone() is not None
            if row is not None and not is_salvaged and differs(db, row, span.first, span.last):
                raise FileDamaged(f"{self.path} is damaged: other readings are in it than were committed")

    def unnamed_series(self) -> set[int]:
        """The numbers of series that rows have and no table names."""
        with _troubles(self.path):
            query = "SELECT DISTINCT series FROM reading WHERE series NOT IN (SELECT id FROM series)"
            return {number for (number,) in self._open_db().execute(query).fetchall()}

    def time_ms(self, stream: str, seq: int) -> int | None:
        """The time of one reading; None where the file does not hold it."""
        return next((reading.time_ms for _, reading in self.read(SeqRange(stream, seq, seq))), None)

    def room(self) -> SpoolUsage:
        """How much room is used and left."""
        with _troubles(self.path):
            pages, free = self._pragma("page_count"), self._pragma("freelist_count")
            wal = size_of(self.wal)
            return SpoolUsage((pages - free) * PAGE_BYTES, free * PAGE_BYTES, wal, free_bytes(self.path.parent))

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

    # --- for the sync checkpoint and the salvage

    def names(self) -> Tables:
        """The streams and series that the file knows; may be called from another thread."""
        return Tables(list(self._streams.values()), dict(self._series), [], {})

    def losses(self) -> list[Lost]:
        """The declared losses that are still to be acknowledged."""
        with _troubles(self.path):
            db = self._open_db()
            return self._losses(db, dict(self._whole_rows(db, "kept", "key, value")))

    def begin_salvage(self, tables: Tables, damage: str) -> None:
        """Put the small tables of a damaged file in, and remember that rows are still to come."""
        with _troubles(self.path), self._transaction() as db:
            for row in tables.streams:
                self._put_stream(db, row)
            for number, key in tables.series.items():
                db.execute("INSERT OR IGNORE INTO series (id, sensor, quantity) VALUES (?, ?, ?)", (number, *key))
            self._learn_series(tables.series)
            self._say(db, tables.losses)
            self._keep(db, {**tables.kept, _SALVAGED: damage, _BOUND + self.path.name: "0 0"})

    def salvage_begun(self) -> Bound | None:
        """How far the rows of a salvage came; None where none is under way."""
        with _troubles(self.path):
            query = "SELECT value FROM kept WHERE key = ?"
            found = self._open_db().execute(query, (_BOUND + self.path.name,)).fetchone()
            return None if found is None else tuple(map(int, found[0].split()))  # type: ignore[return-value]

    def put_rows(self, rows: Iterable[SpoolRow], bound: Bound) -> None:
        """Put salvaged rows in: all before `bound`. Of two of the same seq the one whose time was put right stays."""
        with _troubles(self.path), self._transaction() as db:
            db.executemany(_PUT_SALVAGED, rows)
            self._keep(db, {_BOUND + self.path.name: f"{bound[0]} {bound[1]}"})

    # --- inside

    def _found(self, db: sqlite3.Connection) -> OpenedSpool:
        version = self._pragma("user_version")
        if version > LAST_VERSION:
            raise FileDamaged(f"{self.path} is damaged: there is no version {version} of it")
        if version > SCHEMA_VERSION and not 0 < self._pragma("application_id") <= SCHEMA_VERSION:
            raise DiskProblem(f"{self.path} was written by a newer siaga-edge; upgrade this one or name another spool")
        if prepare(db):
            self.checkpoint()
        self._learn_series(_copied(db, "series", "id, sensor, quantity"))
        _copied(db, "stream", "id, name")
        self._streams = {row.name: row for row in self._stream_rows(db)}
        kept = dict(self._whole_rows(db, "kept", "key, value"))
        losses = self._losses(db, kept)
        damage = kept.get(_SALVAGED, "")
        previous = self._previous_streams(db, salvaged=bool(damage))
        ever_lost = int(kept.get(EVER_LOST, 0))
        others = {key: kept[key] for key in kept if not key.startswith(_OWN)}
        return OpenedSpool(previous, losses, ever_lost, others, damage=damage)

    def _previous_streams(self, db: sqlite3.Connection, *, salvaged: bool) -> list[PreviousStream]:
        if has_strangers(db, {row.id for row in self._streams.values()}):
            raise FileDamaged(f"{self.path} is damaged: it has readings of streams that it does not know")
        try:
            return [previous_stream(db, row, salvaged=salvaged) for row in self._streams.values()]
        except FileDamaged as damage:
            raise FileDamaged(f"{self.path} is damaged: {damage}") from None

    def _stream_rows(self, db: sqlite3.Connection) -> Iterator[StreamRow]:
        query = "SELECT id, name, boot, origin_ms, last, checked, here, crc FROM stream ORDER BY id"
        for number, name, *rest in db.execute(query).fetchall():
            row = stream_row(number, name, *rest)
            if row is None:
                raise FileDamaged(f"{self.path} is damaged: what it says of stream {name} does not fit its check sum")
            yield row

    def _losses(self, db: sqlite3.Connection, kept: dict[str, str]) -> list[Lost]:
        rows = [Lost(*row) for row in self._whole_rows(db, "loss", "stream, first, last, reason") if is_name(row[0])]
        return list(dict.fromkeys((*rows, *losses_in(kept.get(_LOSSES, "")))))

    def _whole_rows(self, db: sqlite3.Connection, table: str, words: str) -> Iterator[tuple[Any, ...]]:
        for *row, check in db.execute(f"SELECT {words}, crc FROM {table}").fetchall():  # noqa: S608 - names of ours
            if check_of_words(*row) == check:
                yield tuple(row)
            else:
                _log.error("%s: a damaged row of the table %s is left out: %.100r", self.path, table, row)

    def _rows_of(self, span: SeqRange) -> list[tuple[Any, ...]]:
        # all at once: a query that is not read to its end would keep the file locked after an error
        return self._open_db().execute(ROWS_OF_A_SPAN, (self._id_of(span.stream), span.first, span.last)).fetchall()

    def _id_of(self, stream: str) -> int:
        row = self._streams.get(stream)
        return 0 if row is None else row.id

    def _insert(self, db: sqlite3.Connection, batch: WriteBatch) -> None:
        if batch.stream not in self._streams:
            (newest,) = db.execute("SELECT ifnull(max(id), 0) FROM stream").fetchone()
            row = StreamRow(newest + 1, batch.stream, batch.boot, batch.origin_ms, batch.last, checked=True, here=None)
            self._put_stream(db, row)
        stream = self._streams[batch.stream].id
        for first, readings in batch.runs:
            self._learn_new_series(db, readings)
            db.executemany(
                "INSERT OR REPLACE INTO reading (stream, seq, series, time_ms, value, clock, crc)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                self._rows(batch.stream, stream, first, readings),
            )

    def _rows(self, name: str, stream: int, first: int, readings: list[Reading]) -> Iterator[tuple[object, ...]]:
        known = {key: (self._numbers[key], self._seed(name, key)) for key in {(r.sensor, r.quantity) for r in readings}}
        for seq, r in enumerate(readings, first):
            number, seed = known[r.sensor, r.quantity]
            clock = 0 if r.clock is Clock.SYNCED else NUMBER_OF_CLOCK[r.clock]  # the hash of an Enum is slow
            yield stream, seq, number, r.time_ms, r.value, clock, check_of(seed, seq, r.time_ms, r.value, clock)

    def _seed(self, stream: str, key: SeriesKey) -> int:
        seed = self._seeds.get((stream, key))
        if seed is None:
            seed = self._seeds[stream, key] = seed_of(stream, key)
        return seed

    def _sound(self, stream: str, rows: list[tuple[Any, ...]]) -> Iterator[SpoolRow]:
        checked = self._is_checked(stream)
        numbers = {cells[2] for cells in rows} & self._series.keys()
        seeds = {number: self._seed(stream, self._series[number]) for number in numbers}
        for cells in rows:
            seed = seeds.get(cells[2])
            if seed is not None and is_sound(cells, seed, checked=checked):
                yield SpoolRow._make(cells)

    def _is_checked(self, stream: str) -> bool:
        known = self._streams.get(stream)
        return known is None or known.checked

    def _record_what_is_here(self, db: sqlite3.Connection, batch: WriteBatch) -> None:
        touched = {span.stream for span in batch.forget} | batch.here.keys()
        if batch.runs:
            touched.add(batch.stream)
        for name in touched & self._streams.keys():
            row, here = self._streams[name], batch.here.get(name)
            last = batch.last if batch.runs and name == batch.stream else row.last
            known = here if here is not None and here.runs <= MOST_RUNS else None
            self._put_stream(db, row._replace(last=last, here=known))

    def _put_stream(self, db: sqlite3.Connection, row: StreamRow) -> None:
        words = (row.id, row.name, row.boot, row.origin_ms, row.last, int(row.checked), row.here_text, row.check)
        db.execute(
            "INSERT INTO stream (id, name, boot, origin_ms, last, checked, here, crc)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " boot = excluded.boot, origin_ms = excluded.origin_ms, last = excluded.last, checked = excluded.checked,"
            " here = excluded.here, crc = excluded.crc",  # not the name, whose index would be written anew each time
            words,
        )
        self._streams[row.name] = row

    def _learn_new_series(self, db: sqlite3.Connection, readings: list[Reading]) -> None:
        for key in sorted({(r.sensor, r.quantity) for r in readings} - self._numbers.keys()):
            number = db.execute("INSERT INTO series (sensor, quantity) VALUES (?, ?)", key).lastrowid
            self._learn_series({int(number or 0): key})

    def _learn_series(self, series: dict[int, SeriesKey]) -> None:
        self._series.update(series)
        self._numbers.update({key: number for number, key in series.items()})

    def _correct_times(self, db: sqlite3.Connection, correction: TimeCorrection) -> None:
        estimated, unknown = NUMBER_OF_CLOCK[Clock.ESTIMATED], NUMBER_OF_CLOCK[Clock.UNKNOWN]
        for run_first, run_last in correction.runs:
            for first in range(run_first, run_last + 1, _ROWS_AT_ONCE):
                span = SeqRange(correction.stream, first, min(run_last, first + _ROWS_AT_ONCE - 1))
                moved = [
                    old._replace(time_ms=old.time_ms + correction.shift_ms, clock=estimated)
                    for old in self._sound(correction.stream, self._rows_of(span))
                    if old.clock == unknown
                ]
                db.executemany(
                    "UPDATE reading SET time_ms = ?, clock = ?, crc = ? WHERE stream = ? AND seq = ?",
                    [
                        (new.time_ms, new.clock, self._check(correction.stream, new), new.stream, new.seq)
                        for new in moved
                    ],
                )

    def _check(self, stream: str, row: SpoolRow) -> int:
        return check_of(self._seed(stream, self._series[row.series]), row.seq, row.time_ms, row.value, row.clock)

    @staticmethod
    def _say(db: sqlite3.Connection, losses: Iterable[Lost]) -> None:
        db.execute("DELETE FROM loss")
        rows = [(loss.stream, loss.first, loss.last, loss.reason) for loss in losses]
        db.executemany(
            "INSERT INTO loss (stream, first, last, reason, crc) VALUES (?, ?, ?, ?, ?)",
            [(*row, check_of_words(*row)) for row in rows],
        )

    @staticmethod
    def _keep(db: sqlite3.Connection, kept: dict[str, str]) -> None:
        rows = [(key, value, check_of_words(key, value)) for key, value in kept.items()]
        db.executemany("INSERT OR REPLACE INTO kept (key, value, crc) VALUES (?, ?, ?)", rows)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._open_db()
        streams_before, series_before = dict(self._streams), len(self._series)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            self._streams = streams_before
            for number in list(self._series)[series_before:]:
                del self._numbers[self._series.pop(number)]
            raise

    def _open_db(self) -> sqlite3.Connection:
        if self._db is None:
            raise DiskProblem(f"{self.path} is not open")
        return self._db

    def _pragma(self, name: str) -> int:
        return int(self._open_db().execute(f"PRAGMA {name}").fetchone()[0])


_ROWS_AT_ONCE = 1_000


def _is_empty(path: Path) -> bool:
    return size_of(path) == 0


def _copied(db: sqlite3.Connection, table: str, words: str) -> dict[int, SeriesKey]:
    """A small table by the number of its rows; FileDamaged where its index, which copies each, does not agree."""
    rows = db.execute(f"SELECT {words} FROM {table} NOT INDEXED ORDER BY id").fetchall()  # noqa: S608
    copies = db.execute(f"SELECT {words} FROM {table} INDEXED BY sqlite_autoindex_{table}_1").fetchall()  # noqa: S608
    if sorted(rows, key=repr) != sorted(copies, key=repr):  # of a damaged file each cell may be anything
        raise FileDamaged(f"the table {table} and its index do not agree")
    return {number: tuple(rest) for number, *rest in rows}


def _connect(path: Path) -> sqlite3.Connection:
    keep_private(path)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.5, cached_statements=32)
    for setting in (
        f"page_size = {PAGE_BYTES}",
        "locking_mode = EXCLUSIVE",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "wal_autocheckpoint = 0",
        f"cache_size = -{CACHE_KIB}",
    ):
        try:
            db.execute(f"PRAGMA {setting}").fetchall()
        except BaseException:
            db.close()  # or its lock would outlive it
            raise
    return db


_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT}
_OTHER_SCHEMA = ("no such ", "table ", "unsupported file format")  # what it says of itself is not what was made
_DAMAGE_IN_FULL = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}  # bad sectors, a file cut short


@contextlib.contextmanager
def _troubles(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # our bug
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if not code or code & 0xFF in _DAMAGE or code in _DAMAGE_IN_FULL or str(error).startswith(_OTHER_SCHEMA):
            raise FileDamaged(f"{path} is damaged: {error}") from error
        raise DiskProblem(f"{path}: {error}") from error
    except UnicodeDecodeError as error:  # SQLite's own message about a damaged schema has the damage in it
        raise FileDamaged(f"{path} is damaged: its schema is no text") from error
    except OSError as error:
        raise DiskProblem(f"{path}: {error.strerror or error}") from error
