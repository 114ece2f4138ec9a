"""The lists in the head of a dashboard: site, sensor, gateway.

site(look) -> $site, several or all; used as one_of("site"), which is "site" =~ /^$site$/
"""

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableOption, VariableRefresh, VariableSort

from dashboards.kit.influx import SOURCE, one_of
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text, Words
from wire.measurements import EVERYWHERE

_SITE = Text("Site")
_SENSOR = Text("Sensor")
_GATEWAY = Text("Gateway")
_INSTANCE = Text("Instance")
NAME_AND_ID = "/^(?:(?<text>[^|]*)\\|)?(?<value>[^|]+)$/"
"""What a list shows and what it stands for, of "Jembatan Daruba|daruba-river"; an id alone is both."""
_LATELY, _MOST_LISTED = "time > now() - 30d", 1_000
"""Of gauges: the newest points, one a gauge and hour; one that was taken out of the city is offered so long."""
_ALL = VariableOption(text="All", value="$__all")


def site(style: DashboardStyle, *, domain: str = EVERYWHERE, several: bool = True) -> QueryVariable:
    """The sites that measure something of `domain`; one of them, or several and all."""
    query = _by_name("site", "about_site situation", f"\"domain\" = '{domain}'")
    return _tag(style, "site", _SITE, query, several=several)


def sensor(style: DashboardStyle, *, measurement: str, several: bool = True, of_site: bool = True) -> QueryVariable:
    """The sensors in `measurement`, those of the chosen sites where `of_site`."""
    query = _by_name("sensor", f"about_sensor {measurement}", one_of("site") if of_site else "")
    return _tag(style, "sensor", _SENSOR, query, several=several)


def gateway(style: DashboardStyle, *, several: bool = True) -> QueryVariable:
    """The gateways."""
    return _tag(style, "gateway", _GATEWAY, _values("gateway", "fleet"), several=several)


def instance(style: DashboardStyle) -> QueryVariable:
    """The ingesters, each named by its shards; one is the usual number."""
    return _tag(style, "instance", _INSTANCE, _values("instance", "ingest"), several=True)


def choice(
    style: DashboardStyle, name: str, label: Words, *, measurement: str, tag: str, where: str, hidden: bool = False
) -> QueryVariable:  # fmt: skip
    """A list of one dashboard: the values of `tag` in `measurement` where a condition on tags holds, or all of them.

    All stands for these values and no others, so a panel can be repeated for each, and a condition on them leaves out
    what is not in the list. `hidden`: for conditions alone, nobody chooses.
    """
    listed = f"about_sensor {measurement}"  # what nobody sees needs no names
    query = _values(tag, measurement, where) if hidden else _by_name(tag, listed, where)
    variable = QueryVariable(name).label(style.say(label)).datasource(SOURCE).query({"query": query, "refId": name})
    variable.regex(NAME_AND_ID)
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    variable.hide(VariableHide.HIDE_VARIABLE if hidden else VariableHide.DONT_HIDE)
    return variable.multi(True).include_all(True).current(_ALL)


def gauges(style: DashboardStyle, name: str, label: Words, *, where: str) -> QueryVariable:
    """The gauges where a condition on tags holds, all of them at first, from the source to the mouth of their rivers.

    That is the order of the times of their points, the newest first, so nothing sorts them here; of a gauge that comes
    again, Grafana keeps the first. InfluxDB 1.6 does not sort what a subquery gave, so there is none.
    """
    query = f'SELECT "title" FROM "about_gauge" WHERE {_LATELY} AND {where} ORDER BY time DESC LIMIT {_MOST_LISTED}'
    variable = QueryVariable(name).label(style.say(label)).datasource(SOURCE).query({"query": query, "refId": name})
    variable.regex(NAME_AND_ID)
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.DISABLED)
    return variable.multi(True).include_all(True).current(_ALL)


def _values(tag: str, measurement: str, where: str = "") -> str:
    chosen = f" WHERE {where}" if where else ""
    return f'SHOW TAG VALUES FROM {_several(measurement)} WITH KEY = "{tag}"{chosen}'


def _by_name(tag: str, measurements: str, where: str) -> str:
    """The names with their ids, then the ids alone: of two with one id, Grafana keeps the first.

    InfluxDB answers in the order of the measurements' names, whatever the order here: about_… stands before all others.
    """
    chosen = f" WHERE {where}" if where else ""
    return f'SHOW TAG VALUES FROM {_several(measurements)} WITH KEY IN ("title", "{tag}"){chosen}'


def _several(measurements: str) -> str:
    return ", ".join(f'"{name}"' for name in measurements.split())


def _tag(style: DashboardStyle, tag: str, label: Words, query: str, *, several: bool) -> QueryVariable:
    variable = QueryVariable(tag).label(style.say(label)).datasource(SOURCE).query({"query": query, "refId": tag})
    variable.regex(NAME_AND_ID)
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    if several:
        variable.multi(True).include_all(True).all_value(".*").current(_ALL)
    return variable
