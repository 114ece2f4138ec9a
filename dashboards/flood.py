"""Flood: every gauge with the limits in force on it, how fast it rises, and the rain and the sea behind it.

state │ rain now    next level    Siaga by the hour    each gauge with its rain    rise │ rain    all together    events
"""

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.builders.statetimeline import Panel as StatesPanel
from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.common import BarAlignment
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.history import history
from dashboards.hydrograph import RAIN_COLOUR, hydrograph
from dashboards.kit.ask import HOURS, last, lately, over_time, rows
from dashboards.kit.current import heard, while_heard
from dashboards.kit.events import alarms_here, of_one
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query, newest, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.links import from_column, to_sensor, to_site
from dashboards.kit.panels import lines, states
from dashboards.kit.scales import RAIN_DAY, RAIN_HOUR, SEVERITY, SIAGA
from dashboards.kit.series import BRIDGED_MS, in_unit, opens_sensor
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import decimals_of, name_of, unit, unit_of
from dashboards.kit.variables import choice, gauges, site
from dashboards.kit.words import Caption, Text, Words
from dashboards.limits import limits
from dashboards.next_levels import next_levels
from i18n.message import in_context
from wire import Domain

HERE = one_of("site")
OF_LEVELS = f"\"quantity\" = 'water_level' AND {HERE}"
ABOUT = Text(
    "The level at every gauge with the flood Siaga limits in force (1 is the worst), the rise, rain, and the sea."
)
STATE = Caption(
    Text("State of flood by site"),
    Text("The worst state at each site now, as the console shows it. Grey: nothing is known, which is not safe."),
    Text("No report of the state in the last 2 minutes"),
)
RAIN_NOW = Caption(
    Text("Rain now"),
    Text(
        "Rain of the last full hour and since 07:00, with BMKG's classes. Completeness: the share of readings that "
        "came; below 100 % there may have been more rain."
    ),
    Text("No rain data in the last 2 hours, or the platform is not heard"),
)
STAGES = Caption(
    Text("Worst flood Siaga of each hour (1 is the worst)"),
    Text("The worst flood Siaga of each hour by the limits of the gauge. Siaga 4 is normal, Siaga 1 the worst."),
    Text("No gauge with flood Siaga limits yet"),
)
LEVEL = Caption(
    Text("$gauge: water level and its limits"),
    Text(
        "The highest value of each step of time, between the bands of the limits in force at that time. From the top: "
        "rain of each hour, the mean of the chosen sites' gauges. The gauges stand from the source "
        "of the river to its mouth, as the city's file says, so that a crest is seen to travel down. Bands: alarms "
        "from raised to cleared, in the colour of their level; blue: what people did about them."
    ),
)
RISE = Caption(
    Text("Rate of rise"),
    Text(
        "The change of the level by the hour, from the medians of the first and the last third of half an hour. Above "
        "zero the water rises."
    ),
)
TOGETHER = Caption(
    Text("Upstream, downstream, sea and rain together"),
    Text(
        "All gauges on one time line, each over its own zero; areas: rain of each hour (right axis). A crest upstream "
        "comes before one downstream; the tide holds the mouth up."
    ),
)
RAIN = Caption(
    Text("Rain of each hour"),
    Text("The rain of each hour. Dashed: BMKG's classes, light from 1 mm, moderate 5, heavy 10, very heavy 20."),
)


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    return frame(
        style,
        "flood",
        about=ABOUT,
        variables=[site(style, domain="flood"), _gauge(style), _station(style)],
        events=alarms_here(style, Domain.FLOOD),
        rows=[
            PanelRow(7, (_state(style), 10), (_rain_now(style), 14)),
            PanelRow(6, (next_levels(style, HERE), 24)),
            PanelRow(6, (_stages(style), 24)),
            PanelRow(9, (_level(style), 24)),
            PanelRow(8, (_rise(style), 12), (rain(style), 12)),
            PanelRow(10, (_together(style), 24)),
            PanelRow(9, (history(style, one_of("sensor", "station")), 14), (limits(style, OF_LEVELS), 10)),
        ],
    )


def _gauge(style: DashboardStyle) -> QueryVariable:
    return gauges(style, "gauge", Text("Gauge"), where=HERE)


def _station(style: DashboardStyle) -> QueryVariable:
    """Every sensor of flood at the chosen sites, for the marks: an alarm of crowding at the beach is none of ours."""
    return choice(style, "station", Text("Sensor"), measurement="flood", tag="sensor", where=HERE, hidden=True)


def _state(style: DashboardStyle) -> TablePanel:
    fields = f"severity word{style.suffix} age_s silent sensors"
    where = f"\"domain\" = 'flood' AND {HERE}"
    return table(
        style, STATE, Query(newest("situation", fields, by="site", where=where), table=True), worst_first="severity",
        columns=[
            TableColumn(name="site", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name="severity", title=in_context("dashboards", "Severity"), scale=SEVERITY),
            TableColumn(name=f"word{style.suffix}", title=in_context("dashboards", "State")),
            TableColumn(name="age_s", title=Text("Age"), unit=unit("s", style)),
            TableColumn(name="silent", title=Text("Silent")),
            TableColumn(name="sensors", title=Text("Sensors")),
        ],
    )  # fmt: skip


