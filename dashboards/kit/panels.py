"""The kinds of panel: each takes its caption and queries, and says word, unit and colour of every value.

stat(look, caption, Query(…), scale=SEVERITY)        lines(look, caption, Query(…), unit=unit_of("rainfall", look))

What they give are builders of the SDK: what a dashboard needs besides, it sets on them.
"""

from typing import TypeVar

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    common,
    dashboard,
    statetimeline,
    statushistory,
    timeseries,
)
from grafana_foundation_sdk.builders import (
    stat as stats,
)
from grafana_foundation_sdk.builders import (
    text as texts,
)
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId
from grafana_foundation_sdk.models.text import TextMode

from dashboards.kit.influx import SOURCE, InfluxQuery, Query
from dashboards.kit.links import Link
from dashboards.kit.scales import PanelScale, one_colour
from dashboards.kit.style import DashboardStyle
from dashboards.kit.units import sign_of
from dashboards.kit.words import Caption, Words
from rules.colours import UNKNOWN

P = TypeVar(
    "P", barchart.Panel, stats.Panel, timeseries.Panel, statetimeline.Panel, statushistory.Panel, bargauge.Panel
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LAST = "lastNotNull"


def dressed(
    panel: P,
    style: DashboardStyle,
    caption: Caption,
    queries: tuple[Query, ...],
    *,
    unit: str,
    decimals: int,
    scale: PanelScale,
) -> P:
    """Any panel with what every panel must say: caption, no-data text, unit, decimals, words and colours."""
    panel.title(style.say(caption.title)).description(style.say(caption.about)).no_value(style.say(caption.nothing))
    panel.datasource(SOURCE).unit(unit).decimals(decimals)
    panel.mappings(scale.mappings(style)).thresholds(thresholds(scale))
    for letter, query in zip(LETTERS, queries, strict=False):
        panel.with_target(InfluxQuery(query, ref=letter))
    return panel


def thresholds(scale: PanelScale) -> dashboard.ThresholdsConfig:
    """The colours of a scale as a builder."""
    steps = scale.steps()
    return dashboard.ThresholdsConfig().mode(steps.mode).steps(steps.steps)


def by_thresholds() -> dashboard.FieldColor:
    """Values take the colours of their scale."""
    return dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS)


def by_words() -> dashboard.FieldColor:
    """Values take the colours of their words, grey where they have none.

    By thresholds, Grafana merges the values of one class and writes their figures, 4+ and < 2, in bands and legend.
    """
    return dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(UNKNOWN)


def in_order() -> dashboard.FieldColor:
    """Series take colours in their order. By their names, Grafana gives two of them the same one now and then."""
    return dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC)


def stat(
    style: DashboardStyle, caption: Caption, *queries: Query,
    unit: str = "none", decimals: int = 0, scale: PanelScale | None = None,
    calc: str = LAST, fields: str = "", named: bool | None = None, filled: bool = True,
) -> stats.Panel:  # fmt: skip
    """Big figures or words, to be read from across a room.

    `fields` is a regular expression in slashes where a text field is wanted. `named`: with the name of each series
    (None: where there are several); `filled`: the colour fills the panel, else the figure has it.
    """
    panel = dressed(stats.Panel(), style, caption, queries, unit=unit, decimals=decimals, scale=scale or one_colour())
    panel.color_scheme(by_thresholds()).graph_mode(BigValueGraphMode.NONE)
    panel.color_mode(BigValueColorMode.BACKGROUND_SOLID if filled else BigValueColorMode.VALUE)
    panel.reduce_options(reduced(calc, fields))
    modes = {None: BigValueTextMode.AUTO, True: BigValueTextMode.VALUE_AND_NAME, False: BigValueTextMode.VALUE}
    return panel.text_mode(modes[named]).orientation(VizOrientation.AUTO)


