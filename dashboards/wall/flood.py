"""The wall's page of flood: the state of each site, how near gauges are to their next level, and the day's levels."""

from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.ask import over_time
from dashboards.kit.current import newest_of, sites_of
from dashboards.kit.influx import KNOWN, Query, newest
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines
from dashboards.kit.scales import RANK, SEVERITY, one_colour
from dashboards.kit.series import BRIDGED_MS
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import column, tiles
from dashboards.kit.units import decimals_of, unit_of
from dashboards.kit.unknown import NO_DATA, no_value_as
from dashboards.kit.words import Caption, Text
from dashboards.wall.parts import UNHEARD, counts_of_sites, page, worst_sites
from rules.colours import UNKNOWN
from wire import Domain

ABOUT = Text("Flood for the wall: the state of each site, and the levels of the last day.")
SITES = Caption(
    Text("Flood by site"),
    Text(
        "The worst sites first, with the state in official words, then those of which nothing is known, in grey, which "
        "is not safe."
    ),
    UNHEARD,
)
LEVELS = Caption(
    Text("Water level of each gauge, last 24 hours"),
    Text("The highest value of each step of time, in cm over the gauge's own zero."),
)
NEAREST = Caption(
    Text("Nearest to the next level"),
    Text("The gauges whose water is nearest to the next level of their rules, and how far that is."),
    Text("No gauge is known to be below a level, or the platform is not heard"),
)
NEAREST_MOST = 3
EVERY = "\"sensor\" != ''"


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    rows = [PanelRow(14, (_states(style), 24)), PanelRow(14, (_levels(style), 14), (_nearest(style), 10))]
    return page(style, "wall-flood", about=ABOUT, rows=rows, counts=counts_of_sites(style, _queries(style)))


def _queries(style: DashboardStyle) -> list[str]:
    word = f"word{style.suffix}"
    where = f"\"domain\" = '{Domain.FLOOD}'"
    states = newest("situation", f"severity {word}", by="site", where=where, within=KNOWN)  # so its columns are there
    return [*sites_of(Domain.FLOOD), newest_of("severity", states, [word], rank=RANK)]


def _states(style: DashboardStyle) -> StatPanel:
    """The state of each site in official words; a site that is not heard has none."""
    word = f"word{style.suffix}"
    panel = worst_sites(
        style, SITES, _queries(style), now="severity_now", name=f"{column('name')} · {column(word)}", scale=SEVERITY
    )
    return panel.override_by_name(word, [DynamicConfigValue("mappings", [no_value_as(style.say(NO_DATA), UNKNOWN)])])


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
