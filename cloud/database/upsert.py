"""Rows that may be there already: two instances write the same fact, and the database keeps it once.

insert_ignore(connection, NoticeRow, [{"event": 7, "step": 1, …}]) -> 1, or 0 where another instance was first
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.dialects import postgresql, sqlite

from cloud.database.base import Base

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_statement(connection: Connection, table: Any) -> Any:
    """Return an insert in the dialect of `connection`, which takes ON CONFLICT: standard SQL has none."""
    return insert_in(connection.dialect.name, table)


def insert_in(dialect: str, table: Any) -> Any:
    """Return an insert in a dialect, by its name; it takes ON CONFLICT."""
    return _INSERTS[dialect](table)


def insert_ignore(connection: Connection, table: type[Base], rows: Sequence[dict[str, Any]]) -> int:
    """Insert those of `rows` that break no unique key, ignore the others; return how many were inserted."""
    key = inspect(table).primary_key  # rows are counted: psycopg gives no rowcount for such an insert
    statement = insert_statement(connection, table).on_conflict_do_nothing().returning(*key)
    return sum(len(connection.execute(statement.values(row)).all()) for row in rows)
