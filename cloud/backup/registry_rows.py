"""The registry database as lines of JSON, whichever its engine: what SQLite wrote PostgreSQL reads, and vice versa.

{"table":"sites","columns":["id","name",…]}
["daruba","Daruba river",…]
["pier","Pier",…]
{"table":"gateways","columns":[…]}            tables that others refer to come first; bytes stand as base64
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    Table,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
)

from cloud.backup.manifest import BackupError, ContentTally
from cloud.backup.tallies import RowTally
from cloud.database.revisions import tables_of
from cloud.registry.quantity_rows import table_of_rows
from wire import QuantityTable

ROWS_AT_A_TIME = 500
"""Rows in memory at a time."""
OF_BYTES_AT_A_TIME = 20
"""Rows with bytes among them, such as photos and refused messages: each may have half a megabyte."""
Row = list[Any]
T = TypeVar("T")


class _Table(msgspec.Struct, frozen=True):
    table: str
    columns: list[str]


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """Read the database as of one moment; others go on writing to it and are not held up.

    BackupError where there is no file; DBAPIError where the database cannot be used.
    """
    engine = _reading_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _reading_engine(url: str) -> Engine:
    where = make_url(url)
    if where.get_backend_name() != "sqlite":
        # PostgreSQL's default shows each statement another moment
        return create_engine(where, isolation_level="REPEATABLE READ")
    if not Path(str(where.database)).is_file():
        raise BackupError(f"there is no registry database {where.database}; look at registry.url")
    engine = create_engine(where)
    event.listen(engine, "connect", _begin_by_hand)
    # not the IMMEDIATE of those who write: in WAL mode whoever reads keeps the moment of its first look
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _begin_by_hand(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=5000")


def dump_rows(connection: Connection, write: Callable[[bytes], None]) -> dict[str, ContentTally]:
    """Give every row of every table to `write`, as lines; return the tallies."""
    tallies: dict[str, ContentTally] = {}
    for table in tables_of(connection):
        write(msgspec.json.encode(_Table(str(table.name), _columns(table))) + b"\n")
        found = RowTally()
        for line in _rows_of(connection, table):
            write(line + b"\n")
            found.add(line)
        tallies[str(table.name)] = found.tally()
    return tallies


def tally_rows(connection: Connection) -> dict[str, ContentTally]:
    """Tally the tables of a database."""
    return dump_rows(connection, lambda _line: None)


def _rows_of(connection: Connection, table: Table) -> Iterator[bytes]:
    query = select(*(table.c[name] for name in _columns(table)))
    for row in connection.execute(query, execution_options={"yield_per": _at_a_time(table)}):
        yield msgspec.json.encode(list(row))


def _at_a_time(table: Table) -> int:
    has_bytes = any(isinstance(column.type, LargeBinary) for column in table.c)
    return OF_BYTES_AT_A_TIME if has_bytes else ROWS_AT_A_TIME


def _columns(table: Table) -> list[str]:
    """Return the columns sorted by name: where a column stands depends on which migration added it."""
    return sorted(str(column.name) for column in table.c)


def tally_lines(lines: Iterable[bytes]) -> dict[str, ContentTally]:
    """Tally the tables in `lines`; BackupError where they are no lines of a registry."""
    return {head.table: _tally(msgspec.json.encode(row) for row in rows) for head, rows in _tables_in(lines)}


def _tally(lines: Iterable[bytes]) -> ContentTally:
    found = RowTally()
    for line in lines:
        found.add(line)
    return found.tally()


def quantities_in(lines: Iterable[bytes]) -> QuantityTable:
    """Make the table of quantities in `lines`; where their form is older than any city's own, the one of every city.

    BackupError where they are no lines of a registry.
    """
    found: dict[str, list[dict[str, Any]]] = {"domains": [], "quantities": []}
    for head, rows in _tables_in(lines):
        for row in rows:
            if head.table in found:
                found[head.table].append(dict(zip(head.columns, row, strict=True)))
    try:
        return table_of_rows(found["domains"], found["quantities"])
    except (TypeError, KeyError, ValueError) as error:
        raise BackupError(f"the backup's registry is damaged: {error}; use another") from None


def load_rows(connection: Connection, lines: Iterable[bytes]) -> None:
    """Insert the rows of `lines` into the tables that are there, empty; BackupError where they do not fit."""
    tables = {table.name: table for table in tables_of(connection)}
    for head, rows in _tables_in(lines):
        table = tables.get(head.table)
        if table is None or set(head.columns) - set(table.c.keys()):
            raise BackupError(f"the backup's table {head.table} has a form that its revision did not have; use another")
        while chunk := [_row_values(table, head.columns, row) for row in islice(rows, _at_a_time(table))]:
            connection.execute(insert(table), chunk)
    if connection.dialect.name == "postgresql":
        for table in tables.values():
            _advance_sequence(connection, table)


def _tables_in(lines: Iterable[bytes]) -> Iterator[tuple[_Table, Iterator[Row]]]:
    """Yield each table with its rows, which must be taken before the next table is asked for."""
    rest = iter(lines)
    line = next(rest, None)

    def rows() -> Iterator[Row]:
        nonlocal line
        for line in rest:
            if line.startswith(b"{"):
                return
            yield _decoded(line, list[Any])
        line = None

    while line is not None:
        yield _decoded(line, _Table), rows()


def _decoded(line: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupError(f"the backup's registry is damaged: {error}; use another") from None


def _row_values(table: Table, columns: Sequence[str], row: Row) -> dict[str, Any]:
    return {
        name: b64decode(value) if isinstance(table.c[name].type, LargeBinary) and value is not None else value
        for name, value in zip(columns, row, strict=True)
    }


def _advance_sequence(connection: Connection, table: Table) -> None:
    """Move PostgreSQL's sequence past the restored rows, which came with their ids."""
    if "id" not in table.c:
        return
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, "id"))).scalar()
    last = connection.execute(select(func.max(table.c.id))).scalar() if sequence else None
    if last is not None:
        connection.execute(select(func.setval(sequence, last)))
