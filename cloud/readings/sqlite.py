"""Readings in SQLite: the embedded store.

series(id, sensor, quantity, site, gateway)      readings(series, time_ms, value, marks)  key (series, time_ms)
                                                 verdicts(sensor, quantity, time_ms, marks)
rollup_…  what is kept of whole hours: see sqlite_rollups.py; retention  what was removed: see sqlite_retention.py

`WITHOUT ROWID` keeps each series' readings side by side in the order of time. One thread writes and one reads; WAL lets
them work at once, and `synchronous=FULL` makes a write durable when it returns.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path

from cloud.readings.blocks import Block
from cloud.readings.contract import (
    LATEST_MS,
    Aggregate,
    EncodedWrite,
    Point,
    SeriesRange,
    StoredReading,
    Verdict,
    WriteResult,
)
from cloud.readings.rollups import hour_of, hours_of
from cloud.readings.sqlite_retention import RETENTION_TABLE, SqliteRetention, admitted_of, kept_of, refused_of
from cloud.readings.sqlite_rollups import ROLLUP_TABLES, SqliteRollups, ask_again, sweep_of
from cloud.readings.sqlite_thread import SqliteThread
from rules.marks import QUALITY, Mark, with_verdict

_TABLES = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, quantity TEXT NOT NULL,
    site TEXT NOT NULL, gateway TEXT NOT NULL, UNIQUE (sensor, quantity)
);
CREATE TABLE IF NOT EXISTS readings (
    series INTEGER NOT NULL, time_ms INTEGER NOT NULL, value REAL NOT NULL, marks INTEGER NOT NULL,
    PRIMARY KEY (series, time_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (
    sensor TEXT NOT NULL, quantity TEXT NOT NULL, time_ms INTEGER NOT NULL, marks INTEGER NOT NULL,
    PRIMARY KEY (sensor, quantity, time_ms)
) WITHOUT ROWID;
"""
_WRITE_SERIES = """
INSERT INTO series (sensor, quantity, site, gateway) VALUES (?, ?, ?, ?)
ON CONFLICT (sensor, quantity) DO UPDATE SET site = excluded.site, gateway = excluded.gateway RETURNING id
"""
_WRITE_READINGS = "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?)"
_OF_SERIES = "series = (SELECT id FROM series WHERE sensor = ? AND quantity = ?)"
_HELD = f"""
SELECT readings.time_ms AS time_ms, value,
    CASE WHEN verdicts.marks IS NULL THEN readings.marks ELSE readings.marks & {~QUALITY} | verdicts.marks END AS marks
FROM readings LEFT JOIN verdicts ON verdicts.sensor = :sensor AND verdicts.quantity = :quantity
    AND verdicts.time_ms = readings.time_ms
WHERE series = (SELECT id FROM series WHERE sensor = :sensor AND quantity = :quantity)
    AND readings.time_ms >= :start_ms AND readings.time_ms < :end_ms
"""  # noqa: S608 - constants
"""The readings of a time range, each with the marks that hold."""
_HISTORY = f"{_HELD} ORDER BY readings.time_ms LIMIT :most"
_NO_LIMIT = -1
_NEWEST = """
SELECT site, series.sensor, gateway, series.quantity, readings.time_ms, value, readings.marks, verdicts.marks
FROM series JOIN readings ON series = id AND readings.time_ms = (
    SELECT max(time_ms) FROM readings WHERE series = id AND time_ms <= ?
)
LEFT JOIN verdicts ON verdicts.sensor = series.sensor AND verdicts.quantity = series.quantity
    AND verdicts.time_ms = readings.time_ms
"""
_NEWEST_OF_SOME = f"{_NEWEST} WHERE series.quantity IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
_SERIES_ID = "SELECT id FROM series WHERE sensor = ? AND quantity = ?"
_WRITE_VERDICT = "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)"
_VERDICTS = """
SELECT sensor, quantity, time_ms, marks FROM verdicts WHERE (sensor, quantity, time_ms) > (?, ?, ?)
ORDER BY sensor, quantity, time_ms LIMIT ?
"""
_ALL_SERIES = "SELECT id, sensor, quantity, site, gateway FROM series ORDER BY sensor, quantity"
_PAGE = "SELECT time_ms, value, marks FROM readings WHERE series = ? AND time_ms > ? ORDER BY time_ms LIMIT ?"
_PAGE_READINGS = 20_000
# SQLite has no aggregate for bitwise or
_MARKS = " | ".join(f"(sum(marks & {mark:d}) > 0) * {mark:d}" for mark in Mark if mark)
_VALUE_OF = {
    Aggregate.MEAN: "avg(value)",
    Aggregate.MIN: "min(value)",
    Aggregate.MAX: "max(value)",
    Aggregate.SUM: "sum(value)",
    Aggregate.COUNT: "count(*)",
    Aggregate.LAST: "value",  # a bare column beside max(time_ms) comes from the row that has it
}

