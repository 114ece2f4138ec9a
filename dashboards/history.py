"""What alarms did in a range, as a table: for the dashboards of a domain and of a site."""

from grafana_foundation_sdk.builders.table import Panel

from dashboards.kit.influx import Query
from dashboards.kit.links import from_column, to_sensor
from dashboards.kit.scales import SEVERITY
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import SHORT_TIME
from dashboards.kit.words import Caption, Text
from i18n.message import in_context

MOST = 200
PHONE_TIME_PX, PHONE_TEXT_PX = 104, 230
"""A time and a sentence beside each other on the 390 px of a phone."""
CAPTION = Caption(
    Text("Events of alarms"),
    Text("All events of alarms in this time range, the newest first, at most {most}.", most=MOST),
    Text("No alarm was written down in this time range"),
)


def history(style: DashboardStyle, where: str) -> Panel:
    """The events of the alarms that `where` (a condition on tags) chooses."""
    columns = f'"sensor", "severity", "level{style.suffix}" AS "level", "text{style.suffix}" AS "text"'
    text = f'SELECT {columns} FROM "alarm_event" WHERE $timeFilter AND {where} ORDER BY time DESC LIMIT {MOST}'
    return table(
        style, CAPTION, Query(text, table=True),
        columns=[  # a phone shows the first two
            TableColumn(name="Time", title=Text("Time"), unit=SHORT_TIME, width=PHONE_TIME_PX),
            TableColumn(name="text", title=Text("What happened"), least=PHONE_TEXT_PX, wrapped=True),
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY, width=90),
            TableColumn(
                name="sensor", title=Text("Sensor"), link=to_sensor(style, from_column("sensor")), width=150
            ),
            TableColumn(name="level", title=in_context("dashboards, short", "Level"), width=120),
        ],
    )  # fmt: skip
