"""The tables of the spool, and how a file of an earlier version gets what it lacks.

reading  a row for each reading         stream  a row for each start of the agent, `here`: what of it should be here
series   sensor and quantity            loss    declared losses          kept  what else is kept with the readings

Version 1 had no check sums and no `here`. Adding columns takes no room and moves no row, so it works on a full disk.
"""

import sqlite3

from edge.spool.rows import check_of_words

VERSION = 2
OPENED_FROM = 2
"""The oldest version that can work with a file of this one, whose application_id says so: after an update is taken back
the version before goes on with it. A newer version that adds columns, each with a default, leaves this as it is."""
LAST_VERSION = 255
"""No version of ours will be higher: a file that says so is damaged, and not written by a newer agent."""
SCHEMA = """
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
_ADDED = (
    # table, column, declaration
    ("stream", "checked", "INTEGER NOT NULL DEFAULT 0"),  # 1: each of its rows has a crc
    ("stream", "here", "TEXT"),
    ("stream", "crc", "INTEGER"),
    ("reading", "crc", "INTEGER"),
    ("loss", "crc", "INTEGER"),
    ("kept", "crc", "INTEGER"),
)
_SMALL = (
    # table, its key, what its crc covers
    ("stream", "id", "name, boot, origin_ms, last, checked, here"),
    ("loss", "rowid", "stream, first, last, reason"),
    ("kept", "key", "key, value"),
)


def prepare(db: sqlite3.Connection) -> bool:
    """Give the file all tables and columns of this version, all at once; whether anything was lacking.

    A newer one that this version may open is left as it is.
    """
    if db.execute("PRAGMA user_version").fetchone()[0] >= VERSION:
        return False
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        for table, column, declaration in _ADDED:
            if column not in _columns(db, table):
                db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {declaration}")
        for table, key, covered in _SMALL:
            rows = db.execute(f"SELECT {key}, {covered} FROM {table}").fetchall()  # noqa: S608 - names of ours
            checks = [(check_of_words(*words), number) for number, *words in rows]
            db.executemany(f"UPDATE {table} SET crc = ? WHERE {key} = ?", checks)  # noqa: S608
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute(f"PRAGMA application_id = {OPENED_FROM}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return True


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})").fetchall()}
