"""Rollups in SQLite, in the file of the readings: a write and what it asks for anew are one transaction.

rollup_hours(series, time_ms, count, total, …, minutes)      rollup_due(series, hour_ms, token)
rollup_minutes(series, time_ms, count, total, …)             rollup_sweep(swept_from_ms, swept_until_ms, …)  one row
"""

import sqlite3
from collections.abc import Iterable, Sequence

from cloud.readings.buckets import TimeBucket
from cloud.readings.rollups import HeldRollups, HourRollup, Series, SeriesHour, Sweep
from cloud.readings.sqlite_retention import kept_of
from cloud.readings.sqlite_thread import SqliteThread
from wire.durations import HOUR_MS

_COLUMNS = "time_ms, count, total, min, max, last, first_ms, last_ms, doubted, doubted_min, doubted_max, marks"
_BUCKET = """
    series INTEGER NOT NULL, time_ms INTEGER NOT NULL, count INTEGER NOT NULL, total REAL NOT NULL, min REAL, max REAL,
    last REAL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, doubted INTEGER NOT NULL, doubted_min REAL,
    doubted_max REAL, marks INTEGER NOT NULL
"""
ROLLUP_TABLES = f"""
CREATE TABLE IF NOT EXISTS rollup_hours ({_BUCKET}, minutes INTEGER NOT NULL, PRIMARY KEY (series, time_ms))
WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollup_minutes ({_BUCKET}, PRIMARY KEY (series, time_ms)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollup_due (
    series INTEGER NOT NULL, hour_ms INTEGER NOT NULL, token TEXT NOT NULL, PRIMARY KEY (series, hour_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollup_sweep (
    id INTEGER PRIMARY KEY CHECK (id = 1), swept_from_ms INTEGER NOT NULL, swept_until_ms INTEGER NOT NULL,
    sealed_until_ms INTEGER NOT NULL, raw_from_ms INTEGER NOT NULL, noted_ms INTEGER NOT NULL
);
"""
_SWEEP = "SELECT swept_from_ms, swept_until_ms, sealed_until_ms, raw_from_ms, noted_ms FROM rollup_sweep"
_NOTE = "INSERT OR REPLACE INTO rollup_sweep VALUES (1, ?, ?, ?, ?, ?)"
_ASK = "INSERT OR REPLACE INTO rollup_due VALUES (?, ?, hex(randomblob(8)))"
_VOID = "DELETE FROM rollup_hours WHERE series = ? AND time_ms = ?"
_ACTIVE = """
SELECT * FROM (
    SELECT sensor, quantity,
        (SELECT count(*) FROM readings WHERE series = id AND time_ms >= ? AND time_ms < ?) AS found
    FROM series
) WHERE found > 0
"""
_OLDEST = "SELECT min((SELECT min(time_ms) FROM readings WHERE series = id)) FROM series"
_DUE = "SELECT sensor, quantity, hour_ms, token FROM rollup_due JOIN series ON series = id LIMIT 10000"
_SERIES = "SELECT id FROM series WHERE sensor = ? AND quantity = ?"
_HELD = f"SELECT minutes, {_COLUMNS} FROM rollup_hours WHERE series = ? AND time_ms >= ? AND time_ms < ?"  # noqa: S608
_ASKED = "SELECT hour_ms, token FROM rollup_due WHERE series = ? AND hour_ms >= ? AND hour_ms < ?"
_MINUTES = f"SELECT {_COLUMNS} FROM rollup_minutes WHERE series = ? AND time_ms >= ? AND time_ms < ? ORDER BY time_ms"  # noqa: S608
_TOKEN = "SELECT token FROM rollup_due WHERE series = ? AND hour_ms = ?"  # noqa: S105 - no secret
_MADE = "DELETE FROM rollup_due WHERE series = ? AND hour_ms = ?"
_NO_MINUTES = "DELETE FROM rollup_minutes WHERE series = ? AND time_ms >= ? AND time_ms < ?"
_PLACES = ", ".join("?" * 13)
_KEEP_HOUR = f"INSERT OR REPLACE INTO rollup_hours VALUES ({_PLACES}, ?)"  # noqa: S608 - constants
_KEEP_MINUTE = f"INSERT OR REPLACE INTO rollup_minutes VALUES ({_PLACES})"  # noqa: S608 - constants


