"""One site, whole: its state, its alarms, the newest of every sensor, then a row for each domain that it measures.

state by domain │ open alarms    newest values    water, air, visitors: those of them that are there    events │ limits
"""

from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.models import dashboard

from dashboards.by_sensor import by_sensor
from dashboards.history import history
from dashboards.kit.alarms import alarm_table
from dashboards.kit.events import alarms
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query, newest, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.scales import SEVERITY
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import unit
from dashboards.kit.unknown import UNHEARD
from dashboards.kit.variables import site
from dashboards.kit.words import Caption, Text, Words
from dashboards.limits import limits
from dashboards.site_domains import DOMAIN, domain_rows, domains
from i18n.message import Bilingual, in_context
from wire import Domain

HERE = one_of("site")
ABOUT = Text("One site, whole: its state, alarms, the newest value of every sensor, water, air and visitors.")
STATE = Caption(
    Text("State of $site"),
    Text("The state of each domain at this site, as the console shows it. Grey: nothing is known, which is not safe."),
    Text("No report of the state in the last 2 minutes"),
)
ALARMS = Caption(
    Text("Open alarms here"),
    Text("Alarms still open at this site, worst first."),
    UNHEARD,
)
VALUES = Caption(
    Text("Newest value of every sensor"),
    Text("The newest readings of the last 15 minutes. A sensor that is not here is silent. Click to open a sensor."),
    Text("All sensors have been silent for 15 minutes, or the platform is not heard"),
)
DOMAINS = {
    Domain.FLOOD: Text("Flood"),
    Domain.AIR: Text("Air"),
    Domain.FOOTFALL: Text("Visitors"),
}


def _measured_here(style: DashboardStyle) -> list[str]:
    """What sensors measure of what a place can have a state of."""
    return [name for name, row in style.quantities.measured.items() if row.domain in style.quantities.watched]


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    return frame(
        style,
        "site",
        about=ABOUT,
        variables=[site(style, several=False), domains(style)],
        events=alarms(style, HERE, beside=[DOMAIN]),
        rows=[
            PanelRow(6, (_state(style), 10), (alarm_table(style, ALARMS, where=HERE), 14)),
            PanelRow(6, (by_sensor(style, VALUES, _measured_here(style), where=HERE, within="15m"), 24)),
            domain_rows(style),
            PanelRow(
                9, (history(style, HERE), 14), (limits(style, HERE), 10),
                title=Text("Alarms and limits"),
            ),
        ],
    )  # fmt: skip


def _state(style: DashboardStyle) -> TablePanel:
    word = f"word{style.suffix}"
    where = f"{HERE} AND \"domain\" != 'all'"
    text = newest("situation", f"severity {word} age_s silent sensors", by="domain", where=where)
    own = {row.id: Bilingual(row.english, row.indonesian) for row in style.quantities.own_domains}
    names: dict[str, Words] = {**{str(domain): name for domain, name in DOMAINS.items()}, **own}
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
