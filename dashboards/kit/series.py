"""What series on charts have in common: where a click leads, how a limit is drawn, what silence a line bridges."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.kit.links import from_tag, to_sensor, to_site
from dashboards.kit.style import DashboardStyle
from dashboards.kit.units import sign_of

BRIDGED_MS = 1_200_000
"""Of a sensor that measures each quarter of an hour there is a line and not points; a longer silence is a gap."""
LIMIT_LINE = [
    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 8]}),
    DynamicConfigValue("custom.lineInterpolation", "stepAfter"),
    DynamicConfigValue("custom.showPoints", "never"),
    DynamicConfigValue("decimals", 0),
]
"""A limit is dashed, and level from one change to the next."""


def opens_sensor(style: DashboardStyle) -> list[DynamicConfigValue]:
    """A click on a series with the tag `sensor` opens that sensor."""
    return [DynamicConfigValue("links", [to_sensor(style, from_tag("sensor"))])]


def opens_site(style: DashboardStyle) -> list[DynamicConfigValue]:
    """A click on a series with the tag `site` opens that site."""
    return [DynamicConfigValue("links", [to_site(style, from_tag("site"))])]


def in_unit(unit: str) -> list[DynamicConfigValue]:
    """A series on the axis of its unit, which stands there once."""
    sign = sign_of(unit)
    return [DynamicConfigValue("unit", "none" if sign else unit), DynamicConfigValue("custom.axisLabel", sign)]


def fixed(colour: str) -> DynamicConfigValue:
    """A series in one colour, #rrggbb."""
    return DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
