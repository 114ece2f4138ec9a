"""A record as a table of city.toml has it, and back: what is checked in one place, whoever wrote it.

fields_of(Site("daruba", …))    -> {"id": "daruba", "name": "Daruba river", "latitude": 2.05, …}
record_of("sites", fields, …)   -> Site("daruba", …)      SettingsError: a sentence for each mistake
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloud.registry.city_tables import GatewayTable, SensorTable, SiteTable
from cloud.registry.ownership import ONE_OF
from cloud.registry.records import NO_CALIBRATION, Calibration, Contact, Gateway, Record, Sensor, Site
from runtime.settings import Settings, parse_settings

TABLES: Mapping[str, type[Settings]] = {"sites": SiteTable, "gateways": GatewayTable, "sensors": SensorTable}
RECORDS: Mapping[str, type[Record]] = {"sites": Site, "gateways": Gateway, "sensors": Sensor}


def record_of(kind: str, fields: Mapping[str, Any], *, zone: str) -> Record:
    """Check the keys of a table, and make its record; `zone` is that of a site that names none."""
    name = fields.get("id")
    table = parse_settings(dict(fields), TABLES[kind], f"{ONE_OF[kind]} {name}" if name else ONE_OF[kind])
    return of_table(table, zone=zone)


def of_table(table: Settings, *, zone: str) -> Record:
    """Make the record of a table that was checked."""
    if isinstance(table, SiteTable):
        contacts = tuple(Contact(**dict(contact)) for contact in table.contacts)
        return Site(**dict(table) | {"zone": table.zone or zone, "contacts": contacts})
    if isinstance(table, SensorTable):
        return _sensor(table)
    return Gateway(**dict(table))


def fields_of(record: Record, *, zone: str) -> dict[str, Any]:
    """The keys of a record's table, in their order, without those that say nothing; `zone` is the city's."""
    kind = kind_of(record)
    found = {key: getattr(record, key, None) for key in TABLES[kind].model_fields}
    if isinstance(record, Site):
        found |= {"zone": None if record.zone == zone else record.zone}
        found |= {"polygon": [list(corner) for corner in record.polygon]}
        found |= {"contacts": [_without_empty(_columns(contact)) for contact in record.contacts]}
    if isinstance(record, Sensor):
        lines = {name: _columns(line) for name, line in record.calibration.items() if line != NO_CALIBRATION}
        found |= {"quantities": list(record.quantities), "groups": list(record.groups), "calibration": lines}
        found |= {"stamped": record.stamped and record.stamped.value, "valid_from": _moment(record.valid_from_ms)}
    return _without_empty(found)


def kind_of(record: Record) -> str:
    """The kind of a record: sites, gateways or sensors."""
    return next(kind for kind, form in RECORDS.items() if isinstance(record, form))


def _sensor(table: SensorTable) -> Sensor:
    lines = {name: Calibration(row.scale, row.offset) for name, row in table.calibration.items()}
    given = dict(table)
    valid_from = given.pop("valid_from")
    valid_from_ms = None if valid_from is None else round(valid_from.timestamp() * 1_000)
    dated = {"calibration": lines, "valid_from_ms": valid_from_ms}
    return Sensor(**given | {"quantities": tuple(table.quantities)} | dated)


def _moment(time_ms: int | None) -> datetime | None:
    return None if time_ms is None else datetime.fromtimestamp(time_ms / 1_000, UTC)


def _columns(row: Contact | Calibration) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
