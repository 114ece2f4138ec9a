"""A row for each sensor, a column for each quantity that any of them has: a dash where a sensor has none.

sensor        PM2.5      PM10       Temperature
air-market    12.1       24.6       –

The fields are asked for by a pattern, which InfluxDB fills with all that is measured anywhere: what none of the
sensors of the table has is hidden.
"""

from collections.abc import Iterable, Iterator

from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue, MatcherConfig

from dashboards.kit.ask import lately
from dashboards.kit.current import heard, while_heard
from dashboards.kit.influx import SOURCE, InfluxQuery, Query
from dashboards.kit.links import from_column, to_sensor
from dashboards.kit.panels import LETTERS, thresholds
from dashboards.kit.scales import PanelScale, one_colour
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import NAME_PX, NARROWEST
from dashboards.kit.units import decimals_of, name_of, unit_of
from dashboards.kit.words import Caption, Text

EMPTY = MatcherConfig("byValue", {"reducer": "allIsNull"})
"""The columns in which nothing stands."""
_SHOWN = {"include": {"pattern": "^(sensor|last_.*)$"}}
_FIRST = {"excludeByName": {}, "indexByName": {"sensor": 0}, "renameByName": {}}


def by_sensor(
    style: DashboardStyle,
    caption: Caption,
    quantities: Iterable[str],
    *,
    where: str,
    within: str,
    scale: PanelScale | None = None,
) -> Panel:
    """The newest `quantities` of the sensors that `where` chooses, at most `within` (15m) old, coloured by `scale`."""
    names = list(quantities)
    panel = Panel().title(style.say(caption.title)).description(style.say(caption.about))
    panel.no_value(style.say(caption.nothing)).datasource(SOURCE).unit("none").decimals(0)
    panel.thresholds(thresholds(scale or one_colour())).show_header(True).min_width(NARROWEST)
    domains = dict.fromkeys(style.quantities[name].domain for name in names)
    for letter, domain in zip(LETTERS, domains, strict=False):
        of_domain = [name for name in names if style.quantities[name].domain == domain]
        panel.with_target(InfluxQuery(_query(of_domain, domain, where, within), ref=letter))
    for step in _while_heard(panel, len(domains)):
        panel.with_transformation(step)
    panel.with_transformation(DataTransformerConfig("filterFieldsByName", options=_SHOWN))
    panel.with_transformation(DataTransformerConfig("organize", options=_FIRST))
    for name in names:
        panel.override_by_regexp(f"^last_{name}$", _column(style, name, scale))
    links = DynamicConfigValue("links", [to_sensor(style, from_column("sensor"))])
    whole = DynamicConfigValue("custom.minWidth", NAME_PX)
    # for Grafana a column of texts is one of nothing, so the sensor's is told to stay
    panel.with_override(EMPTY, [DynamicConfigValue("custom.hidden", True)])
    panel.override_by_regexp("^sensor$", [DynamicConfigValue("custom.hidden", False)])
    return panel.override_by_name(
        "sensor", [DynamicConfigValue("displayName", style.say(Text("Sensor"))), links, whole]
    )


def _while_heard(panel: Panel, tables: int) -> Iterator[DataTransformerConfig]:
    """A figure says how things are, so it is there only while the platform is heard."""
    for letter, query in zip(LETTERS[tables:], heard(), strict=False):
        panel.with_target(InfluxQuery(query, ref=letter))
    yield from while_heard(DataTransformerConfig("merge", options={}), tables)


def _query(names: Iterable[str], domain: str, where: str, within: str) -> Query:
    pattern = "|".join(names)
    return Query(lately(f"last(/^({pattern})$/)", domain, where=where, by="sensor", within=within), table=True)


def _column(style: DashboardStyle, name: str, scale: PanelScale | None) -> list[DynamicConfigValue]:
    filled = {"type": "color-background", "mode": "basic"}
    return [
        DynamicConfigValue("displayName", style.say(name_of(name, style.quantities))),
        DynamicConfigValue("unit", unit_of(name, style)),
        DynamicConfigValue("decimals", decimals_of(name, style.quantities)),
        *([DynamicConfigValue("custom.cellOptions", filled)] if scale is not None else []),
    ]