def _rain_now(style: DashboardStyle) -> TablePanel:
    """The rain of the last hour and of the day; where no gauge is read each hour there are no columns of it."""
    return table(
        style, RAIN_NOW, *(Query(_newest_rain(span), table=True) for span in ("hour", "day")), *heard(),
        worst_first="rain_day", steps=while_heard(_joined(), 2),
        columns=[
            _sensor(style),
            _as_rain(style, "rain_hour", Text("Last hour")),
            TableColumn(name="hour_class", title=Text("Hour's class"), scale=RAIN_HOUR, as_class=True, optional=True),
            _complete(style, "hour_complete", Text("Hour complete")),
            _as_rain(style, "rain_day", Text("Since 07:00")),
            TableColumn(name="day_class", title=Text("Day's class"), scale=RAIN_DAY, as_class=True, optional=True),
            _complete(style, "day_complete", Text("Day complete")),
        ],
    )  # fmt: skip


def _joined() -> DataTransformerConfig:
    return DataTransformerConfig("joinByField", options={"byField": "sensor", "mode": "outer"})


def _newest_rain(span: str) -> str:
    amount = f"rain_{span}"
    what = last(amount, f"{amount}:{span}_class", f"{amount}_completeness:{span}_complete")
    inner = lately(what, "flood", where=HERE, by="sensor", within="2h")
    return rows(f"sensor {amount} {span}_class {span}_complete", inner)


def _complete(style: DashboardStyle, name: str, title: Words) -> TableColumn:
    return TableColumn(name=name, title=title, unit=unit_of("rain_hour_completeness", style), decimals=0, optional=True)


def _stages(style: DashboardStyle) -> StatesPanel:
    text = over_time('min("siaga")', "flood", where=HERE, by="sensor", step=HOURS)
    return states(style, STAGES, Query(text, alias="$tag_sensor"), scale=SIAGA)


def _level(style: DashboardStyle) -> LinesPanel:
    """One chart, repeated for each gauge: one above the other on one time axis, in the order of their choice."""
    level = over_time('max("water_level")', "flood", where=one_of("sensor", "gauge"), by="sensor")
    panel = hydrograph(
        style, LEVEL, level, limits_where=one_of("sensor", "gauge"), rain_where=HERE, alias=name_of("water_level")
    )
    return panel.with_transformation(of_one("gauge")).repeat("gauge").repeat_direction("v")


def _rise(style: DashboardStyle) -> LinesPanel:
    """How fast the levels change, as the cloud has computed it."""
    text = Query(over_time('mean("rise_rate")', "flood", where=HERE, by="sensor"), alias="$tag_sensor")
    panel = lines(style, RISE, text, unit=unit_of("rise_rate", style), decimals=0).interval("1m").span_nulls(BRIDGED_MS)
    return panel.axis_centered_zero(True).override_by_regexp(".*", opens_sensor(style))


def _together(style: DashboardStyle) -> LinesPanel:
    """All levels on one time line, and the rain."""
    level = over_time('max("water_level")', "flood", where=HERE, by="sensor")
    panel = _cm(style, TOGETHER, Query(level, alias="$tag_sensor"), Query(_rain_hours(), alias="$tag_sensor"))
    return panel.span_nulls(BRIDGED_MS).interval("1m").override_by_query("B", _rain_below(style))


def rain(style: DashboardStyle) -> LinesPanel:
    """The rain of each hour beside its classes."""
    unit, decimals = unit_of("rain_hour", style), decimals_of("rain_hour")
    text = Query(_rain_hours(), alias="$tag_sensor")
    panel = lines(style, RAIN, text, unit=unit, decimals=decimals, scale=RAIN_HOUR, limits=True, bars=True)
    return panel.min(0).bar_alignment(BarAlignment.AFTER)


def _rain_hours() -> str:
    return over_time('sum("rain_hour")', "flood", where=HERE, by="sensor", step=HOURS, fill="none")


def _rain_below(style: DashboardStyle) -> list[DynamicConfigValue]:
    """Rain as blocks of an hour, on an axis of its own."""
    return [
        *in_unit(unit_of("rain_hour", style)),
        DynamicConfigValue("custom.lineInterpolation", "stepAfter"),
        DynamicConfigValue("custom.showPoints", "never"),
        DynamicConfigValue("custom.lineWidth", 0),
        DynamicConfigValue("custom.fillOpacity", 45),
        DynamicConfigValue("custom.axisPlacement", "right"),
        DynamicConfigValue("min", 0),
        DynamicConfigValue("color", {"mode": "shades", "fixedColor": RAIN_COLOUR}),
    ]


def _cm(style: DashboardStyle, caption: Caption, *queries: Query) -> LinesPanel:
    unit, decimals = unit_of("water_level", style), decimals_of("water_level")
    return lines(style, caption, *queries, unit=unit, decimals=decimals).override_by_regexp(".*", opens_sensor(style))


def _sensor(style: DashboardStyle) -> TableColumn:
    return TableColumn(name="sensor", title=Text("Sensor"), link=to_sensor(style, from_column("sensor")))


def _as_rain(style: DashboardStyle, name: str, title: Words) -> TableColumn:
    unit, decimals = unit_of("rain_hour", style), decimals_of("rain_hour")
    return TableColumn(name=name, title=title, unit=unit, decimals=decimals, optional=True)
