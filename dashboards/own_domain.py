"""A domain that the city added: how its sites are, the newest of every sensor, a chart for each quantity, its alarms.

state of each site │ open alarms      newest values      each quantity over time, with limits │ its hours      events

One for each domain of [[domains]] in the city's file; without that file there is none.
"""

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models import dashboard

from dashboards.by_sensor import by_sensor
from dashboards.history import history
from dashboards.kit.alarms import alarm_table
from dashboards.kit.ask import HOURS, over_time
from dashboards.kit.events import alarms_here
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query, newest, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.links import from_column, to_site
from dashboards.kit.panels import lines
from dashboards.kit.scales import SEVERITY
from dashboards.kit.series import BRIDGED_MS, LIMIT_LINE
from dashboards.kit.style import DashboardStyle, own_key
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import decimals_of, name_of, unit, unit_of
from dashboards.kit.unknown import UNHEARD
from dashboards.kit.variables import choice, site
from dashboards.kit.words import Caption, Text
from dashboards.limits import limits, of_domain
from i18n.message import Bilingual, in_context
from wire import HourOf, Quantity
from wire.quantity_table import hour_of

HERE = one_of("site")
MOST_CHARTS = 20
"""Quantities with charts of their own; of a domain of more the newest values alone show the others."""
ABOUT = Text("How each site is, the newest value of every sensor, each quantity over time and its hours, alarms.")
STATES = Caption(
    Text("State of each site"),
    Text(
        "The worst open alarm; normal where all that has a limit is heard and nothing is exceeded. Grey: nothing is "
        "known, or nobody has set a limit."
    ),
    Text("No report of the state in the last 2 minutes"),
)
ALARMS = Caption(Text("Open alarms"), Text("Alarms still open in this domain, worst first."), UNHEARD)
VALUES = Caption(
    Text("Newest value of every sensor"),
    Text("The newest readings of the last 15 minutes. A sensor that is not here is silent. Click to open a sensor."),
    Text("All sensors have been silent for 15 minutes, or the platform is not heard"),
)
OVER_TIME = Text("Dashed lines are the limits in force.")
OF_HOURS = {
    HourOf.MEAN: Text("The mean of each hour; one that was heard for less than three quarters has none."),
    HourOf.SUM: Text("The sum of each hour, of what was heard."),
    HourOf.LAST: Text("The last value of each hour."),
    HourOf.MAX: Text("The highest value of each hour."),
}
_STEP_OF = {HourOf.MEAN: "mean", HourOf.SUM: "sum", HourOf.LAST: "last", HourOf.MAX: "max"}


def build(style: DashboardStyle, domain: str) -> dashboard.Dashboard:
    """The dashboard of a domain."""
    table_ = style.quantities
    measured = [row for row in table_.measured.values() if row.domain == domain]
    ours = one_of("sensor", "station")
    charts = [_charts(style, row) for row in measured[:MOST_CHARTS]]
    return frame(
        style,
        own_key(domain),
        about=ABOUT,
        variables=[site(style, domain=domain), _stations(style, domain)],
        events=alarms_here(style, domain),
        rows=[
            PanelRow(7, (_states(style, domain), 10), (alarm_table(style, ALARMS, where=ours), 14)),
            *_values(style, measured),
            *charts,
            PanelRow(9, (history(style, ours), 14), (limits(style, f"{HERE} AND {of_domain(domain, table_)}"), 10)),
        ],
    )  # fmt: skip


def _values(style: DashboardStyle, measured: Sequence[Quantity]) -> Iterator[PanelRow]:
    if measured:
        names = [row.name for row in measured]
        yield PanelRow(7, (by_sensor(style, VALUES, names, where=HERE, within="15m"), 24))


def _stations(style: DashboardStyle, domain: str) -> QueryVariable:
    """The sensors of the domain: alarms know their sensor, and no domain."""
    return choice(style, "station", Text("Sensor"), measurement=domain, tag="sensor", where=HERE, hidden=True)


def _states(style: DashboardStyle, domain: str) -> TablePanel:
    word, where = f"word{style.suffix}", f"{HERE} AND \"domain\" = '{domain}'"
    text = newest("situation", f"severity {word} age_s silent sensors", by="site", where=where)
    return table(
        style, STATES, Query(text, table=True), worst_first="severity",
        columns=[
            TableColumn(name="site", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY),
            TableColumn(name=word, title=in_context("dashboards", "State")),
            TableColumn(name="age_s", title=Text("Age"), unit=unit("s", style)),
            TableColumn(name="silent", title=Text("Silent")),
            TableColumn(name="sensors", title=Text("Sensors")),
        ],
    )  # fmt: skip


def _charts(style: DashboardStyle, row: Quantity) -> PanelRow:
    return PanelRow(8, (_over_time(style, row), 14), (_hours(style, row), 10))


def _over_time(style: DashboardStyle, row: Quantity) -> Panel:
    caption = Caption(name_of(row.name, style.quantities), OVER_TIME)
    panel = _lines(style, caption, row, *_readings_and_limits(row)).interval("1m").span_nulls(BRIDGED_MS)
    return panel.override_by_query("B", LIMIT_LINE)


def _readings_and_limits(row: Quantity) -> Iterator[Query]:
    step = f'{_STEP_OF[row.hour]}("{row.name}")'
    yield Query(over_time(step, row.domain, where=HERE, by="sensor"), "$tag_sensor")
    ours = f"{HERE} AND \"quantity\" = '{row.name}'"
    yield Query(over_time('last("limit")', "threshold", where=ours, by="level sensor", fill="none"), "$tag_level")


def _hours(style: DashboardStyle, row: Quantity) -> Panel:
    name = hour_of(row.name)
    own = style.quantities[name]
    caption = Caption(Bilingual(own.english, own.indonesian), OF_HOURS[row.hour])
    query = over_time(f'last("{name}")', row.domain, where=HERE, by="sensor", step=HOURS, fill="none")
    return _lines(style, caption, row, Query(query, "$tag_sensor"), bars=True).interval("1h")


def _lines(style: DashboardStyle, caption: Caption, row: Quantity, *queries: Query, bars: bool = False) -> Panel:
    return lines(
        style, caption, *queries, unit=unit_of(row.name, style), decimals=decimals_of(row.name, style.quantities),
        bars=bars or row.hour is HourOf.SUM,
    )  # fmt: skip
