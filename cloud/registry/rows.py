"""The registry as rows of its database:  save_registry(connection, registry), read_registry(connection) -> Registry.

What a newer city file names no more is retired, never deleted: its readings and accounts keep their meaning. What it
says otherwise than the file before it becomes a dated fact (`city_facts.py`). What it does not own it leaves alone
(`ownership.py`): people change that (`editing.py`).
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from cloud.database.base import Base
from cloud.registry.change_rows import insert_change
from cloud.registry.city_facts import CITY_FILE, record_file_changes
from cloud.registry.edition_rows import edition_of
from cloud.registry.fact_rows import read_facts
from cloud.registry.ownership import OWNABLE
from cloud.registry.quantity_rows import mark_used, read_quantities, save_quantities
from cloud.registry.record_checks import problems_of_records
from cloud.registry.records import NO_CALIBRATION, Calibration, City, Contact, Gateway, Record, Sensor, Site
from cloud.registry.snapshot import Registry
from runtime.clock import wall_ms
from runtime.settings import SettingsError
from wire import Stamped


def save_registry(connection: Connection, registry: Registry, *, now_ms: int | None = None) -> None:
    """Write what the city file owns, of `registry`, which was read from it; writing it again changes nothing.

    While there is no city yet all of it is written. Changes without a date in the file hold from `now_ms` (UTC) on.
    SettingsError, and nothing is written, where a quantity that readings are stored of would become another, or where
    what people keep in the registry stands on something that the file has no more.
    """
    now, is_first = wall_ms() if now_ms is None else now_ms, not lock_registry(connection)
    owned = OWNABLE if is_first else registry.file_owns
    before: dict[str, Sequence[Record]] = {kind: read(connection) for kind, read in _READ.items()}
    named: dict[str, Sequence[Record]] = {kind: _living(registry.registered(kind).values()) for kind in OWNABLE}
    if len(owned) < len(OWNABLE):
        _must_fit(registry, {kind: named[kind] if kind in owned else _living(before[kind]) for kind in OWNABLE})
    save_quantities(connection, registry)
    changed = _put_city(connection, registry)
    for kind in owned:
        changed = _put(connection, kind, before[kind], named[kind], now_ms=now) or changed
    earlier, later = (_dated(of, owned) for of in (before, named))
    record_file_changes(connection, earlier, later, now_ms=now)
    if changed and not is_first:
        insert_change(connection, author=CITY_FILE, action="file", now_ms=now)


def read_registry(connection: Connection, *, now_ms: int | None = None) -> Registry:
    """Read the registry, the retired included, as it is at `now_ms` (UTC; now where None).

    LookupError while no city file was ever loaded.
    """
    city = connection.execute(select(_table("cities"))).mappings().first()
    if city is None:
        raise LookupError("the registry has no city yet; load a city file")
    return Registry(
        city=City(city["name"], city["zone"]),
        sites=_sites(connection),
        gateways=_gateways(connection),
        sensors=_sensors(connection),
        facts=read_facts(connection),
        now_ms=now_ms,
        quantities=read_quantities(connection),
        file_owns=city["file_owns"],
        stored_edition=edition_of(connection),
    )


def lock_registry(connection: Connection) -> bool:
    """Let no other process change the registry until this transaction ends; False where there is no city yet."""
    return connection.execute(select(_table("cities").c.id).with_for_update()).first() is not None


def write_records(connection: Connection, kind: str, records: Sequence[Record], known: Container[str]) -> None:
    """Insert the records of a kind, or update those whose id is `known`, with all that belongs to them."""
    _write(connection, kind, [_row(kind, record) for record in records], known)
    sensors = [record for record in records if isinstance(record, Sensor)]
    if sensors:
        _put_quantities(connection, sensors)
        mark_used(connection, {quantity for sensor in sensors for quantity in sensor.quantities})


def _put_city(connection: Connection, registry: Registry) -> bool:
    """Write the city and what its file owns; say whether that differs from before."""
    city, held = registry.city, _all(connection, "cities")
    named = {"id": 1, "name": city.name, "zone": city.zone, "file_owns": list(registry.file_owns)}
    if [named] != held:
        _write(connection, "cities", [named], [row["id"] for row in held])
    return [named] != held


def _must_fit(registry: Registry, records: Mapping[str, Sequence[Record]]) -> None:
    """Check what the file owns together with what it does not own; SettingsError says what does not fit."""
    problems = [sentence for _, _, sentence in problems_of_records(records, registry.quantities)]
    if problems:
        raise SettingsError([f"city.toml, beside what the registry owns: {problem}" for problem in problems])


def _dated(records: Mapping[str, Sequence[Record]], kinds: Collection[str]) -> list[Gateway | Sensor]:
    """Those of `kinds` of which something is a dated fact too."""
    return [each for kind in OWNABLE if kind in kinds for each in records[kind] if not isinstance(each, Site)]


def _living(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if not record.retired]


def read_records(connection: Connection, kind: str, ids: Collection[str]) -> Sequence[Record]:
    """Read some records of a kind as they are stored, the retired included."""
    return _READ[kind](connection, ids) if ids else ()


def _sites(connection: Connection, ids: Collection[str] | None = None) -> list[Site]:
    return [
        Site(
            **row | {"polygon": _corners(row["polygon"]), "contacts": tuple(Contact(**one) for one in row["contacts"])}
        )
        for row in _all(connection, "sites", ids)
    ]


def _gateways(connection: Connection, ids: Collection[str] | None = None) -> list[Gateway]:
    return [Gateway(**row) for row in _all(connection, "gateways", ids)]


def _sensors(connection: Connection, ids: Collection[str] | None = None) -> list[Sensor]:
    quantities: dict[str, list[Any]] = {}
    table, rows = _table("sensor_quantities"), _all(connection, "sensors", ids)
    query = select(table).order_by(table.c.place)
    for row in connection.execute(query if ids is None else query.where(table.c.sensor.in_(ids))).mappings():
        quantities.setdefault(row["sensor"], []).append(row)
    return [Sensor(**_typed(row), **_measured(quantities.get(row["id"], []))) for row in rows]


def _all(connection: Connection, name: str, ids: Collection[str] | None = None) -> list[dict[str, Any]]:
    table = _table(name)
    query = select(table).order_by(table.c.id)
    found = connection.execute(query if ids is None else query.where(table.c.id.in_(ids)))
    return [dict(row) for row in found.mappings()]


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    stamped = row["stamped"]
    return row | {"groups": tuple(row["groups"]), "stamped": None if stamped is None else Stamped(stamped)}


def _corners(polygon: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((latitude, longitude) for latitude, longitude in polygon)


def _measured(rows: Iterable[Any]) -> dict[str, Any]:
    calibration = {row["quantity"]: Calibration(row["scale"], row["offset"]) for row in rows}
    return {
        "quantities": tuple(calibration),
        "calibration": {name: given for name, given in calibration.items() if given != NO_CALIBRATION},
    }


def _quantity_rows(sensor: Sensor) -> Iterator[dict[str, Any]]:
    for place, quantity in enumerate(sensor.quantities):
        calibration = sensor.calibration.get(quantity, NO_CALIBRATION)
        yield {
            "sensor": sensor.id,
            "quantity": quantity,
            "place": place,
            "scale": calibration.scale,
            "offset": calibration.offset,
        }


def _put(connection: Connection, kind: str, before: Iterable[Record], now: Sequence[Record], *, now_ms: int) -> bool:
    """Write what differs from the records as they were `before`, and retire those that are gone; say if any did."""
    known = {record.id: record for record in before}
    changed = [record for record in now if known.get(record.id) != record]
    write_records(connection, kind, changed, known)
    named = {record.id for record in now}
    gone = [{"b_id": record.id} for record in known.values() if record.id not in named and not record.retired]
    if gone:
        table, retired = _table(kind), {"retired": True, "retired_ms": now_ms}
        connection.execute(update(table).where(table.c.id == bindparam("b_id")).values(retired), gone)
    return bool(changed or gone)


def _put_quantities(connection: Connection, sensors: Iterable[Sensor]) -> None:
    """Write what each of `sensors` measures, in the place of what it measured before."""
    table, of_sensors = _table("sensor_quantities"), [{"b_sensor": sensor.id} for sensor in sensors]
    if of_sensors:
        connection.execute(delete(table).where(table.c.sensor == bindparam("b_sensor")), of_sensors)
        connection.execute(insert(table), [row for sensor in sensors for row in _quantity_rows(sensor)])


def _write(connection: Connection, name: str, rows: Iterable[dict[str, Any]], known: Container[Any]) -> None:
    """Update the rows whose id is `known`, and insert the others; each as one statement for all of them."""
    table, given = _table(name), list(rows)
    if new := [row for row in given if row["id"] not in known]:
        connection.execute(insert(table), new)
    if held := [row for row in given if row["id"] in known]:
        others: dict[Any, Any] = {column: bindparam(f"b_{column}") for column in held[0]}
        statement = update(table).where(table.c.id == bindparam("b_id")).values(others)
        connection.execute(statement, [{f"b_{column}": value for column, value in row.items()} for row in held])


def _row(table: str, record: Record) -> dict[str, Any]:
    row = {column.name: getattr(record, column.name) for column in _table(table).c}
    if isinstance(record, Site):
        row["contacts"] = msgspec.to_builtins(record.contacts)
    return row


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


_READ: Mapping[str, Callable[..., Sequence[Record]]] = {
    "sites": _sites, "gateways": _gateways, "sensors": _sensors,
}  # fmt: skip
