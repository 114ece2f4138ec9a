"""Whether what a panel gets has the shape that it is written for: names, and numbers where it shows numbers.

frames ─► columns by name and kind ─► through the panel's transformations ─► mistakes: an override or a transformation
that names a column that nobody brings, a unit on a text, a gauge without a number
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from tests.grafana_simulated_queries import Frame, Json


class Kind(StrEnum):
    """What stands in a column."""

    TIME = "time"
    NUMBER = "number"
    TEXT = "text"
    EMPTY = "empty"
    ANY = "any"


Columns = dict[str, Kind]
NOBODY = ", which no query brings"
_REDUCERS = {
    "lastNotNull": "Last *",
    "last": "Last",
    "max": "Max",
    "min": "Min",
    "mean": "Mean",
    "sum": "Total",
    "count": "Count",
}
_FIELDS = ("timeField", "columnField", "rowField", "valueField", "byField")
"""The options of transformations that name a column."""
_FIGURES = {"timeseries", "gauge", "bargauge", "heatmap", "barchart", "trend", "xychart", "piechart", "histogram"}
"""Panels that show numbers or nothing."""
_OF_NUMBERS = {"unit", "decimals", "min", "max", "thresholds", "custom.thresholdsStyle"}
"""What an override says of numbers only."""


def mistakes_in(panel: Json, frames: Iterable[Frame]) -> Iterator[str]:
    """Sentences on what does not fit between a panel and its data."""
    columns: Columns = {}
    for frame in frames:
        for name, values in frame.columns.items():
            columns[name] = _together(columns.get(name), _kind(name, values))
    for transformation in panel.get("transformations", ()):
        if transformation.get("topic") == "annotations":
            continue  # of the bands of alarms, and not of what the panel asks for
        step = _STEPS.get(transformation["id"])
        if step is None:
            yield f"the transformation {transformation['id']} is not known here; teach tests/panel_shape.py"
            return
        missing = [name for name in _named(transformation) if name not in columns and Kind.ANY not in columns.values()]
        yield from (f"the transformation {transformation['id']} names {name!r}{NOBODY}" for name in missing)
        columns = step(columns, transformation.get("options", {}))
    yield from _overrides(panel, columns)
    yield from _figures(panel, columns)


def _overrides(panel: Json, columns: Mapping[str, Kind]) -> Iterator[str]:
    """A table has the columns that it names; a chart may be ready for series that only some sites have."""
    for override in panel.get("fieldConfig", {}).get("overrides", ()):
        matcher, wanted = override["matcher"]["id"], override["matcher"].get("options")
        if matcher == "byName":
            found = [wanted] if wanted in columns else []
        elif matcher == "byRegexp":
            found = [name for name in columns if matches(wanted, name)]
        else:
            continue
        if matcher == "byName" and panel["type"] == "table" and not found and Kind.ANY not in columns.values():
            yield f"an override is for {wanted!r}{NOBODY}"
        on_numbers = _OF_NUMBERS.intersection(row["id"] for row in override["properties"])
        for name in found:
            if on_numbers and columns[name] is Kind.TEXT:
                yield f"{name!r} is text and has {sorted(on_numbers)}"


def matches(pattern: str, name: str) -> bool:
    """Whether a regular expression of Grafana fits: in slashes anywhere, bare only the whole name."""
    if pattern.startswith("/"):
        return re.search(pattern.strip("/"), name) is not None
    return re.fullmatch(pattern, name) is not None


def _figures(panel: Json, columns: Mapping[str, Kind]) -> Iterator[str]:
    kinds = set(columns.values())
    if panel["type"] in _FIGURES and not kinds & {Kind.NUMBER, Kind.ANY}:
        yield f"a {panel['type']} shows numbers, and there are none"
    if panel["type"] == "stat":
        fields = panel.get("options", {}).get("reduceOptions", {}).get("fields", "")
        if not fields and not kinds & {Kind.NUMBER, Kind.ANY}:
            yield "a stat shows numbers, and there are none"
        if fields and not any(matches(fields, _shown(panel, name)) for name in columns):
            yield f"shows the fields {fields}{NOBODY}"


def _shown(panel: Json, column: str) -> str:
    """The name by which Grafana finds a column that is to be shown: its title, where it has one."""
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"] == {"id": "byName", "options": column}:
            for each in override["properties"]:
                if each["id"] == "displayName" and each["value"]:
                    return str(each["value"])
    return column


def _kind(name: str, values: Iterable[Any]) -> Kind:
    known = [value for value in values if value is not None]
    if name == "Time":
        return Kind.TIME
    if not known:
        return Kind.EMPTY
    return Kind.NUMBER if all(isinstance(value, int | float) for value in known) else Kind.TEXT


def _together(before: Kind | None, now: Kind) -> Kind:
    if before is None or before is Kind.EMPTY:
        return now
    return before if now in (Kind.EMPTY, before) else Kind.TEXT


def _named(transformation: Json) -> Iterator[str]:
    """The columns that a transformation needs."""
    options: Json = transformation.get("options", {})
    yield from options.get("excludeByName", {})
    yield from options.get("renameByName", {})
    yield from (row["targetField"] for row in options.get("conversions", ()))
    yield from (row["field"] for row in options.get("sort", ()))
    yield from (
        options[key] for key in ("timeField", "columnField", "rowField", "valueField", "byField") if key in options
    )
    if transformation["id"] == "groupBy":
        yield from options["fields"]
    for side in ("left", "right"):
        matcher = options.get("binary", {}).get(side, {})
        if isinstance(matcher, dict) and matcher.get("matcher", {}).get("id") == "byName":
            yield matcher["matcher"]["options"]


def _same(columns: Columns, _options: Json) -> Columns:
    return columns


def _organize(columns: Columns, options: Json) -> Columns:
    hidden = {name for name, is_hidden in options.get("excludeByName", {}).items() if is_hidden}
    renamed: Mapping[str, str] = options.get("renameByName", {})
    return {renamed.get(name) or name: kind for name, kind in columns.items() if name not in hidden}


def _rename(columns: Columns, options: Json) -> Columns:
    pattern = re.compile(options["regex"].strip("/"))
    name = options["renamePattern"].replace("$$", "$").replace("\\", "\\\\")
    return {pattern.sub(name, column): kind for column, kind in columns.items()}


def _convert(columns: Columns, options: Json) -> Columns:
    kinds = {"number": Kind.NUMBER, "time": Kind.TIME, "string": Kind.TEXT}
    return columns | {row["targetField"]: kinds[row["destinationType"]] for row in options["conversions"]}


def _format_time(columns: Columns, options: Json) -> Columns:
    return columns | {options["timeField"]: Kind.TEXT}


def _calculate(columns: Columns, options: Json) -> Columns:
    left, right = (options.get("binary", {}).get(side, {}).get("matcher", {}) for side in ("left", "right"))
    if left.get("id") == "byType":
        each = {f"{name} - {right['options']}": kind for name, kind in columns.items() if kind is Kind.NUMBER}
        return ({} if options.get("replaceFields") else columns) | each
    made = options.get("alias") or "Total"
    return ({} if options.get("replaceFields") else columns) | {made: Kind.NUMBER}


def _group(columns: Columns, options: Json) -> Columns:
    grouped: Columns = {}
    for name, how in options["fields"].items():
        if how.get("operation") == "groupby":
            grouped[name] = columns.get(name, Kind.ANY)
        for each in how.get("aggregations", ()):
            grouped[f"{name} ({each})"] = columns.get(name, Kind.ANY)
    return grouped


def _reduce(columns: Columns, options: Json) -> Columns:
    if options.get("mode") == "reduceFields":
        return columns
    return {"Field": Kind.TEXT} | {_REDUCERS[reducer]: Kind.NUMBER for reducer in options["reducers"]}


def _matrix(columns: Columns, options: Json) -> Columns:
    return {f"{options['rowField']}\\{options['columnField']}": Kind.TEXT, "…": Kind.ANY}


def _filter(columns: Columns, options: Json) -> Columns:
    include = options.get("include", {})
    pattern = include.get("pattern")
    kept = set(include.get("names", ())) | {name for name in columns if pattern and re.search(pattern.strip("/"), name)}
    return {name: kind for name, kind in columns.items() if name in kept}


_STEPS: Mapping[str, Callable[[Columns, Json], Columns]] = {
    "merge": _same,
    "joinByField": _same,
    "sortBy": _same,
    "limit": _same,
    "filterByValue": _same,
    "organize": _organize,
    "renameByRegex": _rename,
    "convertFieldType": _convert,
    "formatTime": _format_time,
    "calculateField": _calculate,
    "reduce": _reduce,
    "groupBy": _group,
    "groupingToMatrix": _matrix,
    "filterFieldsByName": _filter,
}
