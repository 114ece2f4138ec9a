"""The command center's first screen, to be read from across a room: what is wrong, where, and whether we would know.

worst of each domain │ open alarms │ gateways offline │ readings a minute        map of the sites │ alarms, worst first
"""

from grafana_foundation_sdk.builders import geomap, statetimeline, timeseries
from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.flow import live_and_backlog
from dashboards.kit.alarms import alarm_table
from dashboards.kit.frame import frame
from dashboards.kit.influx import KNOWN, NOW, STEP, Query, newest
from dashboards.kit.layout import PanelRow
from dashboards.kit.legend import legend_of
from dashboards.kit.links import from_column, from_tag, to_dashboard, to_site
from dashboards.kit.maps import site_map
from dashboards.kit.panels import linked, stat, states
from dashboards.kit.rates import per_minute
from dashboards.kit.scales import ALERT, ATTENTION, OVERALL, PLAIN, RANK, SEVERITY, limits
from dashboards.kit.style import DashboardStyle
from dashboards.kit.units import unit
from dashboards.kit.unknown import UNHEARD
from dashboards.kit.words import Caption, Text, Words
from i18n.message import in_context
from rules.colours import CALM, UNKNOWN

_DOMAINS = {
    "flood": Caption(
        Text("Flood now"),
        Text("The worst state of all sites that watch water and rain, by the rules in force, and silent sensors."),
        UNHEARD,
    ),
    "air": Caption(
        Text("Air quality now"),
        Text("The worst state of all sites that watch the air, by the rules in force, and silent sensors."),
        UNHEARD,
    ),
    "footfall": Caption(
        Text("Footfall now"),
        Text("The worst state of all sites that count visitors, by the rules in force, and silent sensors."),
        UNHEARD,
    ),
}
_ALARMS = Caption(
    Text("Open alarms"),
    Text("Alarms that have not ended, acknowledged ones and those whose sensor is silent too."),
    UNHEARD,
)
_OFFLINE = Caption(
    Text("Gateways offline"),
    Text("Gateways whose last word was offline. Their readings wait at the site and follow later."),
    UNHEARD,
)
_RATE = Caption(
    Text("Live readings a minute"),
    Text("Readings that became durable as they were taken, mean of the last 2 minutes; without what came late."),
    UNHEARD,
)
_LOST = Caption(
    Text("Readings lost"),
    Text("What gateways declared lost in this time range. What still waits at a gateway is not counted."),
    UNHEARD,
)
_MAP = Caption(
    Text("Map of the sites, now"),
    Text("Every site in the colour of its worst state; grey means that nothing is known. Click to open the site."),
    UNHEARD,
)
_LIST = Caption(
    Text("Open alarms, worst first"),
    Text(
        "A line for each alarm. They are acknowledged in Siaga's console. Values are in the unit of the rule's limit."
    ),
    UNHEARD,
)
_HISTORY = Caption(
    Text("Worst state of each site"),
    Text("How the state of each site changed in this time range. A gap means that the platform wrote nothing down."),
)
_FLOW = Caption(
    Text("Readings a minute, history"),
    Text("Readings that became durable, a minute: those sent as they were taken, and those that came late."),
)

