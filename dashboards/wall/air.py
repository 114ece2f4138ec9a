"""The wall's page of air: the ISPU of each site in its official colours, and the day's ISPU below."""

from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.ask import last, lately, over_time
from dashboards.kit.current import above, as_text, newest_of, sites_of
from dashboards.kit.influx import Query
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines
from dashboards.kit.scales import ISPU
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import column
from dashboards.kit.words import Caption, Text
from dashboards.wall.parts import UNHEARD, counts_of_sites, page, worst_sites
from rules import ispu
from wire import Domain

ABOUT = Text("Air quality for the wall: the ISPU of each site, and that of the last day.")
SITES = Caption(
    Text("ISPU by site"),
    Text(
        "The highest unhealthy ISPU first, in its official colours, then sites without any, which is not safe, "
        "then the others."
    ),
    UNHEARD,
)
HOURS = Caption(
    Text("ISPU of each site, last 24 hours"),
    Text("The ISPU of each hour. Dashed: where its categories begin."),
)
CATEGORY = "category"
UNHEALTHY = ispu.CATEGORIES[1].upper + 1
"""From here on an index is bad: Tidak Sehat."""
EVERY = "\"site\" != ''"


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    rows = [PanelRow(14, (_indices(style), 24)), PanelRow(14, (_hours(style), 24))]
    return page(style, "wall-air", about=ABOUT, rows=rows, counts=counts_of_sites(style, _queries()))


def _queries() -> list[str]:
    indices = lately(last("ispu"), "air", where=EVERY, by="site", within="3h")
    return [*sites_of(Domain.AIR), newest_of("ispu", indices, rank=above("ispu", UNHEALTHY))]


def _indices(style: DashboardStyle) -> StatPanel:
    scale = ISPU.or_unknown()
    panel = worst_sites(
        style, SITES, _queries(), now="ispu_now", name=f"{column('name')} · {column(CATEGORY)}", scale=scale,
        steps=as_text("ispu_now", CATEGORY),
    )  # fmt: skip
    return panel.override_by_name(CATEGORY, [DynamicConfigValue("mappings", scale.classes_as_words(style))])


def _hours(style: DashboardStyle) -> LinesPanel:
    query = over_time('last("ispu")', "air", where=EVERY, by="site", fill="none")
    panel = lines(style, HOURS, Query(query, "$tag_site"), unit="none", scale=ISPU, limits=True)
    return panel.line_width(6).min(0).interval("1h")
