"""Footfall: who is there now and how full that is, who came and went, at which hours and weekdays, in which season.

present │ capacity used │ visits today    against the usual    came and went    capacity    weekdays    seasons
"""

from grafana_foundation_sdk.builders import barchart, common
from grafana_foundation_sdk.builders.bargauge import Panel as BarsPanel
from grafana_foundation_sdk.builders.dashboard import CustomVariable, FieldColor, QueryVariable
from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    VariableOption,
)

from dashboards.history import history
from dashboards.kit.ask import in_range, last, lately, over_time, rows
from dashboards.kit.current import by_site, newest_of, sites_of
from dashboards.kit.events import alarms_here
from dashboards.kit.frame import frame
from dashboards.kit.influx import SOURCE, InfluxQuery, Query, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.links import from_column, to_site
from dashboards.kit.panels import dressed, gauges, in_order, lines, thresholds
from dashboards.kit.scales import CAPACITY, one_colour, words_of
from dashboards.kit.series import opens_site
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.tiles import MOST_SITES, column, one_each, sized_by_grafana, tiles
from dashboards.kit.units import name_of, unit, unit_of
from dashboards.kit.variables import choice, site
from dashboards.kit.words import Caption, Text
from dashboards.limits import limits, of_domain
from dashboards.usual import against_usual, present_and_usual
from wire import Domain

HERE, OURS = one_of("site"), of_domain(Domain.FOOTFALL)
ABOUT = Text("Visitors: how many are there, capacity used, in and out, hours and weekdays, seasons compared.")
NOBODY_COUNTS = Text("No count in the last 15 minutes")
PRESENT = Caption(
    Text("Present now"),
    Text("In minus out since the place last closed, never below zero."),
    NOBODY_COUNTS,
)
TODAY = Caption(
    Text("Visits today"),
    Text("People who came in since the place last closed."),
    NOBODY_COUNTS,
)
FULL = Caption(
    Text("Capacity used now"),
    Text("Visitors present divided by the capacity of the site: nearly full from 80 %, full from 100 %."),
    Text("A site without a capacity, or no count"),
)
LENGTH = Caption(
    Text("Mean length of a visit"),
    Text("Length of today's visits so far, by Little's law. Who is still inside has not stayed it all."),
    NOBODY_COUNTS,
)
GATES = Caption(
    Text("In and out"),
    Text("People counted in each step of time: in goes up, out goes down."),
)
USED = Caption(
    Text("Capacity used"),
    Text("The share of capacity that is used. Dashed: nearly full (80 %) and full (100 %)."),
)
WEEK = Caption(
    Text("Hours and weekdays: mean of the last 4 weeks"),
    Text(
        "The mean number of visitors at all chosen sites at each hour (local time) of each weekday. The darker the "
        "busier; the figures are people."
    ),
    Text("No counts in the last 4 weeks"),
)
MONTHS = Caption(
    Text("Seasons: visits by month"),
    Text(
        "Visits of each calendar month of the last 13 months, all chosen sites. The first and the last month are not "
        "whole."
    ),
)
SEASON = Caption(
    Text("This range against an earlier one"),
    Text(
        "People who came in in the chosen range and in the same range so many weeks earlier (chosen above). Two "
        "counters at one door count twice."
    ),
    Text("No counts in one of the ranges"),
)
WEEKDAYS = (
    Text("Monday"), Text("Tuesday"), Text("Wednesday"), Text("Thursday"),
    Text("Friday"), Text("Saturday"), Text("Sunday"),
)  # fmt: skip
_EARLIER = {
    "1w": Text("1 week"), "4w": Text("4 weeks"), "26w": Text("26 weeks"),
    "52w": Text("52 weeks"),
}  # fmt: skip
PEOPLE = Text("people")


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    return frame(
        style,
        "footfall",
        about=ABOUT,
        refresh="5m",  # its months and weeks are much to read, and a count is of a minute
        variables=[site(style, domain="footfall"), _counter(style), _earlier(style)],
        events=alarms_here(style, Domain.FOOTFALL),
        rows=[
            PanelRow(6, (_present(style), 8), (_full(style), 10), (_today(style), 6)),
            PanelRow(6, (against_usual(style, HERE), 24)),
            PanelRow(8, (present_and_usual(style, HERE), 24)),
            PanelRow(8, (gates(style), 14), (_length(style), 10)),
            PanelRow(8, (_used(style), 24)),
            PanelRow(10, (_week(style), 24)),
            PanelRow(9, (_months(style), 12), (_season(style), 12)),
            PanelRow(9, (history(style, one_of("sensor", "counter")), 14), (limits(style, f"{HERE} AND {OURS}"), 10)),
        ],
    )


def _present(style: DashboardStyle) -> StatPanel:
    """How many are there."""
    return _now(style, PRESENT, "visitors_present")


