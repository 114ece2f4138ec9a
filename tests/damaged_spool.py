"""Spools to damage, and what comes out of them:  fill(path) ─► damage ─► drain(path) ─► readings, declared losses."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spans import SeqRange, Spans
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.sync_checkpoint import Forced, Names, read_names, sync_checkpoint_path, write_sync_checkpoint
from edge.spool.write_batch import Origin, WriteBatch
from wire import Lost, Reading

PAGE_BYTES = 1_024

VERSION_1 = """
CREATE TABLE stream (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    boot TEXT NOT NULL, origin_ms INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE TABLE series (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, quantity TEXT NOT NULL, UNIQUE (sensor, quantity)
);
CREATE TABLE reading (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, series INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    value REAL NOT NULL, clock INTEGER NOT NULL, PRIMARY KEY (stream, seq)
) WITHOUT ROWID;
CREATE TABLE loss (stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO series VALUES (1, 'sensor-0', 'co2'), (2, 'sensor-1', 'co2'), (3, 'sensor-2', 'co2');
INSERT INTO loss VALUES ('gone', 1, 9, 'spool full');
INSERT INTO kept VALUES ('spool.ever_lost', '9'), ('decoder.board', '{}');
PRAGMA user_version = 1;
"""


def reading(stream: str, seq: int) -> Reading:
    """The reading that stands under `seq`."""
    return Reading(f"sensor-{seq % 3}", "co2", 1_764_000_000_000 + seq * 10, len(stream) + seq / 4)


def batch(stream: str, **changed: object) -> WriteBatch:
    """What to write of `stream`."""
    chosen = {
        "stream": stream, "boot": "b", "origin_ms": 7, "last": 0, "runs": [], "forget": [], "losses": None,
        "ever_lost": 0, "kept": {}, "corrections": [], "finished": [], **changed,
    }  # fmt: skip
    return WriteBatch(**chosen)  # type: ignore[arg-type]


def fill(path: Path, streams: dict[str, int], *, at_once: int = 100) -> SpoolFile:
    """A spool with so many readings of each stream, forced and marked; still open, with a part of it in its log."""
    file = SpoolFile(path)
    file.open()
    for stream, count in streams.items():
        for first in range(1, count + 1, at_once):
            last = min(count, first + at_once - 1)
            runs = [(first, [reading(stream, seq) for seq in range(first, last + 1)])]
            here = {stream: Spans([(1, last)])}
            file.commit(batch(stream, last=last, runs=runs, here=here, kept={"decoder.board": '{"0/rainfall": 7}'}))
        if stream != list(streams)[-1]:
            file.checkpoint()
    file.force()
    tables = file.names()
    forced = {stream: Forced(1, count) for stream, count in streams.items()}
    write_sync_checkpoint(
        sync_checkpoint_path(path), forced, Names({row.id: row.name for row in tables.streams}, tables.series)
    )
    return file


def fill_version_1(path: Path, count: int) -> None:
    """A spool as the first version wrote it, with `count` readings of the stream "old"."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        for setting in (f"page_size = {PAGE_BYTES}", "journal_mode = WAL"):
            db.execute(f"PRAGMA {setting}")
        db.executescript(VERSION_1)
        db.execute("INSERT INTO stream VALUES (1, 'old', 'b', 7, ?)", (count,))
        db.execute("BEGIN")
        for seq in range(1, count + 1):
            here = reading("old", seq)
            db.execute("INSERT INTO reading VALUES (1, ?, ?, ?, ?, 0)", (seq, seq % 3 + 1, here.time_ms, here.value))
        db.execute("COMMIT")
    write_sync_checkpoint(sync_checkpoint_path(path), {"old": Forced(1, count)})


def plain_reader(path: Path, streams: dict[str, int]) -> set[tuple[Any, ...]]:
    """The rows that anybody gets who asks SQLite for each reading by itself; `streams` are numbered from 1."""
    found = set()
    with contextlib.closing(sqlite3.connect(path)) as db:
        for at, count in enumerate(streams.values(), 1):
            for seq in range(1, count + 1):
                with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                    found |= set(db.execute("SELECT * FROM reading WHERE stream = ? AND seq = ?", (at, seq)).fetchall())
    return found


def named_series(path: Path) -> set[int]:
    """The numbers of series of which anybody can still say the sensor and quantity: from their rows, the index of
    names, or the sync checkpoint.
    """
    found = set(read_names(sync_checkpoint_path(path)).series)
    with contextlib.closing(sqlite3.connect(path)) as db:
        for number in range(1, 4):
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                found |= {
                    row[0] for row in db.execute("SELECT id, sensor, quantity FROM series WHERE id = ?", (number,))
                }
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                name = (f"sensor-{number - 1}", "co2")
                found |= {row[0] for row in db.execute("SELECT id FROM series WHERE sensor = ? AND quantity = ?", name)}
    return found


class Drained:
    """What a start of the agent gets of a spool, as its uplink does."""

    def __init__(self) -> None:
        self.readings: dict[tuple[str, int], Reading] = {}
        self.lost: dict[str, Spans] = {}
        self.twice: list[SeqRange] = []
        """What came, or was declared lost, though it had come or was declared already."""
        self.damage = ""
        self.kept: dict[str, str] = {}

    def take(self, span: SeqRange, got: list[Reading]) -> None:
        """The readings of `span` have come."""
        came = {(span.stream, seq): found for seq, found in enumerate(got, span.first)}
        self.twice += [SeqRange(stream, seq, seq) for stream, seq in came.keys() & self.readings.keys()]
        self.readings |= came

    def declare(self, loss: Lost) -> None:
        """A loss was declared."""
        lost = self.lost.setdefault(loss.stream, Spans())
        self.twice += [SeqRange(loss.stream, *run) for run in lost.within(loss.first, loss.last)]
        lost.add(loss.first, loss.last)

    def of(self, stream: str) -> tuple[Spans, Spans]:
        """What of `stream` has come, and what is declared lost."""
        came = Spans(sorted((seq, seq) for name, seq in self.readings if name == stream))
        return came, self.lost.get(stream, Spans())

    def accounts_for(self, streams: dict[str, int]) -> bool:
        """Whether each reading of `streams` has come, or is declared lost, once, and nothing else is."""
        for stream, count in streams.items():
            came, lost = self.of(stream)
            if Spans([*came, *lost]) != Spans([(1, count)]) or came.without(lost) != came:
                return False
        return not self.twice

    def is_true(self) -> bool:
        """Whether each reading is as it was written."""
        return all(found == reading(*place) for place, found in self.readings.items())


def drain(path: Path) -> Drained:
    """Read all that a spool holds."""
    return asyncio.run(_drain(path))


async def _drain(path: Path) -> Drained:
    spool = Spool(Origin("now", "boot", 0), Limits(max_bytes=2**40, min_free_bytes=0, fsync_s=0.1))
    spooler = Spooler(spool, SpoolFile(path), on_change=lambda: None)
    await spooler.start()
    drained = Drained()
    while (span := spool.ledger.pop_backlog(1_000) or _requeued(spool)) is not None:
        got = await spooler.read(span)
        if got is not None:
            drained.take(span, got)
            spooler.ack(span)
        else:
            spool.ledger.requeue(span, tries=0, due_s=0.0)
    for loss in spool.losses.pending():
        drained.declare(loss)
    drained.damage, drained.kept = spool.trouble, spool.kept
    await spooler.stop()
    return drained


def _requeued(spool: Spool) -> SeqRange | None:
    requeued = spool.ledger.pop_due(1.0)
    return None if requeued is None else requeued.span
