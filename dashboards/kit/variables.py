"""The lists in the head of a dashboard: site, sensor, gateway.

site(look) -> $site, several or all; used as one_of("site"), which is "site" =~ /^$site$/
"""

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableOption, VariableRefresh, VariableSort

from dashboards.kit.influx import SOURCE, one_of
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text, Words

_SITE = Text("Site")
_SENSOR = Text("Sensor")
_GATEWAY = Text("Gateway")
_INSTANCE = Text("Instance")
_ALL = VariableOption(text="All", value="$__all")


def site(style: DashboardStyle, *, measurement: str = "situation", several: bool = True) -> QueryVariable:
    """The sites of which `measurement` has something; one of them, or several and all."""
    return _tag(style, "site", _SITE, measurement, several=several)


def sensor(style: DashboardStyle, *, measurement: str, several: bool = True, of_site: bool = True) -> QueryVariable:
    """The sensors in `measurement`, those of the chosen sites where `of_site`."""
    where = f" WHERE {one_of('site')}" if of_site else ""
    return _tag(style, "sensor", _SENSOR, measurement, several=several, where=where)


def gateway(style: DashboardStyle, *, several: bool = True) -> QueryVariable:
    """The gateways."""
    return _tag(style, "gateway", _GATEWAY, "fleet", several=several)


def instance(style: DashboardStyle) -> QueryVariable:
    """The ingesters, each named by its shards; one is the usual number."""
    return _tag(style, "instance", _INSTANCE, "ingest", several=True)


def choice(
    style: DashboardStyle, name: str, label: Words, *, measurement: str, tag: str, where: str, hidden: bool = False
) -> QueryVariable:  # fmt: skip
    """A list of one dashboard: the values of `tag` in `measurement` where a condition on tags holds, or all of them.

    All stands for these values and no others, so a panel can be repeated for each, and a condition on them leaves out
    what is not in the list. `hidden`: for conditions alone, nobody chooses.
    """
    query = f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "{tag}" WHERE {where}'
    variable = QueryVariable(name).label(style.say(label)).datasource(SOURCE).query({"query": query, "refId": name})
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    variable.hide(VariableHide.HIDE_VARIABLE if hidden else VariableHide.DONT_HIDE)
    return variable.multi(True).include_all(True).current(_ALL)


def _tag(
    style: DashboardStyle, tag: str, label: Words, measurement: str, *, several: bool, where: str = ""
) -> QueryVariable:
    tables = ", ".join(f'"{name}"' for name in measurement.split())
    query = f'SHOW TAG VALUES FROM {tables} WITH KEY = "{tag}"{where}'
    variable = QueryVariable(tag).label(style.say(label)).datasource(SOURCE).query({"query": query, "refId": tag})
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    if several:
        variable.multi(True).include_all(True).all_value(".*").current(_ALL)
    return variable
