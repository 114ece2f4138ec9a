"""Figures of an hour or a quarter under the word "now": only while the platform is heard, since else nobody knows.

last known    now heard    newest of each          tiles                    tables
market  0     market  1    market  132 + 1   ─►    market   132             only while anything is heard now;
dodola  0     dodola  1                            dodola   -1, grey        else the sentence of an empty table
port    0                  port     20 + 1         port     -1, grey        and of port nothing else that is old

Grafana counts what is not there as 0, makes no difference or product with a column that did not come, and joined with
an empty table it gives the other one. A sum over a row leaves out what did not come: so each sum has a 0 that is there.

Of more sites than there is room for the worst come first, then those of which nothing is known, then all others: a rank
above zero is bad and one below it is not, so a site without one, which counts as 0, stands between.
"""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, MatcherConfig

from dashboards.kit.influx import KNOWN, NOW, Query, newest
from dashboards.kit.panels import LETTERS
from wire.measurements import NOTHING_KNOWN

_ZERO, _HEARD, _MORE, _OWN, _RANK = "zero", "heard", "more", "own", "rank"
_ALONE = f"{_MORE} or 0"
RANKED = "rank or 0"
"""The column that `ranked` makes: what sites are sorted by, the largest first."""
_FIGURES = MatcherConfig("byRefId", "/[BC]$/")
"""What is heard now and the figures, before and after they were joined: the second and the third query."""


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


def newest_of(value: str, inner: str, beside: Sequence[str] = (), *, rank: str = "") -> str:
    """A table of the newest `value` of each site by `inner`, and of what stands `beside` it, for `by_site`.

    `rank`: how bad it is, for `ranked`, in InfluxQL.
    """
    shown = ", ".join(f'"{name}"' for name in ("site", value, *beside))
    ranked_by = f', {rank} AS "{_RANK}"' if rank else ""
    return f'SELECT {shown}, "{value}" + 1 AS "{_MORE}", "{value}" * 0 AS "{_OWN}"{ranked_by} FROM ({inner})'


def above(value: str, limit: float) -> str:
    """The rank of a figure that is bad from `limit` on."""
    return f'"{value}" - {limit - 0.5:g}'


def by_site(now: str) -> list[DataTransformerConfig]:
    """A row for each site of `sites_of`: in the column `now` what `newest_of` asks for, NOTHING_KNOWN where unheard."""
    heard = f"{_HEARD} or 0"
    figures = [
        _step("joinByField", byField="site", mode="outer"),
        _sum(_OWN, _HEARD, alias=heard),
        _step("filterByValue", type="include", match="all", filters=[_filter(heard, "greater", 0)]),
    ]
    for step in figures:
        step.filter_val = _FIGURES
    return [
        *figures,
        _step("joinByField", byField="site", mode="outer"),
        _sum(_ZERO, _MORE, alias=_ALONE),
        _binary(_ALONE, "+", {"fixed": f"{NOTHING_KNOWN:g}"}, alias=now),
    ]


def ranked() -> list[DataTransformerConfig]:
    """After `by_site`: its rows with the column RANKED, the worst first."""
    return [_sum(_ZERO, _RANK, alias=RANKED), _step("sortBy", fields={}, sort=[{"field": RANKED, "desc": True}])]


def counts(most: int, *, each: str, hidden: str, unknown: str) -> list[DataTransformerConfig]:
    """After `ranked`: columns to be summed. A 1 in `each` row, in `hidden` from row `most` on, in `unknown` ones."""
    place, page, pages, part, none = "place", "page", "pages", "part", "none"
    return [
        _step("calculateField", mode="index", index={"asPercentile": False}, alias=place),
        _binary(place, "*", {"fixed": "0"}, alias=none),
        _binary(none, "+", {"fixed": "1"}, alias=each),
        # 1 divided by 1 is a whole, and by more and rounded down it is nothing: so the first page is told from others,
        _binary(place, "/", {"fixed": f"{most}"}, alias=page),
        _floor(page, alias="page before"),
        _binary("page before", "+", {"fixed": "1"}, alias=pages),
        _binary(each, "/", _field(pages), alias=part),
        _floor(part, alias="seen"),
        _binary(each, "-", _field("seen"), alias=hidden),
        # and what is not known, which counts as 0, from every figure
        _binary(_ALONE, "+", {"fixed": "1"}, alias="one more"),
        _binary(each, "/", _field("one more"), alias="share"),
        _floor("share", alias=unknown),
    ]


def _floor(column: str, *, alias: str) -> DataTransformerConfig:
    return _step("calculateField", mode="unary", unary={"operator": "floor", "fieldName": column}, alias=alias)


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
        _step("filterByValue", type="include", match="all", filters=[_filter(gate, "greater", 0)]),
    ]


def _filter(name: str, than: str, value: float) -> dict[str, object]:
    return {"fieldName": name, "config": {"id": than, "options": {"value": value}}}


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
