"""Air quality: ISPU as the regulation has it, what it stands on, and concentrations beside WHO's guidelines of 2021.

ISPU now │ category    sub-indices │ against WHO    ISPU by the hour    a box a day    exposure │ sites    PM2.5 │ PM10
"""

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.builders.statushistory import Panel as CalendarPanel
from grafana_foundation_sdk.builders.table import Panel as TablePanel
from grafana_foundation_sdk.builders.timeseries import Panel as LinesPanel
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.by_sensor import by_sensor
from dashboards.exposure import comparison, exposure
from dashboards.history import history
from dashboards.kit.ask import last, lately, over_time, rows
from dashboards.kit.current import by_site, heard, newest_of, sites_of, while_heard
from dashboards.kit.events import alarms_here
from dashboards.kit.frame import frame
from dashboards.kit.influx import Query, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.links import from_column, to_sensor, to_site
from dashboards.kit.panels import calendar, lines
from dashboards.kit.scales import ISPU, Class, PanelScale
from dashboards.kit.series import in_unit, opens_sensor, opens_site
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.tiles import MOST_SITES, column, sized_by_grafana, tiles
from dashboards.kit.units import decimals_of, name_of, unit, unit_of
from dashboards.kit.variables import choice, site
from dashboards.kit.words import Caption, Text, Words
from dashboards.limits import limits, of_domain
from i18n.message import Bilingual
from rules import ispu, who2021
from rules.colours import CALM, SEVERITY_COLOURS
from rules.rule import Severity
from wire import AIR_PARAMETERS, ISPU_TABLE, ISPU_VERSIONS, Domain

HERE, OURS = one_of("site"), of_domain(Domain.AIR)
PUBLISHED = "18h"
"""How long an index of a parameter holds at the longest: from 15:00 to 09:00."""


def _who(pollutant: str) -> Words:
    """The steps of WHO for 24 hours, in words."""
    limits = zip(who2021.STEPS, who2021.GUIDELINES[pollutant, "24h"], strict=True)
    shown = ", ".join(f"{limit:g} ({step})" for step, limit in limits if limit is not None)
    return Text("WHO 2021, µg/m³: {steps}.", steps=shown)


ABOUT = Text(
    "ISPU by PermenLHK P.14/2020, its critical parameter and sub-indices, and concentrations against WHO 2021."
)
NO_ISPU = Text("No ISPU now: the platform is not heard, or fewer than 18 of 24 hours were measured")
NOW = Caption(
    Text("ISPU now"),
    Text(
        "The newest ISPU of each site (published each hour) in its official colours. Green good, blue moderate, yellow "
        "unhealthy, red very unhealthy, black hazardous."
    ),
    NO_ISPU,
)
CATEGORY = Caption(
    Text("Category and critical parameter"),
    Text(
        "The category of ISPU, the parameter that gives it, and how complete the 24 hours behind it are. ISPU is by "
        "the table that is official for the city; beside it by each table: P.14/2020 (the regulation) and KLH 2026 "
        "(observed of the ministry's service)."
    ),
    NO_ISPU,
)
SUB = Caption(
    Text("Sub-indices by sensor"),
    Text(
        "ISPU of each parameter: PM2.5 each hour, the others at 09:00 and 15:00. The largest is the ISPU of the site."
    ),
    NO_ISPU,
)
RATIO = Caption(
    Text("How many times the WHO 2021 guideline (24 hours)"),
    Text(
        "The mean of 24 hours divided by WHO's guideline: 1.0 is the guideline itself. A dash: not measured there. WHO "
        "gives no colours; green means that the guideline is met."
    ),
    Text("No mean of 24 hours now: the platform is not heard, or too few hours were measured"),
)
HISTORY = Caption(
    Text("ISPU hour by hour"),
    Text(
        "ISPU of each site: a moving mean of 24 hours, so it rises and falls slowly; beside the official one that "
        "by each table. Dashed: the limits of categories."
    ),
)
CALENDAR = Caption(
    Text("Daily calendar: highest ISPU"),
    Text(
        "One box for each day of local time: the highest ISPU of that day in the colour of its category. No box: "
        "there was no ISPU on that day."
    ),
)
PM = {
    parameter: Caption(
        Text("{name} against WHO 2021", name=name),
        Text(
            "Means of an hour and of 24 hours; the guideline is for 24 hours. {steps}",
            steps=_who(parameter),
        ),
    )
    for parameter, name in (("pm2_5", Bilingual("PM2.5", "PM2,5")), ("pm10", "PM10"))
}
CLIMATE = Caption(
    Text("Temperature and humidity"),
    Text(
        "Temperature (left axis) and relative humidity (right). Very humid air makes optical sensors read too many "
        "particles."
    ),
)
WHO_MET = PanelScale((
    Class(0.0, Text("meets the guideline"), CALM),
    Class(1.0 + 1e-9, Text("above the guideline"), SEVERITY_COLOURS[Severity.MODERATE]),
))  # fmt: skip
WHO_COLOURS = ("#2f9e6b", "#b6cf3f", "#ffb31a", "#f4661b", "#c81e2c")
"""Ours, from the guideline (AQG) to interim target 1."""


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    return frame(
        style,
        "air",
        about=ABOUT,
        variables=[site(style, domain="air"), _station(style)],
        events=alarms_here(style, Domain.AIR),
        rows=[
            PanelRow(6, (_now(style), 10), (_category(style), 14)),
            PanelRow(8, (_sub_indices(style), 12), (_ratio(style), 12)),
            PanelRow(8, (over_hours(style), 24)),
            PanelRow(7, (_calendar(style), 24)),
            PanelRow(7, (exposure(style, HERE), 14), (comparison(style, HERE), 10)),
            PanelRow(9, (particulates(style, "pm2_5"), 12), (particulates(style, "pm10"), 12)),
            PanelRow(8, (_climate(style), 24)),
            PanelRow(9, (history(style, one_of("sensor", "station")), 14), (limits(style, f"{HERE} AND {OURS}"), 10)),
        ],
    )


