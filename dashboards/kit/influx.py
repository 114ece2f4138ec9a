"""An InfluxQL query as Grafana's data source `influxdb` keeps it, as a variant for the SDK, which has none.

Query('SELECT last("severity") FROM "situation" WHERE time > now() - 5m GROUP BY "site"', alias="$tag_site")

InfluxQL is the one language that InfluxDB 1.x, 2.x and 3.x all read. Two habits, which Grafana's code makes necessary:
what is asked of *now* says `time > now() - 2m` itself (`NOW`), since Grafana leaves a panel's own time range aside
where the dashboard's is a closed one; and a table takes its tags from the columns of an outer SELECT (`newest`) and not
from GROUP BY, since Grafana puts several tags of one series into columns in an order that changes from row to row.
"""

from typing import Any, Self

import msgspec
from grafana_foundation_sdk.cog import builder, runtime, variants
from grafana_foundation_sdk.models.common import DataSourceRef

from dashboards.kit.names import DATASOURCE

TYPE = "influxdb"
NOW = "time > now() - 2m"
"""The newest of what is sampled every half minute: three samples may be late, and a dead platform is seen by then."""
KNOWN = "time > now() - 1d"
"""What of a city counts as there, its sites and what they measure: the day that the platform was down included."""
STEP = "1m"
"""The least step of charts of what is sampled every half minute: none of them is empty while all is well."""
SOURCE = DataSourceRef(TYPE, DATASOURCE)


class Query(msgspec.Struct, frozen=True):
    """An InfluxQL query; `alias` names its series ($tag_site, $col), `table` asks for rows instead of series."""

    text: str
    alias: str = ""
    table: bool = False


class InfluxQuery(variants.Dataquery, builder.Builder["InfluxQuery"]):
    """A query in a panel, under its letter."""

    def __init__(self, query: Query, *, ref: str, source: str = DATASOURCE) -> None:
        self.query, self.ref, self.source = query, ref, source

    def build(self) -> "InfluxQuery":
        """The query itself: it is its own builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        named = {"alias": self.query.alias} if self.query.alias else {}
        return {
            "datasource": {"type": TYPE, "uid": self.source},
            "query": self.query.text,
            "rawQuery": True,
            "refId": self.ref,
            "resultFormat": "table" if self.query.table else "time_series",
            **named,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what Grafana keeps."""
        query = Query(data["query"], data.get("alias", ""), data["resultFormat"] == "table")
        return cls(query, ref=data["refId"], source=data["datasource"]["uid"])


def register() -> None:
    """Let the SDK read back what `InfluxQuery` writes."""
    runtime.register_dataquery_variant(runtime.DataqueryConfig(TYPE, InfluxQuery.from_json))


def one_of(tag: str, variable: str = "") -> str:
    """The condition that a tag is among the values chosen in the variable of its name, or of `variable`."""
    return f'"{tag}" =~ /^${variable or tag}$/'


def newest(measurement: str, fields: str, *, by: str, where: str = "", keep: str = "", within: str = NOW) -> str:
    """The newest sample of each series now, as a table whose tags are columns.

    `fields` and `by` are names with blanks between them; the first field must be in every sample. `where` is a
    condition on tags, `keep` one on what is the newest, `within` the time in which it must be.
    """
    first, *others = fields.split()
    tags = by.split()
    columns = _names([*tags, first, *others])
    picked = ", ".join([f'last("{first}") AS "{first}"', *(f'"{field}"' for field in others)])
    chosen = f"WHERE {within}" + (f" AND {where}" if where else "")
    inner = f'SELECT {picked} FROM "{measurement}" {chosen} GROUP BY {_names(tags)}'
    return f"SELECT {columns} FROM ({inner})" + (f" WHERE {keep}" if keep else "")


def _names(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