def _full(style: DashboardStyle) -> BarsPanel:
    """How full that is."""
    used = lately(last("capacity_used"), "footfall", where=HERE, by="site", within="15m")
    tables = [*sites_of(Domain.FOOTFALL, HERE), newest_of("capacity_used", used)]
    panel = gauges(
        style, FULL, *(Query(text, table=True) for text in tables),
        unit=unit_of("capacity_used", style), scale=CAPACITY.or_unknown(), most=120,
    )  # fmt: skip
    for step in (*by_site("used_now"), *one_each("used_now", column("name"), ["site"])):
        panel.with_transformation(step)
    panel.reduce_options(common.ReduceDataOptions().values(True).calcs([]).fields(""))
    named = DynamicConfigValue("displayName", column("name"))
    return panel.override_by_name(
        "used_now", [named, DynamicConfigValue("links", [to_site(style, from_column("site"))])]
    )


def gates(style: DashboardStyle) -> LinesPanel:
    """Who came and went."""
    panel = lines(
        style, GATES,
        *(
            Query(
                over_time(f'sum("{quantity}"){sign}', "footfall", where=HERE, by="site", fill="none"),
                alias=f"$tag_site · {style.say(name_of(quantity))}",
            )
            for quantity, sign in (("people_in", ""), ("people_out", " * -1"))
        ),
        unit=f"suffix: {style.say(PEOPLE)}", bars=True, stacked=True,
    )  # fmt: skip
    return panel.interval("15m").axis_centered_zero(True).override_by_regexp(".*", opens_site(style))


def _used(style: DashboardStyle) -> LinesPanel:
    """How full that was, over time."""
    text = over_time('max("capacity_used")', "footfall", where=HERE, by="site")
    unit = unit_of("capacity_used", style)
    panel = lines(style, USED, Query(text, alias="$tag_site"), unit=unit, scale=CAPACITY, limits=True)
    return panel.interval("1m").min(0).span_nulls(900_000).override_by_regexp(".*", opens_site(style))


def _today(style: DashboardStyle) -> StatPanel:
    return _now(style, TODAY, "visitors_day")


def _length(style: DashboardStyle) -> LinesPanel:
    text = over_time('last("visit_length")', "footfall", where=HERE, by="site")
    panel = lines(style, LENGTH, Query(text, alias="$tag_site"), unit=unit("s", style))
    return panel.interval("5m").min(0).span_nulls(900_000).override_by_regexp(".*", opens_site(style))


def _now(style: DashboardStyle, caption: Caption, quantity: str) -> StatPanel:
    inner, now = lately(last(quantity), "footfall", where=HERE, by="site", within="15m"), f"{quantity}_now"
    panel = tiles(
        style, caption, *sites_of(Domain.FOOTFALL, HERE), newest_of(quantity, inner), value=now, name=column("name"),
        kept=["site"], scale=one_colour(least=0).or_unknown(), steps=by_site(now), most=MOST_SITES, filled=False,
    )  # fmt: skip
    panel.override_by_name(now, [DynamicConfigValue("links", [to_site(style, from_column("site"))])])
    return sized_by_grafana(panel)


def _week(style: DashboardStyle) -> TablePanel:
    """A matrix of weekday and hour, made by Grafana's own transformations out of the hours of four weeks."""
    panel = (
        TablePanel().title(style.say(WEEK.title)).description(style.say(WEEK.about)).no_value(style.say(WEEK.nothing))
    )
    panel.datasource(SOURCE).unit("none").decimals(0).min(0).thresholds(thresholds(one_colour())).min_width(36)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.CONTINUOUS_BLUES))
    panel.with_target(InfluxQuery(Query(_hours(), table=True), ref="A"))
    for step in _matrix(style.zone):
        panel.with_transformation(step)
    panel.override_by_regexp(r"^\d\d$", [
        DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
        DynamicConfigValue("custom.align", "center"),
    ])  # fmt: skip
    names = {str(number): name for number, name in enumerate(WEEKDAYS, start=1)}
    return panel.override_by_name(_CORNER, [
        DynamicConfigValue("displayName", style.say(Text("Weekday"))),
        DynamicConfigValue("mappings", words_of(names, style)),
        DynamicConfigValue("custom.width", 100),
    ])  # fmt: skip


def _hours() -> str:
    """The visitors at all chosen sites together, by the hour."""
    lately_ = "time > now() - 28d"
    each = f'SELECT mean("visitors_present") AS "present" FROM "footfall" WHERE {lately_} AND {HERE} '
    each += 'GROUP BY time(1h), "site" fill(none)'
    return f'SELECT sum("present") AS "present" FROM ({each}) WHERE {lately_} GROUP BY time(1h) fill(none)'


_CORNER = "Time\\Hour"
"""What Grafana calls the first column of the matrix."""


