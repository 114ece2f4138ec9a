"""Alarms as bands on charts, from `alarm_span`: from raised to cleared in the level's colour, and what people did.

▒▒▒▒ Siaga 3 ▒▒▒▓▓▓ Siaga 2 ▓▓▓   with a mark where somebody acknowledged, a grey band where it was put aside

The SDK's model of an annotation knows only Grafana's own; this one holds an InfluxQL query as Grafana keeps it. Grafana
takes a row for a band where its end is not its beginning, and leaves a row out in which any column is empty.
"""

from collections.abc import Sequence
from typing import Any, Self

from grafana_foundation_sdk.cog import builder
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import AnnotationPanelFilter, DataTransformerConfig

from dashboards.kit.influx import SOURCE, TYPE, InfluxQuery, one_of
from dashboards.kit.names import DATASOURCE
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text
from rules.colours import SEVERITY_COLOURS
from rules.rule import Severity
from wire.measurements import EVERYWHERE

_SPANS = "alarm_span"
_WORDS = {
    Severity.MINOR: Text("Minor alarms"),
    Severity.MODERATE: Text("Moderate alarms"),
    Severity.SEVERE: Text("Severe alarms"),
    Severity.EXTREME: Text("Extreme alarms"),
}
_DONE = Text("Acknowledged, put aside, maintenance")
DONE = "#7aa2f7"
"""What people did: blue, which is no level's colour."""
LONGEST = "52w"
"""How long before the range an alarm may have begun that still goes on in it."""


class AlarmBands(dashboard.AnnotationQuery, builder.Builder[dashboard.AnnotationQuery]):
    """Bands from an InfluxQL query whose columns are `until_ms`, `title`, `text`, `subject` and `domain`.

    They are drawn on the charts of the measurements in `beside`: an alarm of crowding is none of the river's.
    """

    def __init__(self, name: str, query: str, *, colour: str, beside: Sequence[str] = ()) -> None:
        # hidden is the switch in the dashboard's head, and not the bands
        super().__init__(name=name, datasource=SOURCE, enable=True, icon_color=colour, hide=True)
        self.query, self.beside = query, beside

    def build(self) -> dashboard.AnnotationQuery:
        """The annotation itself: it is its own builder."""
        return self

    def are_on(self, panel: dashboard.Panel | dashboard.RowPanel) -> bool:
        """Whether they belong on a panel: a chart over time of what they are alarms of."""
        if not isinstance(panel, dashboard.Panel) or panel.type_val != "timeseries":
            return False
        asked = " ".join(target.query.text for target in panel.targets or () if isinstance(target, InfluxQuery))
        return any(f'"{measurement}"' in asked or f"/^{measurement}$/" in asked for measurement in self.beside)

    def only_on(self, panels: Sequence[int]) -> None:
        """Draw them on the panels of these numbers alone."""
        self.filter_val = AnnotationPanelFilter(exclude=False, ids=list(panels))

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it; it asks a backend that names a column with its measurement."""
        target = {
            "datasource": {"type": TYPE, "uid": DATASOURCE},
            "fromAnnotations": True,
            "query": self.query,
            "rawQuery": True,
            "refId": "Anno",
            "tagsColumn": "subject,domain",
            "textColumn": "text",
            "timeEndColumn": f"{_SPANS}.until_ms",
            "titleColumn": f"{_SPANS}.title",
        }
        return super().to_json() | {"target": target}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what Grafana keeps."""
        made = cls(data["name"], data["target"]["query"], colour=data["iconColor"])
        made.only_on(data["filter"]["ids"])
        return made


def alarms(style: DashboardStyle, where: str, *, beside: Sequence[str]) -> list[AlarmBands]:
    """The alarms that `where` (a condition on tags) chooses, mildest first, and what people did about them."""
    levels = [
        AlarmBands(
            style.say(_WORDS[severity]), _spans(style, f'"severity" = {severity.rank} AND {where}'),
            colour=colour, beside=beside,
        )
        for severity, colour in SEVERITY_COLOURS.items()
    ]  # fmt: skip
    of_a_site = f"\"sensor\" = '' AND {one_of('site')}"
    done = _spans(style, f"\"kind\" != 'level' AND ({where} OR {of_a_site})")
    return [*levels, AlarmBands(style.say(_DONE), done, colour=DONE, beside=beside)]


def alarms_here(style: DashboardStyle, domain: str) -> list[AlarmBands]:
    """The alarms of `domain` at the chosen sites, on the charts of that domain."""
    return alarms(style, f"\"domain\" = '{domain}' AND {one_of('site')}", beside=[domain])


def without_ids() -> DataTransformerConfig:
    """Leave the sensor's id out of the box at a band, which says its name."""
    return DataTransformerConfig("organize", topic="annotations", options={"excludeByName": {"tags": True}})


def of_one(variable: str) -> DataTransformerConfig:
    """Keep the bands of the sensor in `variable` on a panel that is repeated for each."""
    return _kept(f"^(${{{variable}:regex}}|{EVERYWHERE}),")


def of_domain(variable: str) -> DataTransformerConfig:
    """Keep the bands of the domain in `variable` on a panel that is repeated for each."""
    return _kept(f",(${{{variable}:regex}}|{EVERYWHERE})$")


def _kept(pattern: str) -> DataTransformerConfig:
    """Keep the bands whose two tags, as "sensor,domain", fit."""
    kept = {"id": "regex", "options": {"value": pattern}}
    options = {"filters": [{"fieldName": "tags", "config": kept}], "match": "any", "type": "include"}
    return DataTransformerConfig("filterByValue", topic="annotations", options=options)


def _spans(style: DashboardStyle, chosen: str) -> str:
    own = style.suffix
    columns = f'"until_ms", "title{own}" AS "title", "text{own}" AS "text", "subject", "domain"'
    here = f'time >= ${{__from}}ms - {LONGEST} AND time <= ${{__to}}ms AND "until_ms" >= ${{__from}}'
    return f'SELECT {columns} FROM "{_SPANS}" WHERE {here} AND {chosen}'
