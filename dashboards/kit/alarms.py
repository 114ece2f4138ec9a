"""The table of open alarms, for every dashboard that shows some.

Berat │ Jembatan Daruba │ Siaga 2 │ Tinggi muka air │ Tinggi air Daruba │ 191,5 │ Aktif │ Belum │ 2026-11-25 03:10

The last row says that there is no further alarm, and only while the platform is heard; else it says that it is not.
"""

import msgspec
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from dashboards.kit.influx import NOW, Query, newest
from dashboards.kit.links import from_column, to_sensor, to_site
from dashboards.kit.scales import PLAIN, SEEN, SEVERITY, Class, PanelScale
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import SHORT_TIME, TIME
from dashboards.kit.unknown import unheard
from dashboards.kit.words import Caption, Text
from i18n.message import in_context
from rules.colours import UNKNOWN
from wire.measurements import NOTHING_KNOWN

_STATES = {
    "alarming": Text("Active"),
    "silent": Text("Sensor silent"),
    "recovering": Text("Receding"),
    "closed": Text("Ended"),
}
_ON_THE_WALL = ("severity", "level", "title", "site_name", "acknowledged", "opened_ms", "site")
ALARM_SCALE = PanelScale(
    (
        Class(NOTHING_KNOWN, Text("Not heard"), UNKNOWN),
        Class(0, Text("No others"), PLAIN),
        *SEVERITY.classes[2:],
    ),
    words=True,
)
"""Of an alarm, and of the last row."""
_ALL_TOLD = f'SELECT last("batches") * 0 AS "severity" FROM "ingest" WHERE {NOW}'
"""A row whose severity is 0, by the ingesters' samples: an empty list alone would not say that it is whole."""
MERGED = DataTransformerConfig("merge", options={})


def alarm_table(style: DashboardStyle, caption: Caption, *, where: str = "", wall: bool = False) -> tables.Panel:
    """Open alarms, worst first; `where` is a condition on tags; `wall`: few columns and tall rows, to be read afar."""
    own = style.suffix
    fields = f"severity level{own} title{own} site_name sensor_name value state acknowledged opened_ms"
    query = newest("alarm", fields, by="gateway rule sensor site", where=where, keep='"severity" > 0')
    columns = _on_the_wall(style) if wall else _columns(style)
    return table(
        style, caption, Query(query, table=True), *last_rows(),
        columns=columns, worst_first="severity", tall=wall, steps=[MERGED],
    )  # fmt: skip


def last_rows() -> list[Query]:
    """The row below the alarms, to be `MERGED` with them: that there are no others, or that nobody knows."""
    return [Query(_ALL_TOLD, table=True), Query(unheard("severity", NOTHING_KNOWN), table=True)]


def _on_the_wall(style: DashboardStyle) -> list[TableColumn]:
    columns = [column for column in _columns(style) if column.name.removesuffix(style.suffix) in _ON_THE_WALL]
    return [_shorter(column) if column.unit == TIME else column for column in columns]


def _shorter(column: TableColumn) -> TableColumn:
    return msgspec.structs.replace(column, unit=SHORT_TIME, width=110)


def _columns(style: DashboardStyle) -> list[TableColumn]:
    own = style.suffix
    return [
        TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=ALARM_SCALE, width=130),
        TableColumn(name="site_name", title=Text("Site"), link=to_site(style, from_column("site"))),
        TableColumn(name=f"level{own}", title=Text("Level"), width=110, wrapped=True),
        TableColumn(name=f"title{own}", title=Text("Alarm")),
        TableColumn(name="sensor_name", title=Text("Sensor"), link=to_sensor(style, from_column("sensor"))),
        TableColumn(name="value", title=Text("Value"), decimals=1, width=90),
        TableColumn(name="state", title=in_context("dashboards", "State"), words=_STATES, width=120),
        TableColumn(name="acknowledged", title=in_context("dashboards", "Acknowledged"), scale=SEEN, width=130),
        TableColumn(name="opened_ms", title=Text("Since"), unit=TIME, width=160),
        TableColumn(name="site", title=Text("Site id"), hidden=True),
        TableColumn(name="sensor", title=Text("Sensor id"), hidden=True),
    ]
