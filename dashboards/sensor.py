"""One sensor: all that it measures with the limits in force on it, its marks, its alarms; where every way down ends.

newest values │ open alarms      all that it measures, each unit on its own axis      limits │ marked readings │ events
"""

import re

from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue, MatcherConfig

from dashboards.history import history
from dashboards.kit.alarms import alarm_table
from dashboards.kit.current import heard, while_heard
from dashboards.kit.events import alarms
from dashboards.kit.frame import frame
from dashboards.kit.influx import InfluxQuery, Query, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import LETTERS, lines
from dashboards.kit.scales import SEVERITY
from dashboards.kit.series import BRIDGED_MS, fixed, in_unit
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import decimals_of, name_of, sign_of, unit_of
from dashboards.kit.unknown import UNHEARD
from dashboards.kit.variables import sensor, site
from dashboards.kit.words import Caption, Text
from i18n.message import Bilingual, in_context
from rules import siaga
from wire.measurements import COMPUTED

_HERE = one_of("sensor")
_FRESH = "time > now() - 1h"
"""The slowest sensors send a few times an hour."""
_KNOWN = (
    {"id": "isNotNull", "options": {}},
    {"id": "between", "options": {"from": -1e12, "to": 1e12}},
)
"""What keeps a row: a figure, and neither nothing nor what is no number."""
_ABOUT = Text("One sensor: all that it measures, the limits in force, its marks and its alarms.")
_NEWEST = Caption(
    Text("Newest values"),
    Text("The last readings of the last hour."),
    Text("This sensor has been silent for more than an hour, or the platform is not heard"),
)
_ALARMS = Caption(
    Text("Open alarms of this sensor"),
    Text("They are acknowledged in Siaga's console."),
    UNHEARD,
)
_ALL = Caption(
    Text("All that it measures"),
    Text("Mean of each step; each unit has an axis of its own. Dashed lines are the limits in force."),
    Text("No readings in this time range"),
)
_LIMITS = Caption(
    Text("Limits in force"),
    Text("From the rules that are set in Siaga's console."),
    Text("No limit for this sensor was written down in the last day"),
)
_MARKED = Caption(
    Text("Marked readings"),
    Text("Readings to look at twice, in each step: backfill, uncertain clock, spike, stuck, or twins that disagree."),
    Text("No marked readings"),
)
_COUNT = Text("Marked readings")


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard in the language of `look`."""
    rows = [
        PanelRow(7, (_newest(style), 8), (alarm_table(style, _ALARMS, where=_HERE), 16)),
        PanelRow(13, (_measured(style), 24)),
        PanelRow(7, (_limits(style), 8), (_marked(style), 16)),
        PanelRow(8, (history(style, _HERE), 24)),
    ]
    domains = list(map(str, style.quantities.domains))
    measurements = " ".join(domains)
    events = alarms(style, _HERE, beside=domains)
    variables = [site(style), sensor(style, measurement=measurements, several=False)]
    return frame(style, "sensor", about=_ABOUT, rows=rows, variables=variables, events=events)


def _readings(style: DashboardStyle) -> str:
    """The measurements of all domains."""
    return ", ".join(f'"{domain}"' for domain in style.quantities.domains)


def _measured(style: DashboardStyle) -> timeseries.Panel:
    measured = style.quantities.measured
    means = ", ".join(f'mean("{name}") AS "{name}"' for name in measured)
    chosen = f"WHERE $timeFilter AND {_HERE}"
    readings = f"SELECT {means} FROM {_readings(style)} {chosen} GROUP BY time($__interval) fill(null)"
    # a limit on an index stands in no unit of this chart
    limits = f'SELECT last("limit") FROM "threshold" {chosen} AND "quantity" =~ /^({"|".join(measured)})$/'
    grouped = 'GROUP BY time($__interval), "level", "quantity" fill(none)'
    levels = Query(f"{limits} {grouped}", "$tag_level · $tag_quantity")
    panel = lines(style, _ALL, Query(readings, "$col"), levels, unit="none", decimals=1).interval("10s")
    panel.span_nulls(BRIDGED_MS)
    for name in measured:
        title = DynamicConfigValue("displayName", style.say(name_of(name, style.quantities)))
        panel.override_by_name(name, [title, *_in_unit(style, name)])
        panel.with_transformation(_renamed(style, name))
        panel.override_by_regexp(f".* · {re.escape(style.say(name_of(name, style.quantities)))}", _in_unit(style, name))
    panel.override_by_query("B", _dashed())
    for stage in (3, 2, 1):
        panel.override_by_regexp(f"^Siaga {stage} · .*", [fixed(siaga.STAGES[stage].hex)])
    return panel.with_override(MatcherConfig("byValue", {"reducer": "allIsNull"}), _hidden())


def _renamed(style: DashboardStyle, name: str) -> DataTransformerConfig:
    """Siaga 1 · water_level becomes Siaga 1 · Water level."""
    options = {"regex": f"/ · {name}$/", "renamePattern": f" · {style.say(name_of(name, style.quantities))}"}
    return DataTransformerConfig("renameByRegex", options=options)


def _in_unit(style: DashboardStyle, name: str) -> list[DynamicConfigValue]:
    """A limit stands on the axis of its quantity."""
    return [*in_unit(unit_of(name, style)), DynamicConfigValue("decimals", decimals_of(name, style.quantities))]


def _dashed() -> list[DynamicConfigValue]:
    return [
        DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
        DynamicConfigValue("custom.lineWidth", 1),
        DynamicConfigValue("custom.spanNulls", True),
        DynamicConfigValue("custom.showPoints", "never"),
    ]


def _hidden() -> list[DynamicConfigValue]:
    """What a sensor does not measure comes as a column of nothing."""
    return [DynamicConfigValue("custom.hideFrom", {"legend": True, "tooltip": True, "viz": True})]


def _newest(style: DashboardStyle) -> tables.Panel:
    measured = style.quantities.measured
    picked = ", ".join(f'last("{name}") AS "{name}"' for name in measured)
    query = Query(f"SELECT {picked} FROM {_readings(style)} WHERE {_FRESH} AND {_HERE}", table=True)
    names = {name: _named(style, name) for name in measured}
    columns = [
        TableColumn(name="Field", title=Text("Quantity"), words=names),
        TableColumn(name="Last *", title=Text("Value"), decimals=1, width=120),
    ]
    panel = table(style, _NEWEST, query, columns=columns)
    for letter, asked in zip(LETTERS[1:], heard(), strict=False):
        panel.with_target(InfluxQuery(asked, ref=letter))
    alive = while_heard(DataTransformerConfig("merge", options={}), 1)
    own = DataTransformerConfig("filterFieldsByName", options={"include": {"names": list(measured)}})
    rows = DataTransformerConfig("reduce", options={"mode": "seriesToRows", "reducers": ["lastNotNull"]})
    filters = [{"config": config, "fieldName": "Last *"} for config in _KNOWN]
    kept = DataTransformerConfig("filterByValue", options={"filters": filters, "match": "all", "type": "include"})
    return panel.transformations([*alive, own, rows, kept])


def _named(style: DashboardStyle, name: str) -> Bilingual:
    shown = f"{style.say(name_of(name, style.quantities))} ({_sign(style, name)})"
    return Bilingual(shown, shown)


def _sign(style: DashboardStyle, name: str) -> str:
    return sign_of(unit_of(name, style))


def _limits(style: DashboardStyle) -> tables.Panel:
    own = style.suffix
    picked = f'last("limit") AS "limit", "severity", "name{own}"'
    inner = f'SELECT {picked} FROM "threshold" WHERE time > now() - 1d AND {_HERE} GROUP BY "quantity", "level", "rule"'
    query = Query(f'SELECT "severity", "name{own}", "quantity", "limit" FROM ({inner})', table=True)
    columns = [
        TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY, width=100),
        TableColumn(name=f"name{own}", title=Text("Level")),
        TableColumn(
            name="quantity",
            title=Text("Quantity"),
            words={name: name_of(name, style.quantities) for name in style.quantities},
        ),
        TableColumn(name="limit", title=Text("Limit"), decimals=1, width=90),
    ]
    return table(style, _LIMITS, query, columns=columns, worst_first="severity")


def _marked(style: DashboardStyle) -> timeseries.Panel:
    chosen = f"FROM {_readings(style)} WHERE $timeFilter AND {_HERE}"
    # what Siaga computed of late readings is marked as they are, and is no reading of the sensor
    query = Query(
        f'SELECT count("marks") {chosen} AND "gateway" != \'{COMPUTED}\' GROUP BY time($__interval) fill(none)',
        style.say(_COUNT),
    )
    return lines(style, _MARKED, query, unit="none", bars=True).interval("1m").min(0)
