"""What a site measures, a row for each domain that it has: no row stands for what is not there.

Flood      level, its limits, rain from the top      rate of rise
Visitors   those present, dashed the usual           in and out

Grafana has no panel that is there for some sites only; it has rows that are repeated for each value of a list. So every
row has the same two panels, with the queries of all domains: those of others find nothing, as they ask the measurement
of the row's own domain.
"""

import re
from collections.abc import Iterator

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    MatcherConfig,
    VariableHide,
    VariableOption,
    VariableRefresh,
)

from dashboards.hydrograph import hanging, named_only
from dashboards.kit.ask import HOURS, over_time
from dashboards.kit.events import of_domain
from dashboards.kit.influx import KNOWN, SOURCE, Query, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import LETTERS, lines
from dashboards.kit.scales import ISPU
from dashboards.kit.series import BRIDGED_MS, LIMIT_LINE, fixed, in_unit
from dashboards.kit.style import DashboardStyle
from dashboards.kit.units import decimals_of, name_of, unit_of
from dashboards.kit.words import Caption, Text
from i18n.message import Bilingual
from rules import siaga
from wire.durations import HOUR_MS
from wire.quantity_table import hour_of

HERE = one_of("site")
DOMAIN = "$domain"
ROW = "/^$domain$/"
"""The measurement of the row's own domain; of a site that measures nothing, none."""
OVER_TIME = Caption(
    Text("{domain} over time", domain=DOMAIN),
    Text(
        "Flood: the level with the limits in force, and rain of each hour from the top. Air: ISPU between the limits "
        "of its categories. Visitors: those present; dashed, what is usual for this hour and weekday."
    ),
)
BEHIND = Caption(
    Text("{domain}: what is behind it", domain=DOMAIN),
    Text(
        "Flood: the rate of rise. Air: PM2.5 and PM10, means of each hour. Visitors: people who came in (up) and went "
        "out (down)."
    ),
)
Series = tuple[Query, list[DynamicConfigValue]]


def domain_rows(style: DashboardStyle) -> PanelRow:
    """The row that is repeated."""
    over = _panel(style, OVER_TIME, [*_water(style), *_air(), *_visitors(style), *_own(style)])
    of_hours = [*_rise(style), *_particulates(style), *_gates(style), *_own(style, hours=True)]
    behind = _panel(style, BEHIND, of_hours).interval("10m")
    return PanelRow(10, (over, 14), (behind, 10), title=Bilingual(DOMAIN, DOMAIN), repeat="domain")


def domains(style: DashboardStyle) -> QueryVariable:
    """The domains that the chosen site measures, by their names; nobody chooses among them."""
    field = f"domain_title{style.suffix}"
    reported = f"{KNOWN} AND \"domain\" != 'all'"
    query = f'SELECT distinct("{field}") FROM "situation" WHERE {reported} AND {HERE}'
    variable = QueryVariable("domain").datasource(SOURCE).query({"query": query, "refId": "domain"})
    variable.regex("/^(?<text>[^|]*)\\|(?<value>.*)$/").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    variable.hide(VariableHide.HIDE_VARIABLE).multi(True).include_all(True)
    return variable.current(VariableOption(text="All", value="$__all"))


def _panel(style: DashboardStyle, caption: Caption, series: list[Series]) -> Panel:
    panel = lines(style, caption, *(query for query, _ in series), unit="none", decimals=1)
    panel.span_nulls(BRIDGED_MS).interval("1m").with_transformation(of_domain("domain"))
    for letter, (_, properties) in zip(LETTERS, series, strict=False):
        panel.override_by_query(letter, properties)
    _name_own(style, panel)
    for stage in (3, 2, 1):
        panel.override_by_regexp(f"^Siaga {stage}$", [fixed(siaga.STAGES[stage].hex)])
    # what is said of a query is said of its times too, and the time axis has no centimetres
    return panel.override_by_field_type("time", [DynamicConfigValue("custom.axisLabel", "")])


def _own(style: DashboardStyle, *, hours: bool = False) -> Iterator[Series]:
    """What the city added, by one query: of a row's other domains it finds nothing, or columns of nothing."""
    own = [row for row in style.quantities.own.values() if row.domain in own_ids(style) and not row.retired]
    if own:
        fields = [f'last("{hour_of(row.name)}")' if hours else f'mean("{row.name}")' for row in own]
        what = ", ".join(f'{field} AS "{row.name}"' for field, row in zip(fields, own, strict=True))
        text = over_time(what, ROW, where=HERE, by="sensor", fill="none" if hours else "null")
        yield Query(text, "$col · $tag_sensor"), []