def _now(style: DashboardStyle) -> StatPanel:
    """The newest index of each site, to be read from afar."""
    indices = lately(last("ispu"), "air", where=HERE, by="site", within="3h")
    panel = tiles(
        style, NOW, *sites_of(Domain.AIR, HERE), newest_of("ispu", indices), value="ispu_now", name=column("name"),
        kept=["site"], scale=ISPU.or_unknown(), steps=by_site("ispu_now"), most=MOST_SITES,
    )  # fmt: skip
    panel.override_by_name("ispu_now", [DynamicConfigValue("links", [to_site(style, from_column("site"))])])
    return sized_by_grafana(panel)


def _category(style: DashboardStyle) -> TablePanel:
    """Its category in words, and what it stands on."""
    versions = [f"ispu_{key}" for key in ISPU_VERSIONS]
    beside = ("ispu_critical:critical", "ispu_completeness:complete", f"{ISPU_TABLE}:rule")
    what = last("ispu", *beside, *versions)
    inner = lately(what, "air", where=HERE, by="site", within="3h")
    indices = newest_of("ispu", inner, ["critical", "complete", "rule", *versions])
    parameters = {str(number): name_of(parameter) for number, parameter in enumerate(AIR_PARAMETERS)}
    return table(
        style, CATEGORY, *(Query(text, table=True) for text in (*sites_of(Domain.AIR, HERE), indices)),
        worst_first="ispu_now", steps=by_site("ispu_now"),
        columns=[
            TableColumn(name="site", title=Text("Site"), link=to_site(style, from_column("site"))),
            TableColumn(name="ispu_now", title=Text("Category"), scale=ISPU.or_unknown(), as_class=True),
            TableColumn(name="ispu", title=Text("ISPU"), decimals=0),
            TableColumn(name="critical", title=Text("Critical parameter"), words=parameters),
            TableColumn(name="rule", title=Text("By the rule of"), words=_RULES),
            TableColumn(name="complete", title=Text("Complete"), unit=unit("%", style), decimals=0),
            *(
                TableColumn(name=f"ispu_{key}", title=Bilingual(version, version), decimals=0)
                for key, version in ISPU_VERSIONS.items()
            ),
        ],
    )  # fmt: skip


_RULES = {str(number): Bilingual(table.name, table.name) for number, table in ispu.TABLE_OF_NUMBER.items()}
"""The versions of the table, by the number that stands beside each index."""


def _sub_indices(style: DashboardStyle) -> TablePanel:
    indices = [f"ispu_{parameter}" for parameter in AIR_PARAMETERS]
    return by_sensor(style, SUB, indices, where=HERE, within=PUBLISHED, scale=ISPU)


