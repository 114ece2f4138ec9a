"""As of when the screen speaks: the time of the platform's newest sample, amber after a minute, red after two.

As of 14:02:31        now - 4 min ─red─ now - 2 min ─amber─ now - 1 min ─green─ now

Grafana colours a value by that value alone and does not know how late it is, but it knows the share of a value between
the least and the largest of a frame. So the frame holds the server's now and the time four minutes before it too, and
the steps of the colours are shares of that. The server's now is where the samples, each carried on, end.
"""

from grafana_foundation_sdk.builders.stat import Panel
from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
)

from dashboards.kit.influx import Query
from dashboards.kit.panels import stat
from dashboards.kit.scales import ALERT, ATTENTION
from dashboards.kit.style import DashboardStyle
from dashboards.kit.unknown import no_value_as
from dashboards.kit.words import Caption, Text
from rules.colours import CALM

AMBER_S, RED_S = 60, 120
SPAN_MS = 2 * RED_S * 1_000
"""How far the colours reach back."""
CLOCK = "time:HH:mm:ss"
_NAME = Text("As of")
_NOT_HEARD = Text("The platform has not been heard for a day")
_CAPTION = Caption(
    _NAME,
    Text(
        "When the platform last said how things are. Amber after one minute, red after two: what the screen shows is "
        "then old, and what happens now is not on it."
    ),
    _NOT_HEARD,
)
_CARRIED = (
    'SELECT max("sampled_ms") AS "as_of" FROM "ingest" WHERE time > now() - 1d AND time < now() '
    'GROUP BY time(5s), "instance" fill(previous)'
)
_EACH = f'SELECT last("as_of") AS "as_of" FROM ({_CARRIED}) GROUP BY "instance"'
_QUERY = f'SELECT min("as_of") AS "as_of" FROM ({_EACH})'
"""Of several ingesters the one that was heard longest ago: what is its own to say is as old as that."""


def as_of(style: DashboardStyle) -> Panel:
    """A strip for the head of a dashboard."""
    panel = stat(style, _CAPTION, Query(_QUERY, table=True), unit=CLOCK, fields=f"/^{style.say(_NAME)}$/")
    panel.text_mode(BigValueTextMode.VALUE_AND_NAME)
    panel.with_transformation(_minus("0", "now")).with_transformation(_minus(str(SPAN_MS), "earliest"))
    shown = [
        DynamicConfigValue("displayName", style.say(_NAME)),
        DynamicConfigValue("thresholds", _by_age()),
        DynamicConfigValue("mappings", [no_value_as(style.say(_NOT_HEARD), ALERT)]),
    ]
    return panel.mappings([no_value_as(style.say(_NOT_HEARD), ALERT)]).override_by_name("as_of", shown)


def _minus(ms: str, name: str) -> DataTransformerConfig:
    difference = {"left": {"matcher": {"id": "byName", "options": "Time"}}, "operator": "-", "right": {"fixed": ms}}
    return DataTransformerConfig("calculateField", options={"mode": "binary", "binary": difference, "alias": name})


def _by_age() -> ThresholdsConfig:
    steps = [Threshold(None, ALERT), Threshold(_share(RED_S), ATTENTION), Threshold(_share(AMBER_S), CALM)]
    return ThresholdsConfig(ThresholdsMode.PERCENTAGE, steps)


def _share(age_s: int) -> float:
    return 100 - 100 * age_s * 1_000 / SPAN_MS
