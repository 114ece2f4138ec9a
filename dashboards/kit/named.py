"""Names in the place of ids, on whatever panel shows some: series by their tags, columns of tables by their values.

river-daruba ────  ─►  Tinggi air Daruba ────        army-dock │ 12  ─►  Pantai Army Dock │ 12, its link keeps the id

A query of readings knows ids alone: names change, and readings keep the tags they were stored with. So the names are
those of the city's file when the dashboards are written; what came since stands by its id until they are written again.
"""

import re
from collections.abc import Iterator

from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldConfigSource,
    ValueMap,
    ValueMappingResult,
)

from dashboards.kit.city import KINDS, CityNames
from dashboards.kit.influx import InfluxQuery

OWN_VALUE = "${__value.raw:percentencode}"
"""The id itself in a link, where the cell shows its name."""


def show_names(panel: dashboard.Panel, names: CityNames) -> None:
    """Let a panel show names in the place of ids."""
    if panel.type_val == "table":
        _name_cells(panel, names)
    renamed = list(_renamed(panel, names))
    if renamed:  # first, while the series are as they were asked for
        panel.transformations = [*renamed, *(panel.transformations or ())]


def _renamed(panel: dashboard.Panel, names: CityNames) -> Iterator[DataTransformerConfig]:
    found: dict[str, str] = {}
    for target in panel.targets or ():
        if isinstance(target, InfluxQuery):
            for kind in KINDS:
                if f"$tag_{kind}" in target.query.alias:
                    found |= names.in_query(kind, target.query.text)
    for identifier, name in found.items():
        # alone or before what a panel adds: "army-dock · usual"
        options = {"regex": f"/^{re.escape(identifier)}(?= · |$)/", "renamePattern": name.replace("$", "$$")}
        yield DataTransformerConfig("renameByRegex", options=options)


def _name_cells(panel: dashboard.Panel, names: CityNames) -> None:
    config = panel.field_config or FieldConfigSource()
    for override in config.overrides:
        column = override.matcher.options
        # a hidden column is an id for the links of others
        hidden = any(each.id_val == "custom.hidden" and each.value for each in override.properties)
        if override.matcher.id_val == "byName" and column in KINDS and names.of(column) and not hidden:
            kept = [each for each in override.properties if each.id_val != "mappings"]
            override.properties = [_by_id(each, column) for each in kept]
            words = {key: ValueMappingResult(text=name) for key, name in names.of(column).items()}
            override.properties.append(DynamicConfigValue("mappings", [ValueMap(words)]))


def _by_id(property_: DynamicConfigValue, column: str) -> DynamicConfigValue:
    """A link of the column itself takes the id and not the name that the cell shows; others' links read the name."""
    if property_.id_val != "links" or not isinstance(property_.value, list):
        return property_
    links = [{**link, "url": link["url"].replace(_shown(column), OWN_VALUE)} for link in property_.value]
    return DynamicConfigValue("links", links)


def _shown(column: str) -> str:
    return f"${{__data.fields.{column}:percentencode}}"
