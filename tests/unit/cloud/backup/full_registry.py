"""A registry database with rows in every table that it has, made from the tables themselves, so a new one is in too."""

from typing import Any

from msgspec.structs import asdict
from sqlalchemy import JSON, Boolean, Connection, Double, Integer, LargeBinary, Table, insert, update

from cloud.database.engine import engine_of
from cloud.database.revisions import migrate_to, tables_of
from cloud.registry.quantity_rows import row_of
from tests.own_quantities import DOMAINS, QUANTITIES

ROWS = 3


def fill(url: str, *, revision: str | None = None) -> None:
    """Bring the empty database at `url` to `revision`, with rows in every table."""
    engine = engine_of(url)
    with engine.begin() as connection:
        migrate_to(connection, revision)
        fill_tables(connection)
        _add_noise(connection)
    engine.dispose()


def _add_noise(connection: Connection) -> None:
    """Let the second rows of the city's own domains and quantities be such as can be, where the database has them."""
    tables = {table.name: table for table in tables_of(connection)}
    if "quantities" not in tables:
        return
    for name, row in (("domains", asdict(DOMAINS[0])), ("quantities", row_of(QUANTITIES[0]) | {"used": True})):
        second = tables[name].c.retired.is_(True)
        connection.execute(update(tables[name]).where(second).values(row))


def fill_tables(connection: Connection) -> None:
    for table in tables_of(connection):
        connection.execute(insert(table), [_row(table, number) for number in range(1, ROWS + 1)])


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(column.type, bool(column.nullable), number) for column in table.c}


def _value(kind: Any, nullable: bool, number: int) -> Any:
    if nullable and number == ROWS:
        return None
    if isinstance(kind, JSON):
        return [[2.05, 128.29 + number], [3, None]]
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) * number
    if isinstance(kind, Boolean):
        return number % 2 == 0
    if isinstance(kind, Double):
        return [5.0, 1e-300, 0.1 + 0.2][number - 1]
    if isinstance(kind, Integer):  # BigInteger is one too
        return number
    return f"n{number}" if kind.length is not None and kind.length < 64 else f"naïve “{number}”\n\\ ☂"


def rows_of(url: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, in an order of no engine's."""
    engine = engine_of(url)
    with engine.begin() as connection:
        found = {
            table.name: sorted((dict(row) for row in connection.execute(table.select()).mappings()), key=repr)
            for table in tables_of(connection)
        }
    engine.dispose()
    return found
