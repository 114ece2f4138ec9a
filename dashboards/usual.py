"""Now against the usual for this hour and weekday: what the cloud found usual, and how many weeks it stands on.

dodola   now 42   usual 30 (25 to 36, of 4 weeks)   12 more
"""

from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.ask import over_time
from dashboards.kit.influx import Query, newest
from dashboards.kit.links import from_column, to_site
from dashboards.kit.panels import lines
from dashboards.kit.scales import ATTENTION, PLAIN, Class, PanelScale
from dashboards.kit.series import BRIDGED_MS, opens_site
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import unit_of
from dashboards.kit.words import Caption, Text
from i18n.message import in_context
from rules.colours import UNKNOWN
from wire.measurements import USUAL_UNKNOWN

NOW = Caption(
    Text("Now against the usual for this hour and weekday"),
    Text(
        "Usual: the median of the same hour on the same weekday of up to eight weeks before; busier is what three "
        "quarters of them were not. Of fewer than three weeks nothing is usual. Holidays are not known."
    ),
    Text("No site is reported: none counts visitors, or the platform is not heard"),
)
STATE = PanelScale(
    (
        Class(USUAL_UNKNOWN, Text("not known"), UNKNOWN),
        Class(-1, Text("quieter"), PLAIN),
        Class(0, Text("as usual"), PLAIN),
        Class(1, Text("busier"), ATTENTION),
    ),
    words=True,
)
"""Being as usual is no safety, and so not green: how full a place is, its capacity says."""
USUAL = Text("usual")
OVER_TIME = Caption(
    Text("Visitors present, and what is usual"),
    Text(
        "The most that were present in each step of time, by site. Dashed: usual for this hour and weekday, the "
        "median of up to eight weeks."
    ),
)


def against_usual(style: DashboardStyle, where: str) -> TablePanel:
    """The sites that `where` chooses, the one with the most above its usual first."""
    own = style.suffix
    fields = f"state name present usual difference low high weeks text{own}"
    people = unit_of("visitors_present", style)
    return table(
        style, NOW, Query(newest("presence", fields, by="site instance", where=where), table=True),
        worst_first="difference",
        columns=[
            TableColumn(name="name", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name="present", title=Text("Now"), unit=people, decimals=0, width=110),
            TableColumn(name="usual", title=Text("Usually"), unit=people, decimals=0, width=110),
            TableColumn(name="difference", title=Text("Difference"), unit=people, decimals=0, width=120),
            TableColumn(name="state", title=in_context("dashboards", "State"), scale=STATE, width=110),
            TableColumn(name=f"text{own}", title=Text("In words")),
            TableColumn(name="site", title=Text("Site id"), hidden=True),
        ],
    )  # fmt: skip


def present_and_usual(style: DashboardStyle, where: str) -> LinesPanel:
    """Both over time: what is usual is dashed, in the colour of nothing else."""
    present = over_time('max("visitors_present")', "footfall", where=where, by="site")
    usual = over_time('last("visitors_usual")', "footfall", where=where, by="site", fill="none")
    panel = lines(
        style, OVER_TIME,
        Query(present, alias="$tag_site"),
        Query(usual, alias=f"$tag_site · {style.say(USUAL)}"),
        unit=unit_of("visitors_present", style),
    )  # fmt: skip
    panel.interval("1m").min(0).span_nulls(BRIDGED_MS).override_by_regexp(".*", opens_site(style))
    return panel.override_by_query("B", _USUAL)


_USUAL = [
    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [4, 6]}),
    DynamicConfigValue("custom.lineInterpolation", "stepAfter"),
    DynamicConfigValue("custom.spanNulls", 7_200_000),
    DynamicConfigValue("custom.showPoints", "never"),
]
"""A figure of an hour holds from its beginning to its end."""
