"""The registry as rows of its database:  save_registry(connection, registry), read_registry(connection) -> Registry.

What a newer city file names no more is retired, never deleted: its readings and accounts keep their meaning. What it
says otherwise than the file before it becomes a dated fact (`city_facts.py`).
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from cloud.database.base import Base
from cloud.registry.city_facts import record_file_changes
from cloud.registry.fact_rows import read_facts
from cloud.registry.quantity_rows import read_quantities, save_quantities
from cloud.registry.records import NO_CALIBRATION, Calibration, City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from runtime.clock import wall_ms
from wire import Stamped

R = TypeVar("R", Site, Gateway, Sensor)


def save_registry(connection: Connection, registry: Registry, *, now_ms: int | None = None) -> None:
    """Write `registry`, read from a city file; writing it again changes nothing.

    Changes without a date in the file hold from `now_ms` (UTC) on. SettingsError, and nothing is written, where a
    quantity that readings are stored of would become another.
    """
    save_quantities(connection, registry)
    named, held = {"id": 1, "name": registry.city.name, "zone": registry.city.zone}, _all(connection, "cities")
    if [named] != held:
        _write(connection, "cities", [named], [row["id"] for row in held])
    sites, gateways, sensors = _sites(connection), _gateways(connection), _sensors(connection)
    filed = [sensor for sensor in registry.sensors() if registry.gateway(sensor.id) is None]
    _put(connection, "sites", sites, registry.sites())
    _put(connection, "gateways", gateways, registry.gateways())
    _put_quantities(connection, _put(connection, "sensors", sensors, filed))
    now = wall_ms() if now_ms is None else now_ms
    record_file_changes(connection, (*gateways, *sensors), (*registry.gateways(), *filed), now_ms=now)


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
    )


def _sites(connection: Connection) -> list[Site]:
    return [Site(**row | {"polygon": _corners(row["polygon"])}) for row in _all(connection, "sites")]


def _gateways(connection: Connection) -> list[Gateway]:
    return [Gateway(**row) for row in _all(connection, "gateways")]


def _sensors(connection: Connection) -> list[Sensor]:
    quantities: dict[str, list[Any]] = {}
    for row in connection.execute(select(_table("sensor_quantities")).order_by("place")).mappings():
        quantities.setdefault(row["sensor"], []).append(row)
    return [Sensor(**_typed(row), **_measured(quantities.get(row["id"], []))) for row in _all(connection, "sensors")]


def _all(connection: Connection, name: str) -> list[dict[str, Any]]:
    table = _table(name)
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


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


def _put(connection: Connection, name: str, before: Iterable[R], now: Sequence[R]) -> list[R]:
    """Write what differs from the records as they were `before`, and retire those that are gone; gives what differs."""
    known = {record.id: record for record in before}
    changed = [record for record in now if known.get(record.id) != record]
    _write(connection, name, [_row(name, record) for record in changed], known)
    named = {record.id for record in now}
    gone = [{"b_id": record.id} for record in known.values() if record.id not in named and not record.retired]
    if gone:
        table = _table(name)
        connection.execute(update(table).where(table.c.id == bindparam("b_id")).values(retired=True), gone)
    return changed


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


def _row(table: str, record: Site | Gateway | Sensor) -> dict[str, Any]:
    return {column.name: getattr(record, column.name) for column in _table(table).c}


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