Series = tuple[str, str, str, str]
"""(sensor, quantity, site, gateway)."""


class SqliteStore:
    """A `ReadingsStore` in the file `path`.

    Of what is not `durable` a power cut may leave nothing that can be read: for a file that is thrown away then.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path = path
        self._series: dict[Series, int] = {}
        self._writer = SqliteThread(path, "readings-writer", durable=durable)
        self._reader = SqliteThread(path, "readings-reader", durable=durable)
        self.rollups = SqliteRollups(self._writer, self._reader)
        self.retention = SqliteRetention(self._writer, self._reader)

    async def open(self) -> None:
        """Make the file and its tables where they are missing; StoreUnavailable where that fails."""
        await self._writer.run(lambda connection: connection.executescript(_TABLES + ROLLUP_TABLES + RETENTION_TABLE))

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        """The blocks as they are: SQLite takes numbers."""
        return EncodedWrite(blocks)

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store all in one transaction, durable when this returns."""
        forms = [write.form for write in writes]
        return await self._writer.run(lambda connection: self._write(connection, forms))

    async def write_isolated(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """As `write`: SQLite takes every number, or nothing."""
        return await self.write(writes)

    async def probe(self) -> None:
        """Take the lock that a write takes, and release it."""
        await self._writer.run(lambda connection: connection.executescript("BEGIN IMMEDIATE; ROLLBACK"))

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> list[Point]:
        """The readings with start <= time < end, or one point for each step: see the contract."""
        asked = SeriesRange(sensor, quantity, start_ms, end_ms, every_ms, agg)
        return await self._reader.run(lambda connection: _points(connection, asked, limit))

    async def histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        """The readings of each of `ranges`, in one turn of the thread that reads: see the contract."""
        return await self._reader.run(lambda connection: [_points(connection, asked) for asked in ranges])

    async def newest(
        self, *, until_ms: int = LATEST_MS, quantities: Collection[str] | None = None
    ) -> list[StoredReading]:
        """The newest reading of every series up to `until_ms` (UTC, included), of some `quantities` if given."""
        asked: tuple[str, tuple[int | str, ...]] = (_NEWEST, (until_ms,))
        if quantities is not None:
            asked = _NEWEST_OF_SOME, (until_ms, json.dumps(sorted(quantities)))
        return await self._reader.run(lambda connection: list(map(_newest, connection.execute(*asked))))

    async def write_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts in one transaction, durable when this returns."""
        rows = [(each.sensor, each.quantity, each.time_ms, each.marks) for each in verdicts]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            admits_ms = kept_of(connection).admits_ms
            connection.executemany(_WRITE_VERDICT, [row for row in rows if row[2] >= admits_ms])
            _ask_for_verdicts(connection, [each for each in verdicts if each.time_ms >= admits_ms])
            connection.execute("COMMIT")

        await self._writer.run(write)

    async def read_verdicts(self) -> AsyncIterator[list[Verdict]]:
        """Every verdict, a page at a time."""
        after = ("", "", -(2**63))
        while page := await self._verdicts_after(after):
            yield page
            after = (page[-1].sensor, page[-1].quantity, page[-1].time_ms)

    async def _verdicts_after(self, after: tuple[str, str, int]) -> list[Verdict]:
        asked = (*after, _PAGE_READINGS)
        return await self._reader.run(
            lambda connection: [Verdict(*row) for row in connection.execute(_VERDICTS, asked)]
        )

    async def count(self, sensor: str, quantity: str) -> int:
        """How many readings of a series are stored."""
        query = f"SELECT count(*) FROM readings WHERE {_OF_SERIES}"  # noqa: S608 - a constant
        return await self._reader.run(lambda connection: connection.execute(query, (sensor, quantity)).fetchone()[0])

    async def read_all(self, domain: str, quantities: Collection[str]) -> AsyncIterator[Block]:
        """Every reading of a domain's `quantities`, series by series: see the contract."""
        series = await self._reader.run(lambda connection: connection.execute(_ALL_SERIES).fetchall())
        for number, sensor, quantity, site, gateway in series:
            if quantity not in quantities:
                continue
            async for rows in self._pages(number):
                for marks, group in groupby(rows, itemgetter(2)):
                    times_ms, values, _ = zip(*group, strict=True)
                    yield Block(site, sensor, gateway, domain, marks, list(times_ms), ((quantity, list(values)),))

    async def _pages(self, series: int) -> AsyncIterator[list[tuple[int, float, int]]]:
        after_ms, rows = -(2**63), await self._page(series, -(2**63))
        while rows:
            yield rows
            after_ms = rows[-1][0]
            # a short page is the last one: what is written meanwhile must not keep us here
            rows = await self._page(series, after_ms) if len(rows) == _PAGE_READINGS else []

    async def _page(self, series: int, after_ms: int) -> list[tuple[int, float, int]]:
        chosen = (series, after_ms, _PAGE_READINGS)
        return await self._reader.run(lambda connection: connection.execute(_PAGE, chosen).fetchall())

    async def close(self) -> None:
        """Close the file, when what was begun is done."""
        await self._reader.close()
        await self._writer.close()

    def _write(self, connection: sqlite3.Connection, writes: Sequence[Sequence[Block]]) -> WriteResult:
        connection.execute("BEGIN IMMEDIATE")
        kept = kept_of(connection)
        refused = refused_of(kept, writes)
        blocks = [block for write in writes for block in write]
        if refused:
            blocks = admitted_of(kept, blocks)
        new = {key: _make_series(connection, key) for key in self._unknown(blocks)}
        series = self._series | new if new else self._series
        connection.executemany(_WRITE_READINGS, _rows(blocks, series))
        _ask_for_blocks(connection, blocks, series)
        connection.execute("COMMIT")
        self._series.update(new)  # only now: a transaction that failed made no series
        return WriteResult(tuple(refused))

    def _unknown(self, blocks: Sequence[Block]) -> set[Series]:
        named = {
            (block.sensor, quantity, block.site, block.gateway) for block in blocks for quantity, _ in block.fields
        }
        return named - self._series.keys()


def _points(connection: sqlite3.Connection, asked: SeriesRange, most: int = _NO_LIMIT) -> list[Point]:
    query = _HISTORY if asked.every_ms is None else _steps(asked.every_ms, asked.agg)
    of_series = {"sensor": asked.sensor, "quantity": asked.quantity}
    arguments = {**of_series, "start_ms": asked.start_ms, "end_ms": asked.end_ms, "most": most}
    return [Point(row[0], row[1], row[2]) for row in connection.execute(query, arguments)]


def _newest(row: tuple[str, str, str, str, int, float, int, int | None]) -> StoredReading:
    site, sensor, gateway, quantity, time_ms, value, marks, verdict = row
    return StoredReading(site, sensor, gateway, quantity, time_ms, value, with_verdict(marks, verdict))


def _make_series(connection: sqlite3.Connection, series: Series) -> int:
    return int(connection.execute(_WRITE_SERIES, series).fetchone()[0])


def _ask_for_blocks(connection: sqlite3.Connection, blocks: Sequence[Block], series: Mapping[Series, int]) -> None:
    sweep = sweep_of(connection)
    late = [block for block in blocks if sweep is not None and block.span[0] < sweep.sealed_until_ms]
    if sweep is None or not late:
        return
    touched = {
        (series[block.sensor, quantity, block.site, block.gateway], hour_ms)
        for block in late
        for hour_ms in hours_of(block.times_ms, block.span)
        for quantity, _ in block.fields
    }
    ask_again(connection, touched, sweep)


def _ask_for_verdicts(connection: sqlite3.Connection, verdicts: Sequence[Verdict]) -> None:
    sweep = sweep_of(connection)
    if sweep is None:
        return
    touched = {
        (found[0], hour_of(each.time_ms))
        for each in verdicts
        if (found := connection.execute(_SERIES_ID, (each.sensor, each.quantity)).fetchone()) is not None
    }
    ask_again(connection, touched, sweep)


def _rows(blocks: Sequence[Block], series: Mapping[Series, int]) -> Iterator[tuple[int, int, float, int]]:
    for block in blocks:
        for quantity, values in block.fields:
            number = series[block.sensor, quantity, block.site, block.gateway]
            yield from zip(repeat(number), block.times_ms, values, repeat(block.marks))


def _steps(every_ms: int, agg: Aggregate) -> str:
    step = f"time_ms - time_ms % {int(every_ms)}"
    return f"""
    SELECT {step}, {_VALUE_OF[agg]}, {_MARKS}, max(time_ms) FROM ({_HELD}) GROUP BY 1 ORDER BY 1 LIMIT :most
    """  # noqa: S608 - constants and a whole number