def _ratio(style: DashboardStyle) -> TablePanel:
    """A query for each pollutant: of what nobody measures comes no column."""
    guidelines = {pollutant: limits[0] for (pollutant, span), limits in who2021.GUIDELINES.items() if span == "24h"}
    queries = [
        Query(rows(f"sensor {name}", _times_guideline(name, limit)), table=True) for name, limit in guidelines.items()
    ]
    return table(
        style, RATIO, *queries, *heard(), worst_first="pm2_5", steps=while_heard(_joined(), len(queries)),
        columns=[
            TableColumn(name="sensor", title=Text("Sensor"), link=to_sensor(style, from_column("sensor"))),
            *(
                TableColumn(name=name, title=name_of(name), unit="suffix: ×", decimals=2, scale=WHO_MET, optional=True)
                for name in guidelines
            ),
        ],
    )  # fmt: skip


def _joined() -> DataTransformerConfig:
    return DataTransformerConfig("joinByField", options={"byField": "sensor", "mode": "outer"})


def _times_guideline(name: str, limit: float | None) -> str:
    return lately(f'last("{name}_day") / {limit} AS "{name}"', "air", where=HERE, by="sensor", within="2h")


def over_hours(style: DashboardStyle) -> LinesPanel:
    """The index over time between the limits of its categories."""
    text = over_time('last("ispu")', "air", where=HERE, by="site", fill="none")
    others = [
        Query(
            over_time(f'last("ispu_{key}")', "air", where=HERE, by="site", fill="none"), alias=f"$tag_site · {version}"
        )
        for key, version in ISPU_VERSIONS.items()
    ]
    panel = lines(style, HISTORY, Query(text, alias="$tag_site"), *others, unit="none", scale=ISPU, limits=True)
    return panel.interval("1h").min(0).override_by_regexp(".*", opens_site(style))


def _calendar(style: DashboardStyle) -> CalendarPanel:
    text = over_time('max("ispu")', "air", where=HERE, by="site", step="time(1d)", fill="none", zone=style.zone)
    return calendar(style, CALENDAR, Query(text, alias="$tag_site"), scale=ISPU).time_from("30d")


def particulates(style: DashboardStyle, parameter: str) -> LinesPanel:
    """Means of an hour and of a day beside the guideline and its interim targets."""
    hour, day = Text("hour"), Text("24 hours")
    queries = [
        Query(
            over_time(f'last("{parameter}_{span}")', "air", where=HERE, by="sensor", fill="none"),
            alias=f"$tag_sensor · {style.say(shown)}",
        )
        for span, shown in (("hour", hour), ("day", day))
    ]
    panel = lines(
        style, PM[parameter], *queries, unit=unit_of(parameter, style), decimals=decimals_of(parameter),
        scale=_who_scale(parameter), limits=True,
    )  # fmt: skip
    panel.interval("1h").min(0).override_by_regexp(".*", opens_sensor(style))
    return panel.override_by_query("B", [DynamicConfigValue("custom.lineWidth", 3)])


def _climate(style: DashboardStyle) -> LinesPanel:
    """What particle readings must be seen beside."""
    queries = [
        Query(
            over_time(f'mean("{quantity}")', "air", where=HERE, by="sensor"),
            alias=f"$tag_sensor · {style.say(name_of(quantity))}",
        )
        for quantity in ("temperature", "humidity")
    ]
    panel = lines(style, CLIMATE, *queries, unit=unit_of("temperature", style), decimals=1)
    panel.interval("5m").span_nulls(1_800_000).override_by_regexp(".*", opens_sensor(style))
    percent = in_unit(unit_of("humidity", style))
    return panel.override_by_query("B", [*percent, DynamicConfigValue("custom.axisPlacement", "right")])


def _station(style: DashboardStyle) -> QueryVariable:
    """Every sensor of air at the chosen sites, for the marks."""
    return choice(style, "station", Text("Sensor"), measurement="air", tag="sensor", where=HERE, hidden=True)


def _who_scale(parameter: str) -> PanelScale:
    """The guideline and its interim targets as limits: a value on a limit still meets it."""
    limits = [limit for limit in who2021.GUIDELINES[parameter, "24h"] if limit is not None]
    nameless = Text("")
    below = Class(None, nameless, WHO_COLOURS[0])
    return PanelScale(
        (below, *(Class(limit, nameless, colour) for limit, colour in zip(limits, WHO_COLOURS, strict=False)))
    )
