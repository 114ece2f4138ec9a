"""What pages of the wall have in common: tiles of the worst sites, and beside the time a word on those without a tile.

as of 14:02:31 │ sites 9   not shown 3   without data 1
the worst site │ …                                             the worst first, then the unknown, then all others
"""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.kit.current import RANKED, by_site, counts, ranked
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import stat
from dashboards.kit.scales import ATTENTION, PLAIN, PanelScale, limits, one_colour
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import MOST, sized, tiles
from dashboards.kit.words import Caption, Text, Words

UNHEARD = Text("The platform is not heard: look at the server")
"""Where the cloud's own samples are missing, nothing may look calm."""
_SITES, _HIDDEN, _UNKNOWN = Text("Sites"), Text("Not shown"), Text("Without data")
COUNTS = Caption(
    _SITES,
    Text(
        "All sites of the last day, how many of them have no tile below, and of how many nothing is known now. The "
        "worst have the {most} tiles, then those of which nothing is known: so none that is not shown is worse than "
        "one that is.",
        most=MOST,
    ),
    Text("No data"),
)


def page(
    style: DashboardStyle, key: str, *, about: Words, rows: Sequence[PanelRow], counts: stats.Panel | None = None
) -> dashboard.Dashboard:
    """A page of the wall: the last day, and nothing to choose; in its head the `counts` of its sites."""
    return frame(style, key, about=about, rows=rows, since="now-24h", beside=counts)


def worst_sites(
    style: DashboardStyle, caption: Caption, queries: Sequence[str], *, now: str, name: str, scale: PanelScale,
    unit: str = "none", steps: Sequence[DataTransformerConfig] = (),
) -> stats.Panel:  # fmt: skip
    """A tile for each of the worst sites by `queries`, those of `sites_of` and `newest_of`, with their figure `now`."""
    return tiles(
        style, caption, *queries, value=now, name=name, scale=scale, unit=unit,
        steps=[*by_site(now), *steps, *ranked()], by=RANKED,
    )  # fmt: skip


def counts_of_sites(style: DashboardStyle, queries: Sequence[str]) -> stats.Panel:
    """How many sites there are by the same `queries`, how many have no tile, and of how many nothing is known."""
    asked = [Query(query, table=True) for query in queries]
    panel = stat(style, COUNTS, *asked, calc="sum", scale=one_colour(), filled=False, named=True)
    for step in (*by_site("now"), *ranked(), *counts(MOST, each="sites", hidden="hidden", unknown="unknown")):
        panel.with_transformation(step)
    only = {"include": {"names": ["sites", "hidden", "unknown"]}}
    panel.with_transformation(DataTransformerConfig("filterFieldsByName", options=only))
    panel.override_by_name("sites", [DynamicConfigValue("displayName", style.say(_SITES))])
    for name, title in (("hidden", _HIDDEN), ("unknown", _UNKNOWN)):
        steps = limits((1, ATTENTION), below=PLAIN).steps()
        panel.override_by_name(
            name, [DynamicConfigValue("displayName", style.say(title)), DynamicConfigValue("thresholds", steps)]
        )
    return sized(panel).wide_layout(True)
