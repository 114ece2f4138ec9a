"""How far the water is from the next level, as the cloud says it: in cm, in hours at the present rate, in words.

Tinggi air Daruba   212 cm   +20 cm/h   Siaga 2   38 cm   1.9 h   38 cm to Siaga 2; rising 20 cm/h, there in about 1.9 h
"""

from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.influx import Query, newest
from dashboards.kit.links import from_column, to_sensor
from dashboards.kit.scales import ALERT, ATTENTION, PLAIN, Class, PanelScale
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import unit
from dashboards.kit.words import Caption, Text
from rules.colours import SEVERITY_COLOURS, UNKNOWN
from rules.rule import Severity
from wire.measurements import TREND_UNKNOWN

CAPTION = Caption(
    Text("The way to the next level"),
    Text(
        "How far the water is from the next level of its rules, and how long that takes at the present rate, which is "
        "that of the last half hour and no forecast. Water that falls or stands has no hours."
    ),
    Text("No gauge is reported: none is registered, or the platform is not heard"),
)
TREND = PanelScale(
    (
        Class(TREND_UNKNOWN, Text("not known"), UNKNOWN),
        Class(-1, Text("falling"), PLAIN),
        Class(0, Text("steady"), PLAIN),
        Class(1, Text("rising"), ATTENTION),
    ),
    words=True,
)
SOON = PanelScale(
    (
        Class(0.0, Text(""), ALERT),
        Class(1.0, Text(""), SEVERITY_COLOURS[Severity.SEVERE]),
        Class(3.0, Text(""), ATTENTION),
        Class(6.0, Text(""), PLAIN),
    )
)
"""Within one, three and six hours: ours, after the hours that a village needs to be warned."""


def next_levels(style: DashboardStyle, where: str) -> Panel:
    """The gauges that `where` (a condition on tags) chooses, those that would be there first at the top."""
    own = style.suffix
    query = newest(
        "next_level", f"trend name water_level rate next{own} distance hours text{own}", by="gateway sensor site",
        where=where,
    )  # fmt: skip
    cm, cm_h, hours = (unit(ucum, style) for ucum in ("cm", "cm/h", "h"))
    panel = table(
        style, CAPTION, Query(query, table=True), worst_first="rate",
        columns=[
            TableColumn(name="name", title=Text("Gauge"), link=to_sensor(style, from_column("sensor")), width=160),
            TableColumn(name="distance", title=Text("Still to go"), unit=cm, decimals=0, width=80),
            TableColumn(name="hours", title=Text("At this rate in"), unit=hours, decimals=1, scale=SOON, width=103),
            TableColumn(name=f"next{own}", title=Text("Next level"), width=155),
            TableColumn(name="water_level", title=Text("Level now"), unit=cm, decimals=0, width=130),
            TableColumn(name="rate", title=Text("Rate of rise"), unit=cm_h, decimals=1, width=130),
            TableColumn(name="trend", title=Text("Trend"), scale=TREND, width=130),
            TableColumn(name=f"text{own}", title=Text("In words")),
            TableColumn(name="sensor", title=Text("Sensor id"), hidden=True),
        ],
    )  # fmt: skip
    return panel.override_by_name("rate", [DynamicConfigValue("custom.align", "right")])
