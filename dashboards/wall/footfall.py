"""The wall's page of visitors: how full each site is in big figures, and the day's visitors below."""

from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.ask import last, lately, over_time
from dashboards.kit.current import above, newest_of, sites_of
from dashboards.kit.influx import Query
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines
from dashboards.kit.scales import CAPACITY
from dashboards.kit.series import BRIDGED_MS
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import column
from dashboards.kit.units import unit_of
from dashboards.kit.words import Caption, Text
from dashboards.wall.parts import UNHEARD, counts_of_sites, page, worst_sites
from rules.footfall import FULLNESS
from wire import Domain

NEARLY_FULL = int(FULLNESS[1].from_percent)
ABOUT = Text("Visitors for the wall: how full each site is, and who was there in the last day.")
SITES = Caption(
    Text("Capacity used by site"),
    Text(
        "Visitors present divided by the capacity of the site. The fullest from {full} percent on stand first, then, "
        "in grey, sites without a capacity or a count, then the others.",
        full=NEARLY_FULL,
    ),
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
    queries = [*sites_of(Domain.FOOTFALL), newest_of("capacity_used", used, rank=above("capacity_used", NEARLY_FULL))]
    full = worst_sites(
        style, SITES, queries, now="used_now", name=column("name"), scale=CAPACITY.or_unknown(),
        unit=unit_of("capacity_used", style),
    )  # fmt: skip
    rows = [PanelRow(14, (full, 24)), PanelRow(14, (_present(style), 24))]
    return page(style, "wall-footfall", about=ABOUT, rows=rows, counts=counts_of_sites(style, queries))


def _present(style: DashboardStyle) -> LinesPanel:
    query = over_time('max("visitors_present")', "footfall", where=EVERY, by="site")
    panel = lines(style, PRESENT, Query(query, "$tag_site"), unit=unit_of("visitors_present", style))
    return panel.line_width(6).min(0).span_nulls(BRIDGED_MS).interval("1m")
