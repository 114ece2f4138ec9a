"""The registry as a city.toml: what is not retired, as it is now, in one form; importing it changes nothing.

exported(registry)  -> owns = []
                       [city]
                       name = "Morotai" …        [[domains]] [[quantities]] [[sites]] [[gateways]] [[sensors]]
"""

from collections.abc import Iterator

from cloud.registry.city_quantities import domain_fields, quantity_fields
from cloud.registry.city_records import fields_of
from cloud.registry.ownership import OWNABLE
from cloud.registry.snapshot import Registry
from runtime.toml_text import toml_table, toml_value


def exported(registry: Registry) -> str:
    """Write a registry as the text of a city.toml; records stand by their ids."""
    return "\n".join(_lines(registry)) + "\n"


def _lines(registry: Registry) -> Iterator[str]:
    yield f"owns = {toml_value(list(registry.file_owns))}"
    yield from toml_table("[city]", {"name": registry.city.name, "zone": registry.city.zone})
    table = registry.quantities
    for domain in sorted(table.own_domains, key=lambda row: row.id):
        if not domain.retired:
            yield from toml_table("[[domains]]", domain_fields(domain))
    for quantity in sorted(table.own.values(), key=lambda row: row.name):
        if not quantity.retired:
            yield from toml_table("[[quantities]]", quantity_fields(quantity))
    for kind in OWNABLE:
        for _, record in sorted(registry.registered(kind).items()):
            if not record.retired:
                yield from toml_table(f"[[{kind}]]", fields_of(record, zone=registry.city.zone))