def _matrix(zone: str) -> list[DataTransformerConfig]:
    """Time ─► a second copy of it ─► one as weekday, one as hour ─► means ─► rows of weekdays, columns of hours."""
    copy = {"left": {"matcher": {"id": "byName", "options": "Time"}}, "operator": "+", "right": {"fixed": "0"}}
    grouped = {"aggregations": [], "operation": "groupby"}
    return [
        _step("convertFieldType", conversions=[_as("Time", "number")], fields={}),
        _step("calculateField", mode="binary", alias="Hour", binary=copy, replaceFields=False),
        _step("convertFieldType", conversions=[_as("Time", "time"), _as("Hour", "time")], fields={}),
        _step("formatTime", timeField="Time", outputFormat="E", timezone=zone),
        _step("formatTime", timeField="Hour", outputFormat="HH", timezone=zone),
        _step("groupBy", fields={
            "Time": grouped, "Hour": grouped, "present": {"aggregations": ["mean"], "operation": "aggregate"},
        }),
        _step("sortBy", fields={}, sort=[{"field": "Hour"}]),
        _step(
            "groupingToMatrix", columnField="Hour", rowField="Time", valueField="present (mean)", emptyValue="null"
        ),
        _step("sortBy", fields={}, sort=[{"field": _CORNER}]),
    ]  # fmt: skip


def _months(style: DashboardStyle) -> barchart.Panel:
    days = f'SELECT max("visitors_day") AS "v" FROM "footfall" WHERE {_YEAR} AND {HERE} '
    days += 'GROUP BY time(1d), "site" fill(none)'
    text = f'SELECT sum("v") AS "visits" FROM ({days}) WHERE {_YEAR} GROUP BY time(1d) fill(none) tz(\'{style.zone}\')'
    panel = dressed(
        barchart.Panel(), style, MONTHS, (Query(text, table=True),), unit="none", decimals=0,
        scale=one_colour(),
    )  # fmt: skip
    panel.with_transformation(_step("formatTime", timeField="Time", outputFormat="YYYY-MM", timezone=style.zone))
    panel.with_transformation(_step("groupBy", fields={
        "Time": {"aggregations": [], "operation": "groupby"},
        "visits": {"aggregations": ["sum"], "operation": "aggregate"},
    }))  # fmt: skip
    panel.override_by_name("visits (sum)", [
        DynamicConfigValue("displayName", style.say(Text("Visits"))),
    ])  # fmt: skip
    return (
        panel.axis_label(style.say(PEOPLE))
        .x_field("Time")
        .x_tick_label_max_length(len("YYYY-MM"))
        .show_value(VisibilityMode.AUTO)
        .color_scheme(in_order())
    )


_YEAR = "time > now() - 396d"
"""Thirteen months: this one, and the same of last year."""


def _season(style: DashboardStyle) -> TablePanel:
    now = in_range('sum("people_in") AS "now"', "footfall", where=HERE, by="site")
    before = in_range('sum("people_in") AS "before"', "footfall", where=HERE, by="site", earlier="$earlier")
    people = f"suffix: {style.say(PEOPLE)}"
    return table(
        style, SEASON, Query(rows("site now", now), table=True), Query(rows("site before", before), table=True),
        steps=[
            _step("joinByField", byField="site", mode="outer"),
            _calculated("more", "now", "-", "before"),
            _calculated("change", "more", "/", "before"),
        ],
        worst_first="now",
        columns=[
            TableColumn(name="site", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name="now", title=Text("This range"), unit=people, decimals=0),
            TableColumn(name="before", title=Text("Earlier"), unit=people, decimals=0),
            TableColumn(
                name="change", title=Text("Change"), unit="percentunit", decimals=0
            ),
        ],
    )  # fmt: skip


def _calculated(alias: str, left: str, operator: str, right: str) -> DataTransformerConfig:
    """A column of two others: 99 against 100 is a change of -1 %."""
    sides = {name: {"matcher": {"id": "byName", "options": of}} for name, of in (("left", left), ("right", right))}
    return _step(
        "calculateField", mode="binary", alias=alias, binary={**sides, "operator": operator}, replaceFields=False
    )


def _counter(style: DashboardStyle) -> QueryVariable:
    """Every sensor of footfall at the chosen sites, and the sites' own series, for the marks."""
    label = Text("Counter")
    return choice(style, "counter", label, measurement="footfall", tag="sensor", where=HERE, hidden=True)


def _earlier(style: DashboardStyle) -> CustomVariable:
    """How long ago the range lies that this one is compared with."""
    values = ",".join(f"{style.say(text)} : {span}" for span, text in _EARLIER.items())
    label = style.say(Text("Compare with"))
    first = VariableOption(text=style.say(_EARLIER["1w"]), value="1w", selected=True)
    return CustomVariable("earlier").label(label).values(values).current(first)


def _step(step: str, **options: object) -> DataTransformerConfig:
    return DataTransformerConfig(step, options=options)


def _as(field: str, kind: str) -> dict[str, str]:
    return {"targetField": field, "destinationType": kind}
