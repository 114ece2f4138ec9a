"""How the city's settings are laid over edge.toml, by the table of those that are the city's (`wire/city_settings.py`).

CITYS                      the city's word holds where it says one, else edge.toml's     (docs/edge.md has this table)
everything else            edge.toml's alone: what the city says of it is passed over, and named in its report
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from edge.settings import EdgeSettings, HealthSettings, SourceTable, UplinkSettings
from firmware_bridge.catalog import find
from runtime.settings import Settings
from wire.city_settings import keys_of
from wire.gateway_config import ExpectedSensor, GatewayConfig, Table

_OPTION_OF = {"mounting_height_cm": "mounting_height_cm", "interval_s": "every_s"}
"""A sensor's property, and the option of its source that it sets."""
_TABLES: Mapping[str, type[Settings]] = {"uplink": UplinkSettings, "health": HealthSettings, "sources": SourceTable}


def without_the_citys(settings: EdgeSettings) -> dict[str, object]:
    """The tables of edge.toml without what the city may set: that is used without a restart, whoever has set it."""
    tables: dict[str, object] = dict(settings)
    for part in ("uplink", "health"):
        tables[part] = getattr(settings, part).model_dump(exclude=set(keys_of(part)))
    return tables


class Overlay(NamedTuple):
    """A settings document with the city's words in it, and a sentence on each that was passed over."""

    document: dict[str, Any]
    passed_over: list[str]


def laid_over(document: Mapping[str, Any], config: GatewayConfig) -> Overlay:
    """Lay what the city says over the `document` that edge.toml is; neither of the two is changed."""
    merged: dict[str, Any] = dict(document)
    passed_over: list[str] = []
    for part, table in (("uplink", config.uplink), ("health", config.health)):
        if table is not None:
            passed_over += _foreign(part, part, table)
            merged[part] = _table(document, part) | _citys(part, table)
    given = document.get("sources")
    sources = [dict(table) if isinstance(table, dict) else table for table in given] if isinstance(given, list) else []
    by_name = {table.get("name"): table for table in sources if isinstance(table, dict)}
    for name, table in (config.sources or {}).items():
        if name not in by_name:
            passed_over.append(f"sources.{name}: edge.toml has no source of this name")
            continue
        passed_over += _foreign(f"sources.{name}", "sources", table)
        by_name[name].update(_citys("sources", table))
    expected = {sensor.id: sensor for sensor in config.sensors or ()}
    for table in by_name.values():
        table.update(_options(table, expected))
    if sources:
        merged["sources"] = sources
    return Overlay(merged, passed_over)


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name)
    return dict(table) if isinstance(table, dict) else {}


def _citys(part: str, table: Table) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key in keys_of(part)}


def _foreign(place: str, part: str, table: Table) -> Iterator[str]:
    """A sentence for each key that the city cannot set."""
    for key in table:
        if key in keys_of(part):
            continue
        if key in _TABLES[part].model_fields:
            yield f"{place}.{key[:100]}: is edge.toml's alone; change it at the gateway"
        else:
            yield f"{place}.{key[:100]}: is not known to this version of the gateway"


def _options(table: Mapping[str, Any], expected: Mapping[str, ExpectedSensor]) -> dict[str, float]:
    """The options of a source that follow from what the city expects of its sensor; those that its family has."""
    sensor = expected.get(str(table.get("sensor")))
    found = find(str(table.get("family")))
    if sensor is None or found is None:
        return {}
    has = {option.name for option in found.entry.options}
    values = {option: getattr(sensor, key) for key, option in _OPTION_OF.items()}
    return {option: value for option, value in values.items() if option in has and value is not None}
