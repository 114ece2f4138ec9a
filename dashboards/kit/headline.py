"""Beside as of when a page speaks: the city in one sentence, and while it is fresh the one thing to do.

24 sensors at 6 sites, 1 silent
"""

from grafana_foundation_sdk.builders.common import VizTextDisplayOptions
from grafana_foundation_sdk.builders.stat import Panel
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.influx import NOW, Query
from dashboards.kit.panels import stat
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Caption, Text

CAPTION = Caption(
    Text("The platform"),
    Text("How many sensors are registered and heard; while nothing is, what to do next. Every 30 seconds."),
    Text("The platform is not heard: look at the server"),
)

LETTERS_PX = 18
"""A whole sentence, on a phone too."""


def headline(style: DashboardStyle) -> Panel:
    """The sentence; of several clouds that share a city each has its own."""
    query = f'SELECT last("text{style.suffix}") AS "text" FROM "city" WHERE {NOW} GROUP BY "instance"'
    panel = stat(style, CAPTION, Query(query, table=True), fields="/^text$/", named=False, filled=False)
    panel.text(VizTextDisplayOptions().value_size(LETTERS_PX))
    return panel.override_by_name("text", [DynamicConfigValue("displayName", "")])
