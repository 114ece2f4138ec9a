"""What a city added to Siaga's own quantities, as rows of the registry database.

save_quantities(connection, registry) ─► domains, quantities        read_quantities(connection) -> QuantityTable

What a newer file names no more is retired: its history stays, and its name stays taken. Unit, domain and the way to an
hour decide what stored values mean, so they stay as they are once some sensor was given the quantity.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, insert, select, update

from cloud.database.base import Base
from cloud.registry.snapshot import Registry
from runtime.settings import SettingsError
from wire import DomainRow, Quantity, QuantityTable

_log = logging.getLogger(__name__)
_FIXED = ("unit", "domain", "hour")
"""The keys that decide what stored values mean."""


def save_quantities(connection: Connection, registry: Registry) -> None:
    """Write the domains and quantities of `registry`; SettingsError where one would become another."""
    table = registry.quantities
    problems = list(changes_of_meaning(connection, table))
    if problems:
        raise SettingsError(problems)
    _put(connection, "domains", [msgspec.structs.asdict(row) for row in table.own_domains])
    _put(connection, "quantities", _rows(table))
    mark_used(connection, {name for sensor in registry.sensors() for name in sensor.quantities if name in table.own})


def mark_used(connection: Connection, given: Collection[str]) -> None:
    """Note that some sensor was given these quantities, so that readings may be stored of them."""
    quantities = _table("quantities")
    own = set(connection.execute(select(quantities.c.id).where(quantities.c.used.is_(False))).scalars())
    if new := own.intersection(given):
        connection.execute(update(quantities).where(quantities.c.id.in_(new)).values(used=True))


def read_quantities(connection: Connection) -> QuantityTable:
    """Read the table of quantities, the retired included."""
    return table_of_rows(_held(connection, "domains").values(), _held(connection, "quantities").values())


def table_of_rows(domains: Iterable[Mapping[str, Any]], quantities: Iterable[Mapping[str, Any]]) -> QuantityTable:
    """Make the table of quantities of rows, each its columns by name; one of another version's form costs itself."""
    return QuantityTable([DomainRow(**row) for row in domains], list(_readable(quantities)))


def _readable(quantities: Iterable[Mapping[str, Any]]) -> Iterator[Quantity]:
    for row in quantities:
        try:
            yield quantity_of(row)
        except msgspec.ValidationError as error:
            _log.warning("quantity %.80r is left out, which another version of Siaga wrote: %s", row["id"], error)


def row_of(row: Quantity) -> dict[str, Any]:
    """Make the columns of a quantity, without `used`."""
    columns = msgspec.to_builtins(row)
    return {"id": columns.pop("name")} | {name: value for name, value in columns.items() if name != "derived"}


def quantity_of(columns: Mapping[str, Any]) -> Quantity:
    """Make a quantity of its columns."""
    named = {name: value for name, value in columns.items() if name not in ("id", "used")}
    return msgspec.convert(named | {"name": columns["id"], "derived": False}, Quantity)


def changes_of_meaning(connection: Connection, table: QuantityTable) -> Iterator[str]:
    """Yield a sentence for each quantity of which readings are stored and that would mean something else."""
    held = _held(connection, "quantities")
    for row in _rows(table):
        before = held.get(row["id"], {"used": False})
        for key in _FIXED if before["used"] else ():
            if row[key] != before[key]:
                yield (
                    f"quantities: {row['id']}.{key}: {row[key]!r}: readings are stored of it with {before[key]!r}, and "
                    f"would mean something else; write {before[key]!r} again, or add a quantity of another id"
                )


def _rows(table: QuantityTable) -> list[dict[str, Any]]:
    return [row_of(row) for row in table.own.values() if not row.retired]


def _held(connection: Connection, name: str) -> dict[str, dict[str, Any]]:
    table = _table(name)
    return {row["id"]: dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()}


def _put(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    table = _table(name)
    known = set(connection.execute(select(table.c.id)).scalars())
    for row in rows:
        if row["id"] in known:
            connection.execute(update(table).where(table.c.id == row["id"]).values(**row))
        else:
            connection.execute(insert(table).values(**row))
    gone = known - {row["id"] for row in rows}
    if gone:
        connection.execute(update(table).where(table.c.id.in_(gone)).values(retired=True))


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
