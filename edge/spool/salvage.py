"""What can still be read of a damaged spool, row by row around the damage.

spool.db -> spool.db.damaged (one is kept), its readable rows -> a new spool.db
"""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.spool.file import ROWS_OF_A_SPAN, Row, SpoolFile, is_sound
from edge.spool.spans import Spans
from edge.spool.work import DiskProblem, FileDamaged, Former, Opened
from wire import Lost, is_name
from wire.batch import MAX_INTEGER

_log = logging.getLogger(__name__)

CHUNK = 1_000
MOST_TRIES = 20_000
"""Reads that may fail before the rest of a stream is given up: a damaged page of 1 KB costs about 100."""


def open_or_salvage(file: SpoolFile) -> Opened:
    """Open the spool, salvaging it where it is damaged; DiskProblem where the disk does not let us."""
    try:
        return file.open()
    except FileDamaged as damage:
        return salvage(file, str(damage))


def salvage(file: SpoolFile, damage: str) -> Opened:
    """Move the damaged file aside and fill a new one with what is readable; DiskProblem where the disk forbids it."""
    file.close()
    aside = _move_aside(file)
    file.open()
    try:
        opened = _refill(file, aside, damage)
    except (DiskProblem, FileDamaged):
        file.close()
        raise
    _log.error("%s; %d readings were saved", opened.damage, sum(former.spans.total for former in opened.formers))
    return opened


def _move_aside(file: SpoolFile) -> Path:
    aside = file.path.with_name(file.path.name + ".damaged")
    try:
        for suffix in ("", "-wal", "-shm"):
            source = file.path.with_name(file.path.name + suffix)
            target = aside.with_name(aside.name + suffix)
            target.unlink(missing_ok=True)
            if source.exists():
                source.replace(target)
    except OSError as error:
        raise DiskProblem(f"{file.path} is damaged and cannot be moved aside: {error.strerror or error}") from error
    return aside


def _refill(file: SpoolFile, aside: Path, damage: str) -> Opened:
    with contextlib.closing(sqlite3.connect(aside, isolation_level=None)) as db:
        db.text_factory = lambda raw: raw.decode(errors="replace")
        series = {
            number: (sensor, quantity)
            for number, sensor, quantity in _readable(db, "SELECT id, sensor, quantity FROM series ORDER BY id")
            if isinstance(sensor, str) and isinstance(quantity, str)
        }
        formers: dict[int, Former] = {}
        for number, *row in _readable(db, "SELECT id, name, boot, origin_ms, last FROM stream ORDER BY id"):
            with contextlib.suppress(TypeError, ValueError):
                name, boot, origin_ms, last = row
                formers[number] = Former(str(name), str(boot), int(origin_ms), min(int(last), MAX_INTEGER), Spans())
        kept = {str(key): str(value) for key, value in _readable(db, "SELECT key, value FROM kept")}
        losses = [Lost(*row) for row in _readable(db, "SELECT stream, first, last, reason FROM loss") if _is_loss(row)]
        opened = Opened(list(formers.values()), losses, 0, kept, f"{damage}; it was moved to {aside}")
        file.put_back(opened, _chunks(db, formers, series), series)
    opened.kept = {key: value for key, value in kept.items() if not key.startswith("spool.")}
    opened.ever_lost = int(kept["spool.ever_lost"]) if kept.get("spool.ever_lost", "").isdecimal() else 0
    return opened


def _chunks(
    db: sqlite3.Connection, formers: dict[int, Former], series: dict[int, tuple[str, str]]
) -> Iterator[list[Row]]:
    for fresh_id, (number, former) in enumerate(formers.items(), 1):
        chunk: list[Row] = []
        for row in _rows(db, number, former.last):
            if is_sound(row) and row[1] in series:
                former.spans.add(row[0], row[0])
                chunk.append((fresh_id, *row))
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        yield chunk


def _rows(db: sqlite3.Connection, stream: int, last: int) -> Iterator[tuple[int, int, int, float, int]]:
    """The readable rows of a stream: read on until a damaged page, halve what is left, and so around it."""
    tries = 0
    left = [(0, last)]
    while left and tries < MOST_TRIES:
        low, high = left.pop()
        try:
            for row in db.execute(ROWS_OF_A_SPAN, (stream, low, high)):
                yield row
                low = row[0] + 1
        except sqlite3.Error:
            tries += 1
            if low < high:
                middle = (low + high) // 2
                left += [(middle + 1, high), (low, middle)]


def _is_loss(row: tuple[Any, ...]) -> bool:
    stream, first, last, reason = row
    return is_name(str(stream)) and isinstance(first, int) and isinstance(last, int) and isinstance(reason, str)


def _readable(db: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from db.execute(query)
    except sqlite3.Error as error:
        _log.warning("not all could be salvaged: %s: %s", query, error)
