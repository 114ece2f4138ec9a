"""What the colours mean, in words, where a panel of Grafana can list its classes by their figures alone: the map.

● No data   ● Normal   ● Minor   ● Moderate   ● Severe   ● Extreme
"""

from html import escape

from grafana_foundation_sdk.builders.text import Panel
from grafana_foundation_sdk.models.text import TextMode

from dashboards.kit.scales import Class, PanelScale
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text

_TITLE = Text("Colours")
_ABOUT = Text("What the colours of the map and of the states mean.")
_ROW = "display:flex;flex-wrap:wrap;gap:4px 24px;font-size:14px;line-height:20px"


def legend_of(style: DashboardStyle, scale: PanelScale) -> Panel:
    """The words of a scale beside their colours, mildest first."""
    items = "".join(_item(style, row) for row in scale.classes)
    panel = Panel().title(style.say(_TITLE)).description(style.say(_ABOUT)).mode(TextMode.HTML)
    return panel.content(f'<div style="{_ROW}">{items}</div>')


def _item(style: DashboardStyle, row: Class) -> str:
    return f'<span><span style="color:{row.colour}">●</span> {escape(style.say(row.word))}</span>'
