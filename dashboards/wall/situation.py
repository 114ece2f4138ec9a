"""The wall's first page: how each domain is, what is open, whether we would know, and the worst alarms by their place.

flood │ air │ footfall      open alarms │ not acknowledged │ gateways offline │ silent sensors      the worst alarms
"""

from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.kit.influx import NOW, newest
from dashboards.kit.layout import PanelRow
from dashboards.kit.scales import ATTENTION, OVERALL, RANK, SEVERITY, limits
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import MOST, column, figure, tiles
from dashboards.kit.words import Caption, Text, Words
from dashboards.wall.parts import UNHEARD, page
from rules.colours import UNKNOWN

ABOUT = Text("The situation for the wall: each domain, open alarms, gateways and sensors that are not heard.")
DOMAINS = {"flood": Text("Flood"), "air": Text("Air quality"), "footfall": Text("Footfall")}
DOMAIN = Text(
    "The worst state of all sites, by the rules in force. Grey: of one or more nothing is known, which is not safe, "
    "and none of the others is bad."
)
OPEN = Caption(Text("Open alarms"), Text("Alarms that have not ended, acknowledged ones too."), UNHEARD)
UNSEEN = Caption(Text("Not acknowledged"), Text("Open alarms that nobody has acknowledged yet."), UNHEARD)
OFFLINE = Caption(Text("Gateways offline"), Text("Gateways whose last word was offline."), UNHEARD)
SILENT = Caption(Text("Silent sensors"), Text("Sensors that have sent nothing for too long."), UNHEARD)
NOWHERE = Text("The platform")
"""The place of an alarm that is about no site."""
WORST = Caption(
    Text("The worst open alarms"),
    Text("The {most} worst open alarms, each with its place and its level.", most=MOST),
    Text("No open alarm is known. While the time above is red, nobody knows."),
)


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard."""
    return page(
        style, "wall-situation", about=ABOUT,
        rows=[
            PanelRow(7, *((_domain(style, domain, name), 8) for domain, name in DOMAINS.items())),
            PanelRow(13, (_open(style, OPEN, '"severity" > 0'), 5), (_open(style, UNSEEN, UNACKNOWLEDGED), 8),
                     (_offline(style), 6), (_silent(style), 5)),  # as wide as their longest words
            PanelRow(9, (_worst(style), 24)),
        ],
    )  # fmt: skip


UNACKNOWLEDGED = '"severity" > 0 AND "acknowledged" = 0'


def _domain(style: DashboardStyle, domain: str, name: Words) -> StatPanel:
    each = f'SELECT last("severity") AS "severity" FROM "situation" WHERE {NOW} AND "domain" = \'{domain}\''
    query = f'SELECT max("rank") FROM (SELECT {RANK} AS "rank" FROM ({each} GROUP BY "site", "instance"))'
    return figure(style, Caption(name, DOMAIN, UNHEARD), name, query, scale=OVERALL)


def _open(style: DashboardStyle, caption: Caption, counted: str) -> StatPanel:
    """How many alarms: the ingesters' samples add a 0, so that the most is empty where the platform is dead."""
    picked = 'last("severity") AS "severity", "acknowledged"'
    each = f'SELECT {picked} FROM "alarm" WHERE {NOW} GROUP BY "gateway", "rule", "sensor", "site"'
    alarms = f'SELECT count("severity") AS "open" FROM ({each}) WHERE {counted}'
    alive = f'SELECT last("batches") * 0 AS "open" FROM "ingest" WHERE {NOW}'
    panel = figure(
        style, caption, caption.title, alarms, alive,
        scale=limits((1, ATTENTION)), calc="max", table=True,
    )  # fmt: skip
    return panel.with_transformation(DataTransformerConfig("merge", options={}))


def _offline(style: DashboardStyle) -> StatPanel:
    each = f'SELECT last("online") AS "online" FROM "fleet" WHERE {NOW} GROUP BY "gateway"'
    query = f'SELECT count("online") - sum("online") AS "offline" FROM ({each})'
    return figure(style, OFFLINE, OFFLINE.title, query, scale=limits((1, ATTENTION)))


def _silent(style: DashboardStyle) -> StatPanel:
    each = f'SELECT last("silent") AS "silent" FROM "situation" WHERE {NOW} AND "domain" = \'all\''
    query = f'SELECT sum("silent") FROM ({each} GROUP BY "site", "instance")'
    return figure(style, SILENT, SILENT.title, query, scale=limits((1, UNKNOWN)))


def _worst(style: DashboardStyle) -> StatPanel:
    level = f"level{style.suffix}"
    query = newest("alarm", f"severity site_name {level}", by="gateway rule sensor site", keep='"severity" > 0')
    name = f"{column('site_name')} · {column(level)}"
    panel = tiles(style, WORST, query, value="severity", name=name, scale=SEVERITY)
    return panel.override_by_name("site_name", [DynamicConfigValue("noValue", style.say(NOWHERE))])