_STATE = Text("Worst state")
_SILENT = Text("Silent sensors")
_ABOUT = Text(
    "The command center's main screen: what happens, where, and whether the platform works. Grafana shows alarms; "
    "it is Siaga that judges."
)


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard in the language of `look`."""
    rows = [
        PanelRow(5, *((_worst(style, domain), 8) for domain in _DOMAINS)),
        PanelRow(4, (_open_alarms(style), 6), (_gateways_offline(style), 6), (_rate(style), 6), (_lost(style), 6)),
        PanelRow(14, (_map(style), 10), (alarm_table(style, _LIST, wall=True), 14)),
        PanelRow(3, (legend_of(style, SEVERITY), 24)),
        PanelRow(8, (_history(style), 15), (_flow(style), 9)),
    ]
    return frame(style, "command", about=_ABOUT, rows=rows)


def _worst(style: DashboardStyle, domain: str) -> stats.Panel:
    state, silent = style.say(_STATE), style.say(_SILENT)
    ranks = f'SELECT {RANK} AS "rank" FROM ({_each_site("severity", domain)})'
    worst = Query(f'SELECT max("rank") FROM ({ranks})', state)
    unheard = Query(f'SELECT sum("silent") FROM ({_each_site("silent", domain)})', silent)
    # a calm word beside a sensor that says nothing is no calm: both stand in the panel
    panel = stat(style, _DOMAINS[domain], worst, unheard, scale=limits((1, UNKNOWN)), named=True)
    words = DynamicConfigValue("mappings", OVERALL.mappings(style))
    panel.override_by_name(state, [words, DynamicConfigValue("thresholds", OVERALL.steps())])
    return linked(panel, to_dashboard(style, domain))


def _each_site(field: str, domain: str) -> str:
    chosen = f'FROM "situation" WHERE {NOW} AND "domain" = \'{domain}\''
    return f'SELECT last("{field}") AS "{field}" {chosen} GROUP BY "site", "instance"'


def _open_alarms(style: DashboardStyle) -> stats.Panel:
    # nothing is counted where no alarm is open: the ingesters' samples add a 0, and only while the platform is alive
    each = (
        f'SELECT last("severity") AS "severity" FROM "alarm" WHERE {NOW} GROUP BY "gateway", "rule", "sensor", "site"'
    )
    open_ones = Query(f'SELECT count("severity") AS "open" FROM ({each}) WHERE "severity" > 0', table=True)
    alive = Query(f'SELECT last("batches") * 0 AS "open" FROM "ingest" WHERE {NOW}', table=True)
    panel = stat(style, _ALARMS, open_ones, alive, scale=limits((1, ATTENTION)), calc="max", fields="/^open$/")
    return panel.with_transformation(DataTransformerConfig("merge", options={}))


def _gateways_offline(style: DashboardStyle) -> stats.Panel:
    each = f'SELECT last("online") AS "online" FROM "fleet" WHERE {NOW} GROUP BY "gateway"'
    query = Query(f'SELECT count("online") - sum("online") AS "offline" FROM ({each})')
    return linked(stat(style, _OFFLINE, query, scale=limits((1, ATTENTION))), to_dashboard(style, "fleet"))


def _rate(style: DashboardStyle) -> stats.Panel:
    query = Query(f'SELECT sum("stored_live") FROM ({per_minute("stored_live", NOW)})')
    panel = stat(style, _RATE, query, unit=unit("{reading}/min", style), scale=limits((1, CALM), below=ALERT))
    return linked(panel, to_dashboard(style, "ingest"))


def _lost(style: DashboardStyle) -> stats.Panel:
    each = 'SELECT spread("declared_lost") AS "lost" FROM "fleet" WHERE $timeFilter GROUP BY "gateway"'
    query = Query(f'SELECT sum("lost") FROM ({each})')
    panel = stat(style, _LOST, query, unit=unit("{reading}", style), scale=limits((1, ALERT), below=PLAIN))
    return linked(panel, to_dashboard(style, "fleet"))


def _map(style: DashboardStyle) -> geomap.Panel:
    fields = f"severity name word{style.suffix} silent sensors latitude longitude"
    now, places = (
        Query(newest("situation", fields, by="site instance", where="\"domain\" = 'all'", within=within), table=True)
        for within in (NOW, KNOWN)
    )
    link = to_site(style, from_column("site"))
    return site_map(
        style, _MAP, now, places, colour="severity", name="name", scale=SEVERITY, link=link, titles=_columns(style)
    )


def _columns(style: DashboardStyle) -> dict[str, Words]:
    return {
        "severity": in_context("dashboards", "Severity"),
        "name": Text("Site"),
        f"word{style.suffix}": in_context("dashboards", "State"),
        "silent": Text("Silent sensors"),
        "sensors": Text("Sensors"),
        "site": Text("Site id"),
        "instance": Text("Instance"),
        "latitude": Text("Latitude"),
        "longitude": Text("Longitude"),
    }


def _history(style: DashboardStyle) -> statetimeline.Panel:
    chosen = 'FROM "situation" WHERE $timeFilter AND "domain" = \'all\''
    query = f'SELECT max("severity") {chosen} GROUP BY time($__interval), "site" fill(null)'
    panel = states(style, _HISTORY, Query(query, "$tag_site"), scale=SEVERITY).interval(STEP)
    return linked(panel, to_site(style, from_tag("site")))


def _flow(style: DashboardStyle) -> timeseries.Panel:
    return live_and_backlog(style, _FLOW)
