"""city.toml: the city as people write it down, read with every mistake in it at once.

owns = ["sites", "gateways", "sensors"]                          what the file owns, all if silent: ownership.py
[city]   [[sites]]   [[gateways]]   [[sensors]]                  city_tables.py
[[domains]]   [[quantities]]                                     what the city adds to Siaga's own: city_quantities.py
What it says otherwise than the file before it becomes a dated fact: from `valid_from` of its sensor on, else from now.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import field_validator

from cloud.registry.city_quantities import Domains, Quantities, table_of
from cloud.registry.city_records import of_table
from cloud.registry.city_tables import CityTable, GatewayTable, SensorTable, SiteTable
from cloud.registry.consistency import KINDS, Tables, consistency_problems
from cloud.registry.ownership import OWNABLE, Kind, mistake_of
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from i18n.message import located
from runtime.settings import Settings, SettingsError, parse_settings, read_document


class CityFile(Settings):
    """The whole of city.toml."""

    owns: tuple[Kind, ...] = OWNABLE
    city: CityTable
    domains: Domains = ()
    quantities: Quantities = ()
    sites: tuple[SiteTable, ...] = ()
    gateways: tuple[GatewayTable, ...] = ()
    sensors: tuple[SensorTable, ...] = ()

    @field_validator("owns")
    @classmethod
    def _what_it_owns_refers_to_what_it_owns(cls, owns: tuple[Kind, ...]) -> tuple[Kind, ...]:
        if mistake := mistake_of(owns):
            raise ValueError(mistake)
        return tuple(kind for kind in OWNABLE if kind in owns)


def read_city_file(file: Path) -> Registry:
    """Read the city that `file` describes; SettingsError lists every mistake."""
    return city_of(read_document(file), file.name)


def city_of(document: dict[str, Any], file_name: str) -> Registry:
    """Make the city of a document that was parsed; `file_name` opens each sentence of SettingsError."""
    problems: list[str] = [
        located(file_name, located(key, sentence)) for key, sentence in consistency_problems(_tables(document))
    ]
    try:
        parsed = parse_settings(document, CityFile, file_name)
    except SettingsError as error:
        raise SettingsError(error.problems + problems) from None
    if problems:
        raise SettingsError(problems)
    zone = parsed.city.zone
    records = [of_table(table, zone=zone) for table in (*parsed.sites, *parsed.gateways, *parsed.sensors)]
    return Registry(
        city=City(parsed.city.name, zone),
        sites=[each for each in records if isinstance(each, Site)],
        gateways=[each for each in records if isinstance(each, Gateway)],
        sensors=[each for each in records if isinstance(each, Sensor)],
        quantities=table_of(parsed.domains, parsed.quantities),
        file_owns=parsed.owns,
    )


def _tables(document: Mapping[str, Any]) -> Tables:
    named = {name: document.get(name) for name in KINDS}
    return {name: rows for name, rows in named.items() if isinstance(rows, list)}
