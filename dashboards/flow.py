"""Readings a minute over time, those that were sent as they were taken apart from those that came late.

live ▇▇▇▇▇▇▇▇▇▇▇▇   backlog      ▃▅▂   all ─────        what the command screen and the ingest dashboard show
"""

from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.influx import STEP, Query
from dashboards.kit.panels import lines
from dashboards.kit.rates import all_per_minute
from dashboards.kit.scales import ATTENTION, PLAIN
from dashboards.kit.series import fixed
from dashboards.kit.style import DashboardStyle
from dashboards.kit.units import unit
from dashboards.kit.words import Caption, Text

_SERIES = {
    "stored_live": Text("Live"),
    "stored_backlog": Text("Backlog"),
    "stored": Text("All readings"),
}


def live_and_backlog(style: DashboardStyle, caption: Caption, *, where: str = "") -> Panel:
    """The rates of the ingesters that `where` (a condition on tags) chooses; samples of old versions have all alone."""
    apart = Query(all_per_minute("stored_live stored_backlog", where=where), "$col")
    together = Query(all_per_minute("stored", where=where), "$col")
    panel = lines(style, caption, apart, together, unit=unit("{reading}/min", style), stacked=True)
    panel.interval(STEP).min(0).fill_opacity(30).override_by_query("B", _as_line())
    panel.override_by_name("stored_backlog", _as_area())
    for name, word in _SERIES.items():
        panel.override_by_name(name, [DynamicConfigValue("displayName", style.say(word))])
    return panel


def _as_area() -> list[DynamicConfigValue]:
    """On the live ones: where there is none, no line of its own lies on theirs."""
    return [
        fixed(ATTENTION),
        DynamicConfigValue("custom.lineWidth", 0),
        DynamicConfigValue("custom.fillOpacity", 60),
    ]


def _as_line() -> list[DynamicConfigValue]:
    """Behind the two: neither stacked on them nor filled."""
    return [
        fixed(PLAIN),
        DynamicConfigValue("custom.stacking", {"mode": StackingMode.NONE, "group": "A"}),
        DynamicConfigValue("custom.fillOpacity", 0),
        DynamicConfigValue("custom.lineWidth", 1),
    ]
