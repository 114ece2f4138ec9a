"""The wall's page of visitors: how full each site is in big figures, and the day's visitors below."""

from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.ask import last, lately, over_time
from dashboards.kit.current import by_site, newest_of, sites_of
from dashboards.kit.influx import Query
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines
from dashboards.kit.scales import CAPACITY
from dashboards.kit.series import BRIDGED_MS
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import column, tiles
from dashboards.kit.units import unit_of
from dashboards.kit.words import Caption, Text
from dashboards.wall.parts import UNHEARD, page
from wire import Domain

ABOUT = Text("Visitors for the wall: how full each site is, and who was there in the last day.")
SITES = Caption(
    Text("Capacity used by site"),
    Text("The fullest site first: visitors present divided by its capacity. Grey: no capacity, or no count."),
    UNHEARD,
)
PRESENT = Caption(
    Text("Visitors present, last 24 hours"),
    Text("The most that were present in each step of time, by site."),
)
EVERY = "\"site\" != ''"


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    used = lately(last("capacity_used"), "footfall", where=EVERY, by="site", within="15m")
    full = tiles(
        style, SITES, *sites_of(Domain.FOOTFALL), newest_of("capacity_used", used), value="used_now",
        name=column("name"), scale=CAPACITY.or_unknown(), unit=unit_of("capacity_used", style),
        steps=by_site("used_now"),
    )  # fmt: skip
    return page(
        style, "wall-footfall", about=ABOUT, rows=[PanelRow(14, (full, 24)), PanelRow(14, (_present(style), 24))]
    )


def _present(style: DashboardStyle) -> LinesPanel:
    query = over_time('max("visitors_present")', "footfall", where=EVERY, by="site")
    panel = lines(style, PRESENT, Query(query, "$tag_site"), unit=unit_of("visitors_present", style))
    return panel.line_width(6).min(0).span_nulls(BRIDGED_MS).interval("1m")
