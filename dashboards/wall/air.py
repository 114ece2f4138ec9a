"""The wall's page of air: the ISPU of each site in its official colours, and the day's ISPU below."""

from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.ask import lately, over_time, rows
from dashboards.kit.influx import Query
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines
from dashboards.kit.scales import ISPU
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import by_site, tiles
from dashboards.kit.words import Caption, Text
from dashboards.wall.parts import UNHEARD, named_state, page, states_of_sites
from wire import Domain

ABOUT = Text("Air quality for the wall: the ISPU of each site, and that of the last day.")
SITES = Caption(
    Text("ISPU by site"),
    Text("The highest ISPU first, in its official colours. Grey: there is none, which is not safe."),
    UNHEARD,
)
HOURS = Caption(
    Text("ISPU of each site, last 24 hours"),
    Text("The ISPU of each hour. Dashed: where its categories begin."),
)
EVERY = "\"site\" != ''"


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    newest = rows("site ispu", lately('last("ispu") AS "ispu"', "air", where=EVERY, by="site", within="3h"))
    indices = tiles(
        style, SITES, states_of_sites(style, Domain.AIR), newest,
        value="ispu_now", name=named_state(style), scale=ISPU, steps=by_site("ispu"),
    )  # fmt: skip
    return page(style, "wall-air", about=ABOUT, rows=[PanelRow(14, (indices, 24)), PanelRow(14, (_hours(style), 24))])


def _hours(style: DashboardStyle) -> LinesPanel:
    query = over_time('last("ispu")', "air", where=EVERY, by="site", fill="none")
    panel = lines(style, HOURS, Query(query, "$tag_site"), unit="none", scale=ISPU, limits=True)
    return panel.line_width(6).min(0).interval("1h")
