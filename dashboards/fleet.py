"""The fleet: which gateways are heard, what waits in their spools and for how long these still hold, what is lost.

online │ oldest unsent │ room left, days │ missing      a line for each gateway      spools │ clocks │ noise │ machines
"""

from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.builders import statetimeline, timeseries
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.frame import frame
from dashboards.kit.influx import NOW, STEP, Query, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.links import from_column, to_site
from dashboards.kit.panels import lines, stat, states
from dashboards.kit.scales import ALERT, ATTENTION, CLOCK, ONLINE, PanelScale, limits
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import decimals_of, name_of, unit, unit_of
from dashboards.kit.unknown import UNHEARD
from dashboards.kit.variables import gateway
from dashboards.kit.words import Caption, Text
from i18n.message import in_context
from rules.colours import CALM

_DAY_S = 86_400
_LATE_S = 120
"""A spool is emptied within seconds while the link is good."""
_ABOUT = Text(
    "All gateways: which are heard, what waits and for how many days their spools still hold, clocks, losses, noise "
    "and software versions."
)
_ONLINE = Caption(
    Text("Gateways online"),
    Text("The state of each gateway by its last word."),
    UNHEARD,
)
_OLDEST = Caption(
    Text("Oldest reading"),
    Text("Age of the oldest reading in any gateway's spool. 0 where nothing waits."),
    UNHEARD,
)
_LEFT = Caption(
    Text("Spool still holds"),
    Text("For how many days the tightest spool still holds at the rate of its readings, were the link lost now."),
    Text("Not known yet"),
)
_MISSING = Caption(
    Text("Not received"),
    Text("Readings whose numbers are known, neither received nor declared lost: still at the gateway, or lost."),
    UNHEARD,
)
_CLOCKS = Caption(
    Text("Worst clock"),
    Text("The least certain of the gateways' clocks. Readings of a clock that is not synced are marked."),
    UNHEARD,
)
_TABLE = Caption(
    Text("All gateways, now"),
    Text("A line for each gateway by its last word. Click a site to open it."),
    UNHEARD,
)
_HEARD = Caption(
    Text("Online and offline"),
    Text("When each gateway was heard. A gap means that the platform wrote nothing down."),
)
_CLOCK_STATES = Caption(
    Text("State of the clocks"),
    Text("Synced, estimated or unknown, for each gateway."),
)
_DEPTH = Caption(
    Text("Readings in the spool"),
    Text("Readings that wait for the cloud's acknowledgement. A line that only rises means a lost link."),
)
_AGE = Caption(
    Text("Age of the oldest reading"),
    Text("For how long the oldest reading in the spool has waited."),
)
_USED = Caption(
    Text("Spool used"),
    Text("Share of the spool's size limit. At 100 % the oldest readings go, and are declared lost."),
)
_LOSSES = Caption(
    Text("Declared losses"),
    Text("What gateways declared lost, for each step."),
)
_NOISE = Caption(
    Text("Noise from sensors"),
    Text("Bytes for each step that were no reading: a cable, a baud rate, or electrical noise."),
)
_SOURCES = Caption(
    Text("Failed sources"),
    Text("Sources of a gateway that failed or are silent."),
)
_MACHINE = Text("From the gateway's own agent; there only where it reports it.")
_MACHINE_QUANTITIES = ("cpu_temperature", "memory_used", "disk_free")


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard in the language of `look`."""
    machines = [(_machine(style, quantity), 8) for quantity in _MACHINE_QUANTITIES]
    rows = [
        PanelRow(5, (_online(style), 8), *((panel, 4) for panel in _figures(style))),
        PanelRow(8, (_table(style), 24)),
        PanelRow(7, (_heard(style), 12), (_clock_states(style), 12)),
        PanelRow(8, (_depth(style), 8), (_age(style), 8), (_used(style), 8)),
        PanelRow(7, (_losses(style), 8), (_noise(style), 8), (_sources(style), 8)),
        PanelRow(7, *machines, title=Text("The gateways' machines")),
    ]
    return frame(style, "fleet", about=_ABOUT, rows=rows, variables=[gateway(style)])


def _online(style: DashboardStyle) -> stats.Panel:
    query = f'SELECT last("online") FROM "fleet" WHERE {NOW} AND {one_of("gateway")} GROUP BY "gateway"'
    return stat(style, _ONLINE, Query(query, "$tag_gateway"), scale=ONLINE, named=True)


def _figures(style: DashboardStyle) -> list[stats.Panel]:
    late = limits((_LATE_S, ATTENTION), (_DAY_S, ALERT))
    return [
        _worst(style, _OLDEST, "spool_age_s", "max", unit=unit("s", style), scale=late),
        _worst(
            style, _LEFT, "spool_left_s", "min", per=_DAY_S, unit=unit("d", style), decimals=1,
            scale=limits((1, ATTENTION), (3, CALM), below=ALERT),
        ),
        _worst(style, _MISSING, "missing", "sum", unit=unit("{reading}", style), scale=limits((1, ATTENTION))),
        _worst(style, _CLOCKS, "clock", "max", unit="none", scale=CLOCK),
    ]  # fmt: skip


def _worst(
    style: DashboardStyle,
    caption: Caption,
    field: str,
    calc: str,
    *,
    unit: str,
    scale: PanelScale,
    per: int = 1,
    decimals: int = 0,
) -> stats.Panel:
    each = f'SELECT last("{field}") AS "{field}" FROM "fleet" WHERE {NOW} AND {one_of("gateway")} GROUP BY "gateway"'
    share = f" / {per}" if per != 1 else ""
    query = Query(f'SELECT {calc}("{field}"){share} FROM ({each})')
    return stat(style, caption, query, unit=unit, scale=scale, decimals=decimals)


def _table(style: DashboardStyle) -> tables.Panel:
    picked = (
        'last("online") AS "online", "status_age_s", "clock", "version", "spool_depth", "spool_age_s", "spool_used", '
        f'"spool_left_s" / {_DAY_S} AS "spool_left", "missing", "declared_lost", "sources", "sources_failed", '
        '"noise_bytes"'
    )
    inner = f'SELECT {picked} FROM "fleet" WHERE {NOW} AND {one_of("gateway")} GROUP BY "gateway", "site"'
    shown = ", ".join(f'"{column.name}"' for column in _columns(style))
    return table(style, _TABLE, Query(f"SELECT {shown} FROM ({inner})", table=True), columns=_columns(style))


def _columns(style: DashboardStyle) -> list[TableColumn]:
    reading, age = unit("{reading}", style), unit("s", style)
    return [
        TableColumn(name="gateway", title=Text("Gateway"), width=125),
        TableColumn(name="site", title=Text("Site"), link=to_site(style, from_column("site")), width=130),
        TableColumn(name="online", title=in_context("dashboards", "State"), scale=ONLINE, width=90),
        TableColumn(name="status_age_s", title=Text("Last word"), unit=age, decimals=0, width=115),
        TableColumn(name="clock", title=Text("Clock"), scale=CLOCK, width=120),
        TableColumn(name="spool_depth", title=Text("Waiting"), unit=reading, width=120),
        TableColumn(name="spool_age_s", title=in_context("dashboards", "Oldest"), unit=age, decimals=0, width=110),
        TableColumn(
            name="spool_used",
            title=in_context("dashboards, short", "Spool used"),
            unit=unit("%", style),
            decimals=1,
            width=100,
        ),
        TableColumn(
            name="spool_left",
            title=Text("Still holds"),
            unit=unit("d", style),
            decimals=1,
            width=110,
        ),
        TableColumn(name="missing", title=Text("Not received"), unit=reading, width=125),
        TableColumn(name="declared_lost", title=Text("Declared lost"), unit=reading, width=135),
        TableColumn(name="sources", title=Text("Sources"), width=80),
        TableColumn(name="sources_failed", title=Text("Failed"), scale=limits((1, ALERT)), width=80),
        TableColumn(name="noise_bytes", title=Text("Noise"), unit=unit("By", style), width=90),
        TableColumn(name="version", title=Text("Version"), width=90),
    ]


def _heard(style: DashboardStyle) -> statetimeline.Panel:
    return states(style, _HEARD, _each("min", "online"), scale=ONLINE).interval(STEP)


def _clock_states(style: DashboardStyle) -> statetimeline.Panel:
    return states(style, _CLOCK_STATES, _each("max", "clock"), scale=CLOCK).interval(STEP)


def _depth(style: DashboardStyle) -> timeseries.Panel:
    return lines(style, _DEPTH, _each("max", "spool_depth"), unit=unit("{reading}", style)).interval(STEP).min(0)


def _age(style: DashboardStyle) -> timeseries.Panel:
    return lines(style, _AGE, _each("max", "spool_age_s"), unit=unit("s", style)).interval(STEP).min(0)


def _used(style: DashboardStyle) -> timeseries.Panel:
    panel = lines(
        style, _USED, _each("max", "spool_used"), unit=unit("%", style), decimals=1,
        scale=limits((75, ATTENTION), (95, ALERT)), limits=True,
    )  # fmt: skip
    return panel.interval(STEP).min(0).max(100)


def _losses(style: DashboardStyle) -> timeseries.Panel:
    return (
        lines(style, _LOSSES, _added("declared_lost"), unit=unit("{reading}", style), bars=True).interval(STEP).min(0)
    )


def _noise(style: DashboardStyle) -> timeseries.Panel:
    return lines(style, _NOISE, _added("noise_bytes"), unit=unit("By", style), bars=True).interval(STEP).min(0)


def _sources(style: DashboardStyle) -> timeseries.Panel:
    return lines(style, _SOURCES, _each("max", "sources_failed"), unit="none").interval(STEP).min(0)


def _machine(style: DashboardStyle, quantity: str) -> timeseries.Panel:
    chosen = f'FROM "gateway" WHERE $timeFilter AND {one_of("gateway")}'
    query = Query(
        f'SELECT mean("{quantity}") {chosen} GROUP BY time($__interval), "gateway" fill(null)', "$tag_gateway"
    )
    caption = Caption(name_of(quantity), _MACHINE)
    return lines(style, caption, query, unit=unit_of(quantity, style), decimals=decimals_of(quantity)).interval(STEP)


def _each(calc: str, field: str) -> Query:
    chosen = f'FROM "fleet" WHERE $timeFilter AND {one_of("gateway")}'
    return Query(f'SELECT {calc}("{field}") {chosen} GROUP BY time($__interval), "gateway" fill(null)', "$tag_gateway")


def _added(field: str) -> Query:
    chosen = f'FROM "fleet" WHERE $timeFilter AND {one_of("gateway")}'
    grouped = 'GROUP BY time($__interval), "gateway" fill(none)'
    return Query(f'SELECT non_negative_difference(max("{field}")) {chosen} {grouped}', "$tag_gateway")