class SqliteRollups:
    """A `RollupStore` in the file of `writer` and `reader`."""

    def __init__(self, writer: SqliteThread, reader: SqliteThread) -> None:
        self._writer, self._reader = writer, reader

    async def sweep(self) -> Sweep | None:
        """Ask how far the file is rolled; None where it never was."""
        return await self._reader.run(sweep_of)

    async def note_sweep(self, sweep: Sweep) -> None:
        """Note how far it is: each transaction that writes readings looks there."""
        noted = (
            sweep.swept_from_ms, sweep.swept_until_ms, sweep.sealed_until_ms, sweep.raw_from_ms, sweep.noted_ms
        )  # fmt: skip
        await self._writer.run(lambda connection: connection.execute(_NOTE, noted))

    async def active(self, start_ms: int, end_ms: int) -> dict[Series, int]:
        """Count the readings of each series that has any in start <= time < end."""
        asked = (start_ms, end_ms)
        return await self._reader.run(
            lambda connection: {row[:2]: row[2] for row in connection.execute(_ACTIVE, asked)}
        )

    async def oldest_ms(self) -> int | None:
        """The time of the oldest reading; None where there is none."""
        found: int | None = await self._reader.run(lambda connection: connection.execute(_OLDEST).fetchone()[0])
        return found

    async def due(self) -> dict[SeriesHour, str]:
        """Hours that were asked for and are not made yet, each with its token: ten thousand at most."""
        return await self._reader.run(
            lambda connection: {SeriesHour(*row[:3]): row[3] for row in connection.execute(_DUE)}
        )

    async def forget_due(self) -> None:
        """Nothing: what was made was forgotten in the same transaction."""

    async def held(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> HeldRollups:
        """What is held of the whole hours in start <= hour < end, at one moment."""
        return await self._reader.run(lambda connection: _held(connection, sensor, quantity, start_ms, end_ms))

    async def minutes(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[TimeBucket]:
        """The minutes in start <= time < end that are held, oldest first."""

        def read(connection: sqlite3.Connection) -> list[TimeBucket]:
            asked = (_series(connection, sensor, quantity), start_ms, end_ms)
            return [TimeBucket(*row) for row in connection.execute(_MINUTES, asked)]

        return await self._reader.run(read)

    async def write(self, rollups: Sequence[HourRollup]) -> None:
        """Keep rollups in one transaction; one that was asked for anew meanwhile is left out."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            for rollup in rollups:
                _keep(connection, rollup)
            connection.execute("COMMIT")

        await self._writer.run(write)


def sweep_of(connection: sqlite3.Connection) -> Sweep | None:
    """How far the file is rolled."""
    row = connection.execute(_SWEEP).fetchone()
    return None if row is None else Sweep(*row)


def ask_again(connection: sqlite3.Connection, touched: Iterable[tuple[int, int]], sweep: Sweep) -> None:
    """Ask for those of `touched` (series, beginning) that may have been rolled, in the transaction of a write."""
    for series, hour_ms in touched:
        if sweep.raw_from_ms <= hour_ms < sweep.sealed_until_ms:
            connection.execute(_VOID, (series, hour_ms))
            connection.execute(_ASK, (series, hour_ms))


def _series(connection: sqlite3.Connection, sensor: str, quantity: str) -> int | None:
    row = connection.execute(_SERIES, (sensor, quantity)).fetchone()
    return None if row is None else int(row[0])


def _held(connection: sqlite3.Connection, sensor: str, quantity: str, start_ms: int, end_ms: int) -> HeldRollups:
    connection.execute("BEGIN")
    asked = (_series(connection, sensor, quantity), start_ms, end_ms)
    rows = connection.execute(_HELD, asked).fetchall()
    tokens = dict(connection.execute(_ASKED, asked).fetchall())
    sweep, kept = sweep_of(connection), kept_of(connection)
    connection.execute("COMMIT")
    return HeldRollups(
        {row[1]: TimeBucket(*row[1:]) for row in rows}, {row[1] for row in rows if row[0]}, tokens, sweep, kept
    )


def _keep(connection: sqlite3.Connection, rollup: HourRollup) -> None:
    place = rollup.place
    series = _series(connection, place.sensor, place.quantity)
    if series is None:
        return
    hour = (series, place.hour_ms)
    asked = connection.execute(_TOKEN, hour).fetchone()
    if (None if asked is None else asked[0]) != rollup.token:
        return
    connection.execute(_MADE, hour)
    connection.execute(_VOID, hour)
    connection.execute(_NO_MINUTES, (*hour, place.hour_ms + HOUR_MS))
    if rollup.hour is not None:
        connection.execute(_KEEP_HOUR, (series, *_row(rollup.hour), bool(rollup.minutes)))
        connection.executemany(_KEEP_MINUTE, [(series, *_row(minute)) for minute in rollup.minutes])


def _row(bucket: TimeBucket) -> tuple[int | float | None, ...]:
    return (
        bucket.time_ms, bucket.count, bucket.total, bucket.min, bucket.max, bucket.last, bucket.first_ms,
        bucket.last_ms, bucket.doubted, bucket.doubted_min, bucket.doubted_max, bucket.marks,
    )  # fmt: skip
