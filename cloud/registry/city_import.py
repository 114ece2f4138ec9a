"""A city.toml taken over into a registry that it does not own: what would change, as edits like any other.

file has            registry has         becomes
river               nothing              add
river, other name   river                edit, field by field; what is dated from its `valid_from` on, or now
river               river, retired       restore
no river            river                retire        (of a kind that the file lists not at all, nothing)
"""

from collections.abc import Iterator

import msgspec

from cloud.registry.change_rows import RecordEdit
from cloud.registry.city_file import city_of
from cloud.registry.editing_drafts import EditRefused, difference, normal
from cloud.registry.ownership import ONE_OF, OWNABLE
from cloud.registry.records import Record, Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, located
from runtime.settings import SettingsError, document_in
from wire import QuantityTable

MOST_BYTES = 8 * 2**20
"""Of a file that is imported: ten thousand sensors are 2 MiB."""


def imported(registry: Registry, text: str, file_name: str, *, now_ms: int) -> list[RecordEdit]:
    """Give the edits that make the registry what a file says; EditRefused with every mistake in the file."""
    try:
        document = document_in(text, file_name)
        city = city_of(document, file_name)
    except SettingsError as error:
        raise EditRefused("refused", *error.problems) from None
    if problems := list(_of_the_file_s_own(registry, city)):
        raise EditRefused("owned", *problems)
    return [edit for kind in OWNABLE if kind in document for edit in _of_kind(registry, city, kind, now_ms)]


def _of_the_file_s_own(registry: Registry, city: Registry) -> Iterator[str]:
    if city.city != registry.city:
        yield LocalizedMessage("[city]: says otherwise than the registry; it is changed in city.toml itself")
    if _own_table(city.quantities) != _own_table(registry.quantities):
        yield LocalizedMessage(
            "[[domains]] or [[quantities]]: say otherwise than the registry; they are changed in city.toml itself"
        )


def _own_table(table: QuantityTable) -> dict[str, object]:
    return {row.id: row for row in table.own_domains if not row.retired} | {
        f"quantity {name}": row for name, row in table.own.items() if not row.retired
    }


def _of_kind(registry: Registry, city: Registry, kind: str, now_ms: int) -> Iterator[RecordEdit]:
    held, named = registry.registered(kind), city.registered(kind)
    for name, record in named.items():
        before = held.get(name)
        if before is None:
            _must_be_free(registry, kind, name)
            yield RecordEdit(None, normal(record))
        else:
            yield from _changed(before, record)
    for name, record in held.items():
        if name not in named and not record.retired:
            yield RecordEdit(record, msgspec.structs.replace(record, retired=True, retired_ms=now_ms))


def _changed(before: Record, after: Record) -> Iterator[RecordEdit]:
    yield from difference(before, after, after.valid_from_ms if isinstance(after, Sensor) else None)


def _must_be_free(registry: Registry, kind: str, name: str) -> None:
    for other in {"gateways", "sensors"} - {kind} if kind != "sites" else ():
        if name in registry.registered(other):
            told = LocalizedMessage(
                "{name!r} is a {kind} already, or was one; write another id", name=name, kind=ONE_OF[other]
            )
            raise EditRefused("exists", located(kind, told))
