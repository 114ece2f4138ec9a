"""Figures of an hour or a quarter under the word "now": only while the platform is heard, since else nobody knows.

last known    now heard    newest of each          tiles                    tables
market  0     market  1    market  132 + 1   ─►    market   132             only while anything is heard now;
dodola  0     dodola  1                            dodola   -1, grey        else the sentence of an empty table
port    0                  port     20 + 1         port     -1, grey

Grafana counts what is not there as 0, makes no difference or product with a column that did not come, and joined with
an empty table it gives the other one. A sum over a row leaves out what did not come: so each sum has a 0 that is there.
"""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, MatcherConfig

from dashboards.kit.influx import KNOWN, NOW, Query, newest
from dashboards.kit.panels import LETTERS
from wire.measurements import NOTHING_KNOWN

_ZERO, _HEARD, _MORE = "zero", "heard", "more"


def sites_of(domain: str, where: str = "") -> tuple[str, str]:
    """The sites that were known to watch a domain within a day, by name, and those of which is heard now."""
    chosen = f"\"domain\" = '{domain}'" + (f" AND {where}" if where else "")
    known, now = (
        newest("situation", "severity name", by="site", where=chosen, within=within) for within in (KNOWN, NOW)
    )
    return (
        f'SELECT "site", "name", "severity" * 0 AS "{_ZERO}" FROM ({known})',
        f'SELECT "site", "severity" * 0 + 1 AS "{_HEARD}" FROM ({now})',
    )


def newest_of(value: str, inner: str, beside: Sequence[str] = ()) -> str:
    """A table of the newest `value` of each site by `inner`, and of what stands `beside` it, for `by_site`."""
    shown = ", ".join(f'"{name}"' for name in ("site", value, *beside))
    return f'SELECT {shown}, "{value}" + 1 AS "{_MORE}" FROM ({inner})'


def by_site(now: str) -> list[DataTransformerConfig]:
    """A row for each site of `sites_of`: in the column `now` what `newest_of` asks for, NOTHING_KNOWN where unheard."""
    heard, more, both = f"{_HEARD} or 0", f"{_MORE} or 0", "both"
    return [
        _step("joinByField", byField="site", mode="outer"),
        _sum(_ZERO, _HEARD, alias=heard),
        _sum(_ZERO, _MORE, alias=more),
        _binary(heard, "*", _field(more), alias=both),
        _binary(both, "+", {"fixed": f"{NOTHING_KNOWN:g}"}, alias=now),
    ]


def as_text(column: str, alias: str) -> list[DataTransformerConfig]:
    """The same figures once more as a text, which gets the word of its class: it names a tile and is none itself."""
    conversions = [{"targetField": alias, "destinationType": "string"}]
    return [
        _binary(column, "+", {"fixed": "0"}, alias=alias),
        _step("convertFieldType", conversions=conversions, fields={}),
    ]


def heard() -> tuple[Query, Query]:
    """Whether the platform was heard in a day, and whether it is heard now, for `while_heard`."""
    picked = 'FROM (SELECT last("seconds") AS "seconds" FROM "ingest" WHERE'
    known, now = f'SELECT "seconds" * 0 AS "{_ZERO}" {picked}', f'SELECT "seconds" * 0 + 1 AS "{_HEARD}" {picked}'
    return Query(f"{known} {KNOWN})", table=True), Query(f"{now} {NOW})", table=True)


def while_heard(step: DataTransformerConfig, queries: int) -> list[DataTransformerConfig]:
    """The one table that `step` makes of the first `queries`, and none where the last two, `heard`, say no."""
    step.filter_val = MatcherConfig("byRefId", f"/^[{LETTERS[:queries]}]$/")
    every, key, gate = "all of the row", "key", f"{_HEARD} or 0"
    return [
        step,
        _step("calculateField", mode="reduceRow", reduce={"reducer": "sum"}, alias=every, timeSeries=False),
        _binary(every, "*", {"fixed": "0"}, alias=key),
        _step("joinByField", byField=key, mode="inner"),
        _sum(_ZERO, _HEARD, alias=gate),
        _step("filterByValue", type="include", match="all", filters=[_above_zero(gate)]),
    ]


def _above_zero(name: str) -> dict[str, object]:
    return {"fieldName": name, "config": {"id": "greater", "options": {"value": 0}}}


def _sum(*names: str, alias: str) -> DataTransformerConfig:
    reduce = {"reducer": "sum", "include": list(names)}
    return _step("calculateField", mode="reduceRow", reduce=reduce, alias=alias, timeSeries=False)


def _binary(left: str, operator: str, right: dict[str, object], *, alias: str) -> DataTransformerConfig:
    binary = {"left": _field(left), "operator": operator, "right": right}
    return _step("calculateField", mode="binary", binary=binary, alias=alias, timeSeries=False)


def _field(name: str) -> dict[str, object]:
    return {"matcher": {"id": "byName", "options": name}}


def _step(name: str, **options: object) -> DataTransformerConfig:
    return DataTransformerConfig(name, options=options)
