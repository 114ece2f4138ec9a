"""For a phone held upright: what is wrong and where in three columns, what happened, and a day of each curve.

place │ state │ age      level │ place │ since      time │ what happened      levels    ISPU    visitors
"""

from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.alarms import ALARM_SCALE, MERGED, last_rows
from dashboards.kit.ask import over_time
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query, newest
from dashboards.kit.layout import COLUMNS, PanelRow
from dashboards.kit.links import from_column, to_sensor, to_site
from dashboards.kit.panels import lines
from dashboards.kit.scales import SEVERITY
from dashboards.kit.series import BRIDGED_MS
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import SHORT_TIME, decimals_of, unit_of
from dashboards.kit.unknown import UNHEARD
from dashboards.kit.words import Caption, Text
from i18n.message import in_context

MOST_EVENTS = 20
ABOUT = Text("For a phone: what is wrong and where, what happened, and the curves of a day.")
SITES = Caption(
    Text("State of each site"),
    Text("The worst state of each site now, the worst first. Grey: nothing is known, which is not safe."),
    Text("No report of the state in the last 2 minutes"),
)
ALARMS = Caption(
    Text("Open alarms"),
    Text("The worst first. They are acknowledged in Siaga's console."),
    UNHEARD,
)
EVENTS = Caption(
    Text("What happened"),
    Text("The last events of alarms in this time range, the newest first, at most {most}.", most=MOST_EVENTS),
    Text("No alarm was written down in this time range"),
)
CURVES = (
    ("flood", "water_level", "sensor", Caption(Text("Water level"), Text("The highest value of each step of time."))),
    ("air", "ispu", "site", Caption(Text("ISPU of each hour"), Text("The ISPU of each hour at each site."))),
    (
        "footfall",
        "visitors_present",
        "site",
        Caption(Text("Visitors present"), Text("The most that were present in each step of time, by site.")),
    ),
)


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard: every panel as wide as the phone."""
    panels = [(9, _sites(style)), (8, _alarms(style)), (12, _events(style))]
    curves = [(8, _curve(style, *curve)) for curve in CURVES]
    rows = [PanelRow(height, (panel, COLUMNS)) for height, panel in (*panels, *curves)]
    return frame(style, "phone", about=ABOUT, rows=rows, since="now-24h")


def _sites(style: DashboardStyle) -> TablePanel:
    query = newest("situation", f"severity name word{style.suffix} age_s", by="site", where="\"domain\" = 'all'")
    return table(
        style, SITES, Query(query, table=True), worst_first="severity",
        columns=[
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY, width=80),
            TableColumn(name="name", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name=f"word{style.suffix}", title=in_context("dashboards", "State"), width=96, wrapped=True),
            TableColumn(name="site", title=Text("Site id"), hidden=True),
        ],
    )  # fmt: skip


def _alarms(style: DashboardStyle) -> TablePanel:
    query = newest(
        "alarm", f"severity title{style.suffix} site_name", by="gateway rule sensor site",
        keep='"severity" > 0',
    )  # fmt: skip
    return table(
        style, ALARMS, Query(query, table=True), *last_rows(), worst_first="severity", steps=[MERGED],
        columns=[
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=ALARM_SCALE, width=116),
            TableColumn(
                name=f"title{style.suffix}", title=Text("Alarm"), link=to_sensor(style, from_column("sensor")),
                least=145,
            ),
            TableColumn(name="site_name", title=Text("Site"), width=84, wrapped=True),
            TableColumn(name="sensor", title=Text("Sensor id"), hidden=True),
        ],
    )  # fmt: skip


def _events(style: DashboardStyle) -> TablePanel:
    columns = f'"severity", "text{style.suffix}" AS "text"'
    query = f'SELECT {columns} FROM "alarm_event" WHERE $timeFilter ORDER BY time DESC LIMIT {MOST_EVENTS}'
    return table(
        style, EVENTS, Query(query, table=True),
        columns=[
            TableColumn(name="Time", title=Text("Time"), unit=SHORT_TIME, width=104),
            TableColumn(name="text", title=Text("What happened"), wrapped=True),
        ],
    )  # fmt: skip


def _curve(style: DashboardStyle, domain: str, quantity: str, by: str, caption: Caption) -> LinesPanel:
    where = f"\"{by}\" != ''"
    query = Query(over_time(f'max("{quantity}")', domain, where=where, by=by), f"$tag_{by}")
    panel = lines(style, caption, query, unit=unit_of(quantity, style), decimals=decimals_of(quantity))
    return panel.span_nulls(BRIDGED_MS).interval("1h" if quantity == "ispu" else "1m")
