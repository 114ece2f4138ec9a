"""A river as a hydrologist draws it: its level between the bands of its stages, and rain hanging from the top.

 ▼▼ ▼▼▼▼▼▼        0 mm/h
    ▼▼▼▼▼▼       10         rain of the hour, on an axis of its own that runs down
 ─────────────── 320 ─ red above Siaga 1
 - - - - - - - - 250 ─ orange from Siaga 2 up to Siaga 1
        ╭──╮     150 ─ yellow from Siaga 3 up to Siaga 2
 ───────╯  ╰────            cm

Grafana has no axis that runs down: the bars are rain below zero, and the figure at the pointer is a second series that
is not drawn. A band is filled from a hidden copy of the limit above it down to the limit itself.
"""

from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, ValueMap, ValueMappingResult

from dashboards.kit.ask import HOURS, over_time
from dashboards.kit.influx import Query
from dashboards.kit.panels import lines
from dashboards.kit.series import BRIDGED_MS, LIMIT_LINE, fixed, in_unit, opens_sensor
from dashboards.kit.style import DashboardStyle
from dashboards.kit.units import decimals_of, name_of, unit_of
from dashboards.kit.words import Caption, Words
from rules import siaga

OF_LEVELS = "\"quantity\" = 'water_level'"
DEEPEST_MM = 60
"""Rain of an hour that reaches down to the foot: of BMKG's heaviest class, from 20 mm on, it takes the upper third."""
TICK_MM, MOST_MM = 5, 300
RAIN_COLOUR = "#5794f2"
"""Rain is blue, and never of the colour of a level."""
_BELOW_OF = {1: 2, 2: 3, 3: None}
"""The stage whose limit a band begins at, by the stage at whose limit it ends; below Siaga 3 all is normal."""
_ABOVE_WORST = 1.15
"""How far the band of the worst stage is drawn beyond its limit."""


def hydrograph(
    style: DashboardStyle,
    caption: Caption,
    level: str,
    *,
    limits_where: str,
    rain_where: str,
    alias: Words | None = None,
) -> Panel:
    """The query `level` with the limits and the rain that hold where the conditions on tags say."""
    limit = f"{OF_LEVELS} AND {limits_where}"
    panel = lines(
        style, caption,
        Query(level, alias="$tag_sensor" if alias is None else style.say(alias)),
        Query(over_time('last("limit")', "threshold", where=limit, by="level sensor", fill="none"), "$tag_level"),
        Query(over_time('last("limit")', "threshold", where=limit, by="level", fill="none"), "▔ $tag_level"),
        Query(_worst_limit(limit), "▔"),
        Query(_rain(rain_where), style.say(name_of("rain_hour"))),
        Query(_rain(rain_where, "* -1"), "▼"),
        unit=unit_of("water_level", style), decimals=decimals_of("water_level"),
    )  # fmt: skip
    panel.span_nulls(BRIDGED_MS).interval("1m").override_by_query("A", [*opens_sensor(style), *_EXCEEDED])
    panel.override_by_query("B", LIMIT_LINE)
    for letter in "CD":
        panel.override_by_query(letter, [_unnamed(), *_EDGE])
    panel.override_by_query("E", named_only(style)).override_by_query("F", hanging(style))
    for stage, below in _BELOW_OF.items():
        panel.override_by_regexp(f"^Siaga {stage}$", [fixed(siaga.STAGES[stage].hex)])
        if below is not None:
            panel.override_by_regexp(f"^▔ Siaga {stage}$", _band(f"Siaga {below}", siaga.STAGES[below].hex))
    return panel.override_by_regexp("^▔$", _band("Siaga 1", siaga.STAGES[1].hex))


def _worst_limit(limit: str) -> str:
    """Above the limit of the worst stage: where its band ends."""
    what = f'last("limit") * {_ABOVE_WORST}'
    return over_time(what, "threshold", where=f"{limit} AND \"level\" = 'Siaga 1'", by="", fill="none")


def _rain(where: str, sign: str = "") -> str:
    """The rain of each hour, the mean of the gauges there: a station says what fell on the river."""
    return over_time(f'mean("rain_hour") {sign}'.strip(), "flood", where=where, by="", step=HOURS, fill="none")


def _unnamed() -> DynamicConfigValue:
    return DynamicConfigValue("custom.hideFrom", {"legend": True, "tooltip": True, "viz": False})


_EDGE = [
    DynamicConfigValue("custom.lineWidth", 0),
    DynamicConfigValue("custom.lineInterpolation", "stepAfter"),
    DynamicConfigValue("custom.showPoints", "never"),
]
"""The upper edge of a band is no line: the limit itself is one."""


def named_only(style: DashboardStyle) -> list[DynamicConfigValue]:
    """Rain at the pointer and below the panel, where it is above zero."""
    return [
        *in_unit(unit_of("rain_hour", style)),
        fixed(RAIN_COLOUR),
        DynamicConfigValue("decimals", 1),
        DynamicConfigValue("custom.lineWidth", 0),
        DynamicConfigValue("custom.showPoints", "never"),
        DynamicConfigValue("custom.axisPlacement", "hidden"),
    ]


_EXCEEDED = [
    DynamicConfigValue("custom.fillBelowTo", "Siaga 3"),
    DynamicConfigValue("custom.fillOpacity", 45),
]
"""What of the curve is above the mildest limit is filled; nothing is where a gauge has none."""


def _band(down_to: str, colour: str) -> list[DynamicConfigValue]:
    return [
        fixed(colour),
        DynamicConfigValue("custom.fillBelowTo", down_to),
        DynamicConfigValue("custom.fillOpacity", 14),
    ]


def hanging(style: DashboardStyle) -> list[DynamicConfigValue]:
    """Bars below zero on an axis whose figures have lost their sign."""
    ticks = {f"-{mm}": ValueMappingResult(text=str(mm)) for mm in range(TICK_MM, MOST_MM + 1, TICK_MM)}
    return [
        *in_unit(unit_of("rain_hour", style)),
        fixed(RAIN_COLOUR),
        _unnamed(),
        DynamicConfigValue("custom.drawStyle", "bars"),
        DynamicConfigValue("custom.barAlignment", 1),
        DynamicConfigValue("custom.lineWidth", 0),
        DynamicConfigValue("custom.fillOpacity", 55),
        DynamicConfigValue("custom.axisPlacement", "right"),
        DynamicConfigValue("custom.axisSoftMin", -DEEPEST_MM),
        DynamicConfigValue("max", 0),
        DynamicConfigValue("decimals", 0),
        DynamicConfigValue("mappings", [ValueMap(ticks)]),
    ]