def own_ids(style: DashboardStyle) -> set[str]:
    """The domains that the city added."""
    return {row.id for row in style.quantities.own_domains}


def _name_own(style: DashboardStyle, panel: Panel) -> None:
    """leq · mic-1 becomes Noise level · mic-1, in its unit."""
    for row in style.quantities.own.values():
        shown = style.say(name_of(row.name, style.quantities))
        options = {"regex": f"/^{row.name} · /", "renamePattern": f"{shown} · "}
        panel.with_transformation(DataTransformerConfig("renameByRegex", options=options))
        decimals = DynamicConfigValue("decimals", row.decimals)
        panel.override_by_regexp(f"^{re.escape(shown)} · .*", [*in_unit(unit_of(row.name, style)), decimals])
    if style.quantities.own:
        hidden = {"legend": True, "tooltip": True, "viz": True}
        nothing = MatcherConfig("byValue", {"reducer": "allIsNull"})
        panel.with_override(nothing, [DynamicConfigValue("custom.hideFrom", hidden)])


def _in(style: DashboardStyle, quantity: str) -> list[DynamicConfigValue]:
    return [*in_unit(unit_of(quantity, style)), DynamicConfigValue("decimals", decimals_of(quantity))]


def _water(style: DashboardStyle) -> Iterator[Series]:
    own = f"{HERE} AND \"quantity\" = 'water_level' AND \"domain\" = '{DOMAIN}'"
    limit = over_time('last("limit")', "threshold", where=own, by="level sensor", fill="none")
    hours = [
        over_time(f'mean("rain_hour"){sign}', ROW, where=HERE, by="", step=HOURS, fill="none") for sign in ("", " * -1")
    ]
    cm = _in(style, "water_level")
    yield Query(over_time('max("water_level")', ROW, where=HERE, by="sensor"), "$tag_sensor"), cm
    yield Query(limit, "$tag_level"), [*cm, *LIMIT_LINE]
    yield Query(hours[0], style.say(name_of("rain_hour"))), named_only(style)
    yield Query(hours[1], "▼"), hanging(style)


def _air() -> Iterator[Series]:
    index = over_time('last("ispu")', ROW, where=HERE, by="site", fill="none")
    yield (
        Query(index, "ISPU"),
        [
            DynamicConfigValue("decimals", 0),
            DynamicConfigValue("min", 0),
            DynamicConfigValue("custom.spanNulls", 2 * HOUR_MS),
            DynamicConfigValue("thresholds", ISPU.steps()),
            DynamicConfigValue("custom.thresholdsStyle", {"mode": "dashed"}),
        ],
    )


def _visitors(style: DashboardStyle) -> Iterator[Series]:
    people = [*_in(style, "visitors_present"), DynamicConfigValue("min", 0)]
    usual = [
        DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [4, 6]}),
        DynamicConfigValue("custom.lineInterpolation", "stepAfter"),
        DynamicConfigValue("custom.spanNulls", 2 * HOUR_MS),
        DynamicConfigValue("custom.showPoints", "never"),
    ]
    yield Query(over_time('max("visitors_present")', ROW, where=HERE, by="site"), style.say(Text("Now"))), people
    text = over_time('last("visitors_usual")', ROW, where=HERE, by="site", fill="none")
    yield Query(text, style.say(Text("Usually"))), [*people, *usual]


def _rise(style: DashboardStyle) -> Iterator[Series]:
    text = over_time('mean("rise_rate")', ROW, where=HERE, by="sensor")
    yield Query(text, "$tag_sensor"), _in(style, "rise_rate")


def _particulates(style: DashboardStyle) -> Iterator[Series]:
    for quantity in ("pm2_5", "pm10"):
        text = over_time(f'last("{quantity}_hour")', ROW, where=HERE, by="sensor", fill="none")
        hourly = [*_in(style, quantity), DynamicConfigValue("custom.spanNulls", 2 * HOUR_MS)]
        yield Query(text, f"$tag_sensor · {style.say(name_of(quantity))}"), hourly


def _gates(style: DashboardStyle) -> Iterator[Series]:
    bars = [
        *_in(style, "people_in"),
        DynamicConfigValue("custom.drawStyle", "bars"),
        DynamicConfigValue("custom.fillOpacity", 60),
        DynamicConfigValue("custom.lineWidth", 1),
    ]
    for quantity, sign in (("people_in", ""), ("people_out", " * -1")):
        text = over_time(f'sum("{quantity}"){sign}', ROW, where=HERE, by="site", fill="none")
        yield Query(text, style.say(name_of(quantity))), bars
