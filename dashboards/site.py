"""One site, whole: its state, its alarms, the newest of every sensor, then its water, its air, its visitors.

state by domain │ open alarms  newest values  water │ rain    ISPU │ PM2.5    present │ in and out    events │ limits
"""

from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard

from dashboards import air, flood, footfall
from dashboards.by_sensor import by_sensor
from dashboards.history import history
from dashboards.kit.alarms import alarm_table
from dashboards.kit.ask import over_time
from dashboards.kit.events import alarms
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query, newest, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.scales import SEVERITY
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import unit
from dashboards.kit.variables import site
from dashboards.kit.words import Caption, Text
from dashboards.limits import limits
from i18n.message import in_context
from wire import MEASURED, Domain

HERE = one_of("site")
NOT_HERE = Text("Not measured at this site, or no data")
ABOUT = Text("One site, whole: its state, alarms, the newest value of every sensor, water, air and visitors.")
STATE = Caption(
    Text("State of $site"),
    Text("The state of each domain at this site, as the console shows it. Grey: nothing is known, which is not safe."),
    Text("No report of the state in the last 5 minutes"),
)
ALARMS = Caption(
    Text("Open alarms here"),
    Text("Alarms still open at this site, worst first."),
    Text("No open alarms"),
)
VALUES = Caption(
    Text("Newest value of every sensor"),
    Text("The newest readings of the last 15 minutes. A sensor that is not here is silent. Click to open a sensor."),
    Text("All sensors have been silent for 15 minutes"),
)
LEVELS = Caption(
    Text("Water levels and their limits"),
    Text("The highest value of each step of time. Dashed: the limits in force at that time."),
)
DOMAINS = {
    Domain.FLOOD: Text("Flood"),
    Domain.AIR: Text("Air"),
    Domain.FOOTFALL: Text("Visitors"),
}


MEASURED_HERE = [name for name, row in MEASURED.items() if row.domain in DOMAINS]


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    return frame(
        style,
        "site",
        about=ABOUT,
        variables=[site(style, several=False)],
        events=alarms(style, HERE),
        rows=[
            PanelRow(6, (_state(style), 10), (alarm_table(style, ALARMS, where=HERE), 14)),
            PanelRow(6, (by_sensor(style, VALUES, MEASURED_HERE, where=HERE, within="15m"), 24)),
            PanelRow(9, *_half(style, _levels(style), flood.rain(style)), title=DOMAINS[Domain.FLOOD]),
            PanelRow(
                8, *_half(style, air.over_hours(style), air.particulates(style, "pm2_5")), title=DOMAINS[Domain.AIR]
            ),
            PanelRow(8, *_half(style, footfall.inside(style), footfall.gates(style)), title=DOMAINS[Domain.FOOTFALL]),
            PanelRow(
                9, (history(style, HERE), 14), (limits(style, HERE), 10),
                title=Text("Alarms and limits"),
            ),
        ],
    )  # fmt: skip


def _half(style: DashboardStyle, *panels: LinesPanel) -> list[tuple[LinesPanel, int]]:
    """Two charts side by side, which say so where the site has no such sensor."""
    return [(panel.no_value(style.say(NOT_HERE)), 12) for panel in panels]


def _state(style: DashboardStyle) -> TablePanel:
    word = f"word{style.suffix}"
    where = f"{HERE} AND \"domain\" != 'all'"
    text = newest("situation", f"severity {word} age_s silent sensors", by="domain", where=where)
    names = {str(domain): name for domain, name in DOMAINS.items()}
    return table(
        style, STATE, Query(text, table=True), worst_first="severity", tall=True,
        columns=[
            TableColumn(name="domain", title=Text("Domain"), words=names),
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY),
            TableColumn(name=word, title=in_context("dashboards", "State")),
            TableColumn(name="age_s", title=Text("Age"), unit=unit("s", style)),
            TableColumn(name="silent", title=Text("Silent")),
            TableColumn(name="sensors", title=Text("Sensors")),
        ],
    )  # fmt: skip


def _levels(style: DashboardStyle) -> LinesPanel:
    text = over_time('max("water_level")', "flood", where=HERE, by="sensor")
    return flood.levels(style, LEVELS, text, limits_where=HERE)
