"""What stands on a record: what is checked together with it, and what goes where it goes.

site daruba ◄─ gateway gw-daruba ◄─ sensor river ◄─ sensor upper, which names it next_downstream
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from cloud.registry.change_rows import RecordEdit
from cloud.registry.ownership import OWNABLE
from cloud.registry.records import Gateway, Record, Sensor, Site
from cloud.registry.snapshot import Registry

Key: TypeAlias = tuple[str, str]
"""(kind, id)."""
Records: TypeAlias = Mapping[str, Mapping[str, Record]]
"""By kind and id, the retired too."""


def after_edits(registry: Registry, edits: Iterable[RecordEdit]) -> Records:
    """All records as they are once `edits` are done."""
    found: dict[str, dict[str, Record]] = {kind: {**registry.registered(kind)} for kind in OWNABLE}
    for edit in edits:
        found[edit.kind][edit.id] = edit.after
    return found


def names_of(record: Record) -> Iterator[Key]:
    """Yield what a record refers to."""
    if isinstance(record, Site):
        return
    yield "sites", record.site
    if isinstance(record, Sensor):
        yield "gateways", record.gateway
        yield from (("sensors", name) for name in (record.twin, record.next_downstream) if name is not None)


def standing_on(records: Records, keys: Collection[Key]) -> Iterator[tuple[Key, Record]]:
    """Yield the records that are not retired and refer to one of `keys`."""
    sites, gateways, sensors = ({name for kind, name in keys if kind == wanted} for wanted in OWNABLE)
    for name, gateway in records["gateways"].items():
        if not gateway.retired and isinstance(gateway, Gateway) and gateway.site in sites:
            yield ("gateways", name), gateway
    for name, sensor in records["sensors"].items():
        if sensor.retired or not isinstance(sensor, Sensor):
            continue
        if (
            sensor.site in sites
            or sensor.gateway in gateways
            or not sensors.isdisjoint((sensor.twin, sensor.next_downstream))
        ):
            yield ("sensors", name), sensor


def neighbourhood(records: Records, keys: Iterable[Key]) -> Mapping[str, Sequence[Record]]:
    """The records of `keys` and all that they refer to, however far, as a small city of its own; none is retired."""
    found: dict[str, dict[str, Record]] = {kind: {} for kind in OWNABLE}
    waiting = list(keys)
    while waiting:
        kind, name = waiting.pop()
        record = records[kind].get(name)
        if record is None or record.retired or name in found[kind]:
            continue
        found[kind][name] = record
        waiting += names_of(record)
        waiting += [(other, name) for other in ("gateways", "sensors")]  # they share their names: none has another's
    return {kind: list(rows.values()) for kind, rows in found.items()}
