"""Alarms as marks on the charts, from `alarm_event`: one colour for each severity, a sentence at the mark.

The SDK's model of an annotation knows only Grafana's own; this one holds an InfluxQL query as Grafana keeps it.
"""

from typing import Any, Self

from grafana_foundation_sdk.cog import builder
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.influx import SOURCE, TYPE
from dashboards.kit.names import DATASOURCE
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text
from rules.colours import SEVERITY_COLOURS
from rules.rule import Severity

_WORDS = {
    Severity.MINOR: Text("Minor events"),
    Severity.MODERATE: Text("Moderate events"),
    Severity.SEVERE: Text("Severe events"),
    Severity.EXTREME: Text("Extreme events"),
}


class InfluxEvents(dashboard.AnnotationQuery, builder.Builder[dashboard.AnnotationQuery]):
    """Marks from an InfluxQL query whose columns are `text`, and the tags `sensor` and `kind`."""

    def __init__(self, name: str, query: str, *, colour: str) -> None:
        super().__init__(name=name, datasource=SOURCE, enable=True, icon_color=colour)
        self.query = query

    def build(self) -> dashboard.AnnotationQuery:
        """The annotation itself: it is its own builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        target = {
            "datasource": {"type": TYPE, "uid": DATASOURCE},
            "fromAnnotations": True,
            "query": self.query,
            "rawQuery": True,
            "refId": "Anno",
            "tagsColumn": "sensor,kind",
            "textColumn": "text",
        }
        return super().to_json() | {"target": target}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what Grafana keeps."""
        return cls(data["name"], data["target"]["query"], colour=data["iconColor"])


def alarms(style: DashboardStyle, where: str) -> list[InfluxEvents]:
    """The events of alarms that `where` (a condition on tags) chooses, mildest first."""
    return [
        InfluxEvents(style.say(_WORDS[severity]), _events(style, severity, where), colour=colour)
        for severity, colour in SEVERITY_COLOURS.items()
    ]


def _events(style: DashboardStyle, severity: Severity, where: str) -> str:
    columns = f'"text{style.suffix}" AS "text", "sensor", "kind"'
    return f'SELECT {columns} FROM "alarm_event" WHERE $timeFilter AND "severity" = {severity.rank} AND {where}'
