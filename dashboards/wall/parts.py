"""What pages of the wall have in common: tiles of the worst sites, and beside the time a word on those without a tile.

as of 14:02:31 │ more sites 3   of them without data 1
the worst site │ …                                             the worst first, then the unknown, then all others
"""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.kit.current import RANKED, beyond, by_site, ranked
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import stat
from dashboards.kit.scales import PLAIN, PanelScale, limits, one_colour
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import MOST, sized, tiles
from dashboards.kit.words import Caption, Text, Words
from rules.colours import UNKNOWN

UNHEARD = Text("The platform is not heard: look at the server")
"""Where the cloud's own samples are missing, nothing may look calm."""
_MORE = Text("More sites")
_UNKNOWN = Text("Of them without data")
REST = Caption(
    _MORE,
    Text(
        "Sites that have no tile: {most} have one, the worst first, then those of which nothing is known. So none "
        "of these is worse than any that is shown.",
        most=MOST,
    ),
    Text("No data"),
)


def page(
    style: DashboardStyle, key: str, *, about: Words, rows: Sequence[PanelRow], rest: stats.Panel | None = None
) -> dashboard.Dashboard:
    """A page of the wall: the last day, and nothing to choose; in its head the `rest` of the sites."""
    return frame(style, key, about=about, rows=rows, since="now-24h", beside=rest)


def worst_sites(
    style: DashboardStyle, caption: Caption, queries: Sequence[str], *, now: str, name: str, scale: PanelScale,
    unit: str = "none", steps: Sequence[DataTransformerConfig] = (),
) -> stats.Panel:  # fmt: skip
    """A tile for each of the worst sites by `queries`, those of `sites_of` and `newest_of`, with their figure `now`."""
    return tiles(
        style, caption, *queries, value=now, name=name, scale=scale, unit=unit,
        steps=[*by_site(now), *steps, *ranked()], by=RANKED,
    )  # fmt: skip


def rest_of_sites(style: DashboardStyle, queries: Sequence[str]) -> stats.Panel:
    """How many sites by the same `queries` have no tile, and of how many of them nothing is known."""
    asked = [Query(query, table=True) for query in queries]
    panel = stat(style, REST, *asked, calc="sum", scale=one_colour(), filled=False)
    for step in (*by_site("now"), *ranked(), *beyond(MOST, counted="rest", unknown="unknown")):
        panel.with_transformation(step)
    only = {"include": {"names": ["rest", "unknown"]}}
    panel.with_transformation(DataTransformerConfig("filterFieldsByName", options=only))
    panel.override_by_name("rest", [DynamicConfigValue("displayName", style.say(_MORE))])
    grey = DynamicConfigValue("thresholds", limits((1, UNKNOWN), below=PLAIN).steps())
    panel.override_by_name("unknown", [DynamicConfigValue("displayName", style.say(_UNKNOWN)), grey])
    return sized(panel).wide_layout(True)