def lines(
    style: DashboardStyle, caption: Caption, *queries: Query, unit: str, decimals: int = 0,
    scale: PanelScale | None = None, limits: bool = False, bars: bool = False, stacked: bool = False,
) -> timeseries.Panel:  # fmt: skip
    """Values over time; a gap stays a gap. `limits` draws the steps of the scale as dashed lines.

    The unit stands once at the axis, and not at each of its figures.
    """
    sign = sign_of(unit)
    panel = dressed(
        timeseries.Panel(), style, caption, queries,
        unit="none" if sign else unit, decimals=decimals, scale=scale or one_colour(),
    )  # fmt: skip
    panel.axis_label(sign)
    panel.color_scheme(in_order()).legend(legend()).tooltip(tooltip()).line_width(2).show_points(VisibilityMode.AUTO)
    panel.span_nulls(False)
    if limits:
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if bars:
        as_bars(panel)
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    return panel


def states(
    style: DashboardStyle, caption: Caption, *queries: Query, scale: PanelScale, unit: str = "none"
) -> statetimeline.Panel:
    """States over time, a band for each series, with their words in the bands and below."""
    panel = dressed(statetimeline.Panel(), style, caption, queries, unit=unit, decimals=0, scale=scale)
    panel.color_scheme(by_words()).show_value(VisibilityMode.AUTO).merge_values(True).row_height(0.85)
    return panel.legend(legend()).tooltip(tooltip()).fill_opacity(85).line_width(0)


def calendar(
    style: DashboardStyle, caption: Caption, *queries: Query, scale: PanelScale, unit: str = "none", decimals: int = 0
) -> statushistory.Panel:
    """A box for each step of time and each series, its figure in it, in the colour of its class.

    There is no list of colours below: Grafana's would say 51+; the caption says the words.
    """
    panel = dressed(statushistory.Panel(), style, caption, queries, unit=unit, decimals=decimals, scale=scale)
    panel.color_scheme(by_thresholds()).show_value(VisibilityMode.AUTO).row_height(0.9).col_width(0.95)
    return panel.legend(legend().show_legend(False)).tooltip(tooltip()).fill_opacity(85).line_width(1)


def gauges(
    style: DashboardStyle, caption: Caption, *queries: Query,
    unit: str, decimals: int = 0, scale: PanelScale, calc: str = LAST,
    least: float = 0, most: float | None = None,
) -> bargauge.Panel:  # fmt: skip
    """A bar for each series with its figure, from `least` to `most`."""
    panel = dressed(bargauge.Panel(), style, caption, queries, unit=unit, decimals=decimals, scale=scale)
    panel.color_scheme(by_thresholds()).orientation(VizOrientation.HORIZONTAL).reduce_options(reduced(calc, ""))
    panel.display_mode(BarGaugeDisplayMode.BASIC).show_unfilled(True).min(least)
    return panel if most is None else panel.max(most)


def linked(panel: P, link: Link) -> P:
    """Let a click on any value of the panel lead somewhere."""
    return panel.override_by_regexp(".*", [DynamicConfigValue("links", [link])])


def note(style: DashboardStyle, title: Words, markdown: Words) -> texts.Panel:
    """A text in Markdown."""
    panel = texts.Panel().title(style.say(title)).description(style.say(title)).mode(TextMode.MARKDOWN)
    return panel.content(style.say(markdown))


def as_bars(panel: timeseries.Panel) -> timeseries.Panel:
    """Draw bars instead of lines, for sums of a step of time."""
    return panel.draw_style(GraphDrawStyle.BARS).fill_opacity(60).line_width(1)


def reduced(calc: str, fields: str) -> common.ReduceDataOptions:
    """One figure of each series by `calc`, of the fields that a regular expression in slashes names."""
    return common.ReduceDataOptions().calcs([calc]).fields(fields).values(False)


def legend(*calcs: str) -> common.VizLegendOptions:
    """Names below the panel."""
    options = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    return options.show_legend(True).calcs(list(calcs))


def tooltip() -> common.VizTooltipOptions:
    """All series at the pointer, the largest first."""
    return common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
