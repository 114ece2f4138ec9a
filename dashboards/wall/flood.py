"""The wall's page of flood: the state of each site, how near gauges are to their next level, and the day's levels."""

from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.ask import over_time
from dashboards.kit.influx import Query, newest
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines
from dashboards.kit.scales import SEVERITY, one_colour
from dashboards.kit.series import BRIDGED_MS
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import column, tiles
from dashboards.kit.units import decimals_of, unit_of
from dashboards.kit.words import Caption, Text
from dashboards.wall.parts import UNHEARD, named_state, page, states_of_sites
from wire import Domain

ABOUT = Text("Flood for the wall: the state of each site, and the levels of the last day.")
SITES = Caption(
    Text("Flood by site"),
    Text("The worst sites first, with the state in official words. Grey: nothing is known, which is not safe."),
    UNHEARD,
)
LEVELS = Caption(
    Text("Water level of each gauge, last 24 hours"),
    Text("The highest value of each step of time, in cm over the gauge's own zero."),
)
NEAREST = Caption(
    Text("Nearest to the next level"),
    Text("The gauges whose water is nearest to the next level of their rules, and how far that is."),
    Text("No gauge is known to be below a level"),
)
NEAREST_MOST = 3
EVERY = "\"sensor\" != ''"


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    states = tiles(
        style, SITES, states_of_sites(style, Domain.FLOOD), value="severity", name=named_state(style), scale=SEVERITY
    )
    rows = [PanelRow(14, (states, 24)), PanelRow(14, (_levels(style), 14), (_nearest(style), 10))]
    return page(style, "wall-flood", about=ABOUT, rows=rows)


def _levels(style: DashboardStyle) -> LinesPanel:
    query = over_time('max("water_level")', "flood", where=EVERY, by="sensor")
    unit, decimals = unit_of("water_level", style), decimals_of("water_level")
    panel = lines(style, LEVELS, Query(query, "$tag_sensor"), unit=unit, decimals=decimals)
    return panel.line_width(6).span_nulls(BRIDGED_MS).interval("1m")


def _nearest(style: DashboardStyle) -> StatPanel:
    level = f"next{style.suffix}"
    query = newest("next_level", f"trend name {level} distance", by="gateway sensor site", keep='"distance" >= 0')
    return tiles(
        style, NEAREST, query, value="distance", name=f"{column('name')} → {column(level)}", scale=one_colour(),
        unit=unit_of("water_level", style), most=NEAREST_MOST, least_first=True, filled=False,
    )  # fmt: skip
