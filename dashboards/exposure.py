"""What people have breathed: hours in each category of ISPU, and sites beside each other in the same hours.

site      no ISPU   Baik   Sedang   Tidak Sehat         site      PM2.5 against the median   hours compared
market          2     14        8             –         market                      +4.1            22
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.dashboard import (
    DashboardRegexMapOptions,
    DataTransformerConfig,
    DynamicConfigValue,
    RegexMap,
    ValueMappingResult,
)

from dashboards.kit.ask import HOURS, in_range, over_time, rows
from dashboards.kit.influx import SOURCE, InfluxQuery, Query
from dashboards.kit.links import from_column, to_site
from dashboards.kit.panels import LETTERS, thresholds
from dashboards.kit.scales import ISPU, one_colour
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import NARROWEST, TableColumn, table
from dashboards.kit.units import decimals_of, unit, unit_of
from dashboards.kit.words import Caption, Text
from rules.colours import UNKNOWN
from wire.durations import HOUR_MS

EXPOSURE = Caption(
    Text("Hours of exposure in this time range"),
    Text(
        "How many hours of the chosen time each site had in each category of ISPU, and how many without any ISPU: of "
        "those nobody knows. ISPU is a mean of 24 hours, so an hour counts by the day that ends with it."
    ),
    Text("No ISPU in this time range"),
)
COMPARISON = Caption(
    Text("Sites in the same hours: PM2.5 against their median"),
    Text(
        "Only hours in which all chosen sites were measured. In each the median of the sites is taken off, and with it "
        "what wind and weather bring to all of them alike: what is left is a site's own. Above zero: dirtier than "
        "the others. One site alone is always at zero."
    ),
    Text("No hour in which all chosen sites were measured: choose fewer sites or a longer time"),
)
_MEDIAN = "▬"
"""What the median is called on its way: no site has such an id."""


def exposure(style: DashboardStyle, where: str) -> Panel:
    """The hours of the sites that `where` chooses, by category."""
    found = list(_categories())
    queries = [Query(rows("site unknown", _unknown(where)), table=True)]
    queries += [Query(rows(f"site {name}", _counted(name, condition, where)), table=True) for name, condition in found]
    hours = unit("h", style)
    join = DataTransformerConfig("joinByField", options={"byField": "site", "mode": "outer"})
    panel = table(
        style, EXPOSURE, *queries, steps=[join], worst_first="unknown",
        columns=[
            TableColumn(name="site", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name="unknown", title=Text("Without ISPU"), unit=hours, decimals=0),
            *(
                TableColumn(name=name, title=row.word, unit=hours, decimals=0, optional=True)
                for (name, _), row in zip(found, ISPU.classes, strict=True)
            ),
        ],
    )  # fmt: skip
    for (name, _), row in zip(found, ISPU.classes, strict=True):
        panel.override_by_regexp(f"^{name}$", _in_colour(row.colour))
    return panel.override_by_name("unknown", _in_colour(UNKNOWN))


def _categories() -> Iterator[tuple[str, str]]:
    """Each category of ISPU: the name of its column, and the condition that an index lies in it."""
    for number, (row, above) in enumerate(zip_longest(ISPU.classes, ISPU.classes[1:])):
        ends = "" if above is None else f' AND "ispu" < {above.least:g}'
        yield f"hours_{number}", f'"ispu" >= {row.least:g}{ends}'


def _counted(name: str, condition: str, where: str) -> str:
    """An index stands at the end of its hour: so many points, so many hours."""
    return in_range(f'count("ispu") AS "{name}"', "air", where=f"{where} AND {condition}", by="site")


def _unknown(where: str) -> str:
    hours = f"(${{__to}} - ${{__from}}) / {HOUR_MS}"
    return in_range(f'{hours} - count("ispu") AS "unknown"', "air", where=where, by="site")


def _in_colour(colour: str) -> list[DynamicConfigValue]:
    return [
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour}),
        DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def comparison(style: DashboardStyle, where: str) -> Panel:
    """The sites that `where` chooses, by PM2.5 of the hours that all of them have."""
    hours = over_time('mean("pm2_5_hour")', "air", where=where, by="site", step=HOURS, fill="none")
    panel = Panel().title(style.say(COMPARISON.title)).description(style.say(COMPARISON.about))
    panel.no_value(style.say(COMPARISON.nothing)).datasource(SOURCE).unit("none").decimals(0).interval("1h")
    panel.thresholds(thresholds(one_colour())).show_header(True).min_width(NARROWEST)
    panel.with_target(InfluxQuery(Query(hours, alias="$tag_site"), ref=LETTERS[0]))
    for step in _steps():
        panel.with_transformation(step)
    panel.override_by_name("Field", _site(style))
    panel.override_by_name("Mean", _deviation(style))
    return panel.override_by_name("Count", [DynamicConfigValue("displayName", style.say(Text("Hours compared")))])


def _site(style: DashboardStyle) -> list[DynamicConfigValue]:
    """The name of a site, of what Grafana calls "Pasar Daruba - median"."""
    named = DashboardRegexMapOptions(f"^(.*) - {_MEDIAN}$", ValueMappingResult(text="$1"))
    return [
        DynamicConfigValue("displayName", style.say(Text("Site"))),
        DynamicConfigValue("mappings", [RegexMap(named)]),
    ]


def _steps() -> Sequence[DataTransformerConfig]:
    """Only rows that every site has ─► the median of each row ─► each site without it ─► the mean of each site."""
    off = {"left": {"matcher": {"id": "byType", "options": "number"}}, "operator": "-"}
    off["right"] = {"matcher": {"id": "byName", "options": _MEDIAN}}
    its_own = {"fieldName": "Field", "config": {"id": "equal", "options": {"value": _MEDIAN}}}
    return [
        DataTransformerConfig("joinByField", options={"byField": "Time", "mode": "inner"}),
        DataTransformerConfig(
            "calculateField",
            options={"mode": "reduceRow", "alias": _MEDIAN, "reduce": {"reducer": "median"}, "replaceFields": False},
        ),
        DataTransformerConfig("calculateField", options={"mode": "binary", "binary": off, "replaceFields": True}),
        DataTransformerConfig("reduce", options={"mode": "seriesToRows", "reducers": ["mean", "count"]}),
        DataTransformerConfig("filterByValue", options={"filters": [its_own], "type": "exclude", "match": "any"}),
        DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": "Mean", "desc": True}]}),
    ]


def _deviation(style: DashboardStyle) -> list[DynamicConfigValue]:
    return [
        DynamicConfigValue("displayName", style.say(Text("PM2.5 against the median"))),
        DynamicConfigValue("unit", unit_of("pm2_5", style)),
        DynamicConfigValue("decimals", decimals_of("pm2_5")),
    ]
