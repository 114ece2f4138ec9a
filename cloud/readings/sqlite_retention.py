"""Retention in SQLite: rows leave in pieces that a write need not wait for long, and their pages are filled again.

readings  ████ 2,000 rows ─ commit ─ (writes go on) ─ 2,000 rows ─ commit …      retention(id, admits_ms, …)  one row
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from cloud.readings.blocks import Block
from cloud.readings.contract import RejectedPoint
from cloud.readings.retention import KEPT_ALL, KeptFrom, refused_points
from cloud.readings.rolling import RestingPace
from cloud.readings.rollups import Series
from cloud.readings.sqlite_thread import SqliteThread
from wire.durations import DAY_MS

ROWS_A_PIECE = 2_000
"""Rows that leave in one transaction: a few milliseconds of the thread that writes."""
RETENTION_TABLE = """
CREATE TABLE IF NOT EXISTS retention (
    id INTEGER PRIMARY KEY CHECK (id = 1), admits_ms INTEGER NOT NULL, readings_ms INTEGER NOT NULL,
    minutes_ms INTEGER NOT NULL, hours_ms INTEGER NOT NULL, clock_ms INTEGER NOT NULL, removed INTEGER NOT NULL
);
"""
_KEPT = "SELECT admits_ms, readings_ms, minutes_ms, hours_ms, clock_ms, removed FROM retention"
_NOTE = "INSERT OR REPLACE INTO retention VALUES (1, ?, ?, ?, ?, ?, ?)"
_SERIES = "SELECT id FROM series WHERE sensor = ? AND quantity = ?"
_ROLLED = """
SELECT * FROM (
    SELECT sensor, quantity, (SELECT min(time_ms) FROM rollup_hours WHERE series = id) AS first_ms FROM series
) WHERE first_ms IS NOT NULL
"""
_ALL_SERIES = "SELECT id FROM series"
_VERDICTS = "DELETE FROM verdicts WHERE sensor = ? AND quantity = ? AND time_ms >= ? AND time_ms < ?"

Work = Callable[[sqlite3.Connection], int]


class SqliteRetention:
    """A `RetentionStore` in the file of `writer` and `reader`."""

    stretch_ms = DAY_MS

    def __init__(self, writer: SqliteThread, reader: SqliteThread) -> None:
        self._writer, self._reader = writer, reader
        self._pace = RestingPace(asyncio.sleep, time.monotonic)

    async def kept(self) -> KeptFrom:
        """Ask from when on the file has what."""
        return await self._reader.run(kept_of)

    async def note(self, kept: KeptFrom) -> None:
        """Note it: each transaction that writes readings looks there."""
        row = (kept.admits_ms, kept.readings_ms, kept.minutes_ms, kept.hours_ms, kept.clock_ms, kept.removed)
        await self._writer.run(lambda connection: connection.execute(_NOTE, row))

    async def rolled(self) -> dict[Series, int]:
        """The first hour of each series that has any."""
        return await self._reader.run(lambda connection: {row[:2]: row[2] for row in connection.execute(_ROLLED)})

    def whole_ms(self, time_ms: int) -> int:
        """The beginning of the day."""
        return time_ms - time_ms % DAY_MS

    def removed_with(self, series: Series) -> Series:
        """Each series by itself."""
        return series

    async def remove_readings(self, series: Collection[Series], start_ms: int, end_ms: int) -> None:
        """Remove readings, and the verdicts on them, with start <= time < end."""

        def find(connection: sqlite3.Connection) -> list[int]:
            return [row[0] for each in series for row in connection.execute(_SERIES, each)]

        for number in await self._reader.run(find):
            await self._remove("readings", number, start_ms, end_ms)
        asked = [(*each, start_ms, end_ms) for each in series]
        await self._writer.run(lambda connection: connection.executemany(_VERDICTS, asked))

    async def remove_minutes(self, start_ms: int, end_ms: int) -> None:
        """Remove the minutes of all series with start <= time < end."""
        await self._remove_of_all("rollup_minutes", start_ms, end_ms)

    async def remove_hours(self, start_ms: int, end_ms: int) -> None:
        """Remove the hours of all series with start <= time < end."""
        await self._remove_of_all("rollup_hours", start_ms, end_ms)

    async def _remove_of_all(self, table: str, start_ms: int, end_ms: int) -> None:
        numbers = await self._reader.run(lambda connection: connection.execute(_ALL_SERIES).fetchall())
        for (number,) in numbers:
            await self._remove(table, number, start_ms, end_ms)

    async def _remove(self, table: str, series: int, start_ms: int, end_ms: int) -> None:
        """A piece at a time, and what waits to be written goes between them."""
        delete = _piece(table, (series, start_ms, end_ms))
        while await self._pace.keep(self._writer.run(delete)) == ROWS_A_PIECE:
            pass


def kept_of(connection: sqlite3.Connection) -> KeptFrom:
    """From when on the file has what."""
    row = connection.execute(_KEPT).fetchone()
    return KEPT_ALL if row is None else KeptFrom(*row)


def refused_of(kept: KeptFrom, writes: Iterable[Sequence[Block]]) -> list[RejectedPoint]:
    """The points of `writes` that are too old."""
    return [
        each
        for number, blocks in enumerate(writes)
        if any(block.span[0] < kept.admits_ms for block in blocks)
        for each in refused_points(kept, number, [time_ms for block in blocks for time_ms in block.times_ms])
    ]


def admitted_of(kept: KeptFrom, blocks: Sequence[Block]) -> list[Block]:
    """The blocks without what is too old."""
    found: list[Block] = []
    for block in blocks:
        places = [place for place, time_ms in enumerate(block.times_ms) if time_ms >= kept.admits_ms]
        times_ms = [block.times_ms[place] for place in places]
        fields = tuple((quantity, [values[place] for place in places]) for quantity, values in block.fields)
        if times_ms:
            found.append(msgspec.structs.replace(block, times_ms=times_ms, fields=fields, span_ms=None))
    return found


def _piece(table: str, asked: tuple[int, int, int]) -> Work:
    where = "series = ? AND time_ms >= ? AND time_ms < ?"
    some = f"SELECT time_ms FROM {table} WHERE {where} ORDER BY time_ms LIMIT {ROWS_A_PIECE}"  # noqa: S608 - constants
    statement = f"DELETE FROM {table} WHERE series = ? AND time_ms IN ({some})"  # noqa: S608 - constants
    return lambda connection: connection.execute(statement, (asked[0], *asked)).rowcount
