"""What alarms did in a range, as a table: for the dashboards of a domain and of a site."""

from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.influx import Query
from dashboards.kit.links import from_column, to_sensor
from dashboards.kit.look import Look
from dashboards.kit.scales import SEVERITY
from dashboards.kit.tables import Column, table
from dashboards.kit.units import TIME
from dashboards.kit.words import Caption, Text

MOST = 200
CAPTION = Caption(
    Text("Peristiwa peringatan", "Events of alarms"),
    Text(
        f"Semua peristiwa peringatan pada rentang waktu ini, terbaru di atas, paling banyak {MOST}.",
        f"All events of alarms in this time range, the newest first, at most {MOST}.",
    ),
    Text("Tidak ada peringatan pada rentang waktu ini", "No alarms in this time range"),
)


_WRAPPED = {"type": "auto", "wrapText": True}


def history(look: Look, where: str) -> Panel:
    """The events of the alarms that `where` (a condition on tags) chooses."""
    columns = f'"sensor", "severity", "level{look.suffix}" AS "level", "text{look.suffix}" AS "text"'
    text = f'SELECT {columns} FROM "alarm_event" WHERE $timeFilter AND {where} ORDER BY time DESC LIMIT {MOST}'
    panel = table(
        look, CAPTION, Query(text, table=True),
        columns=[
            Column(name="Time", title=Text("Waktu", "Time"), unit=TIME, width=170),
            Column(name="severity", title=Text("Tingkat", "Severity"), scale=SEVERITY, width=90),
            Column(
                name="sensor", title=Text("Sensor", "Sensor"), link=to_sensor(look, from_column("sensor")), width=150
            ),
            Column(name="level", title=Text("Batas", "Level"), width=120),
            Column(name="text", title=Text("Kejadian", "What happened")),
        ],
    )  # fmt: skip
    return panel.override_by_name("text", [DynamicConfigValue("custom.cellOptions", _WRAPPED)])
