"""The limits in force, as a table: for the dashboards of a domain and of a site."""

from grafana_foundation_sdk.builders.table import Panel

from dashboards.kit.ask import lately, rows
from dashboards.kit.influx import Query
from dashboards.kit.links import from_column, to_sensor
from dashboards.kit.scales import SEVERITY
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import name_of
from dashboards.kit.words import Caption, Text
from i18n.message import in_context
from wire import BUILT_IN, QuantityTable

SAMPLED_WITHIN = "30m"
"""Every limit is sampled in this time, of ten thousand sensors too."""
CAPTION = Caption(
    Text("Limits in force"),
    Text(
        "Limits by the console's rules now, in the unit of the quantity. Rules on rise, trend and silence have no "
        "limit on the scale of a quantity, so they are not here."
    ),
    Text("No limits were written down in the last 30 minutes"),
)


def of_domain(domain: str, table: QuantityTable = BUILT_IN) -> str:
    """The condition that a limit is on a quantity of `domain`."""
    names = "|".join(table.of_domain(domain))
    return f'"quantity" =~ /^({names})$/'


def limits(style: DashboardStyle, where: str) -> Panel:
    """The limits on the sensors that `where` (a condition on tags) chooses, worst first."""
    what = f'last("limit") AS "limit", "severity", "name{style.suffix}" AS "name"'
    inner = lately(what, "threshold", where=where, by="sensor quantity level rule", within=SAMPLED_WITHIN)
    quantities = {name: name_of(name, style.quantities) for name in style.quantities}
    return table(
        style, CAPTION, Query(rows("sensor quantity name limit severity", inner), table=True), worst_first="severity",
        columns=[
            TableColumn(name="sensor", title=Text("Sensor"), link=to_sensor(style, from_column("sensor"))),
            TableColumn(name="quantity", title=Text("Quantity"), words=quantities),
            TableColumn(name="name", title=Text("Limit")),
            TableColumn(name="limit", title=Text("Value"), decimals=0),
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY),
        ],
    )  # fmt: skip
