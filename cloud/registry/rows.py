"""The registry as rows of its database:  save_registry(connection, registry), read_registry(connection) -> Registry.

What a newer city file names no more is retired, never deleted: its readings and accounts keep their meaning. What it
says otherwise than the file before it becomes a dated fact (`city_facts.py`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from cloud.database.base import Base
from cloud.registry.city_facts import record_file_changes
from cloud.registry.fact_rows import read_facts
from cloud.registry.quantity_rows import read_quantities, save_quantities
from cloud.registry.records import NO_CALIBRATION, Calibration, City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from runtime.clock import wall_ms
from wire import Stamped


def save_registry(connection: Connection, registry: Registry, *, now_ms: int | None = None) -> None:
    """Write `registry`, read from a city file; writing it again changes nothing.

    Changes without a date in the file hold from `now_ms` (UTC) on. SettingsError, and nothing is written, where a
    quantity that readings are stored of would become another.
    """
    before = _filed(connection)
    save_quantities(connection, registry)
    sensors = [sensor for sensor in registry.sensors() if registry.gateway(sensor.id) is None]
    _put(connection, "cities", [{"id": 1, "name": registry.city.name, "zone": registry.city.zone}])
    _put(connection, "sites", [_row("sites", site) for site in registry.sites()])
    _put(connection, "gateways", [_row("gateways", gateway) for gateway in registry.gateways()])
    _put(connection, "sensors", [_row("sensors", sensor) for sensor in sensors])
    quantities = _table("sensor_quantities")
    connection.execute(delete(quantities).where(quantities.c.sensor.in_([sensor.id for sensor in sensors])))
    rows = [row for sensor in sensors for row in _quantity_rows(sensor)]
    if rows:
        connection.execute(insert(quantities), rows)
    now = wall_ms() if now_ms is None else now_ms
    record_file_changes(connection, before, (*registry.gateways(), *sensors), now_ms=now)


def read_registry(connection: Connection, *, now_ms: int | None = None) -> Registry:
    """Read the registry, the retired included, as it is at `now_ms` (UTC; now where None).

    LookupError while no city file was ever loaded.
    """
    city = connection.execute(select(_table("cities"))).mappings().first()
    if city is None:
        raise LookupError("the registry has no city yet; load a city file")
    return Registry(
        city=City(city["name"], city["zone"]),
        sites=[Site(**row | {"polygon": _corners(row["polygon"])}) for row in _all(connection, "sites")],
        gateways=_gateways(connection),
        sensors=_sensors(connection),
        facts=read_facts(connection),
        now_ms=now_ms,
        quantities=read_quantities(connection),
    )


def _filed(connection: Connection) -> list[Gateway | Sensor]:
    """Read the gateways and sensors as the previous city file had them."""
    return [*_gateways(connection), *_sensors(connection)]


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


def _put(connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    table = _table(name)
    known = set(connection.execute(select(table.c.id)).scalars())
    for row in rows:
        if row["id"] in known:
            connection.execute(update(table).where(table.c.id == row["id"]).values(row))
        else:
            connection.execute(insert(table).values(row))
    gone = known - {row["id"] for row in rows}
    if gone:
        connection.execute(update(table).where(table.c.id.in_(gone)).values(retired=True))


def _row(table: str, record: Site | Gateway | Sensor) -> dict[str, Any]:
    return {column.name: getattr(record, column.name) for column in _table(table).c}


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
