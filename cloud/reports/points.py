"""Report points as line protocol, checked against the table that dashboards are made from (wire/measurements.py).

alarm,gateway=gw-daruba,rule=river-level,sensor=river-1,site=daruba severity=3i,state="alarming",value=262.0 …

A field that is None, or no finite number, is left out: nothing is known of it. So is an empty tag, which InfluxDB
does not take.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite

import msgspec

from wire.measurements import MEASUREMENTS, Field, FieldKind, Measurement

Value = int | float | str
_SPACES = re.compile(r"[\x00-\x1f\x7f]+")
_TYPES: dict[FieldKind, tuple[type, ...]] = {
    FieldKind.WHOLE: (int,),
    FieldKind.NUMBER: (int, float),
    FieldKind.TEXT: (str,),
}


class ReportPoint(msgspec.Struct, frozen=True):
    """A point of a measurement of `wire.measurements` at `time_ms` (UTC)."""

    measurement: str
    time_ms: int
    tags: Mapping[str, str]
    fields: Mapping[str, Value | None]


def lines_of(points: Iterable[ReportPoint]) -> list[bytes]:
    """Return the points as lines; see `line_of`."""
    return [line_of(point) for point in points]


def line_of(point: ReportPoint) -> bytes:
    """Return a point as a line with its time in milliseconds, without a line end.

    ValueError for a tag or field that the table does not have or a tag that is missing, TypeError for a value of
    another type: both are our own mistakes.
    """
    table = MEASUREMENTS.get(point.measurement)
    if table is None:
        raise ValueError(f"measurement {point.measurement!r}: wire/measurements.py has none of that name; add it there")
    if set(point.tags) != set(table.tags):
        raise ValueError(f"measurement {table.name}: has the tags {sorted(point.tags)}; write {sorted(table.tags)}")
    fields = ",".join(_fields(table, point.fields))
    if not fields:
        raise ValueError(f"measurement {table.name}: a point without any field; InfluxDB takes none such")
    # tags in the order of their names, as InfluxDB sorts them itself
    tags = "".join(f",{name}={_tag(point.tags[name])}" for name in sorted(table.tags) if point.tags[name])
    return f"{table.name}{tags} {fields} {point.time_ms}".encode()


def _fields(table: Measurement, values: Mapping[str, Value | None]) -> Iterator[str]:
    known = {field.name: field for field in table.fields}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            raise ValueError(f"measurement {table.name}: has no field {name!r}; add it to wire/measurements.py")
        if value is None or (isinstance(value, float) and not isfinite(value)):
            continue
        yield f"{name}={_value(table, field, value)}"


def _value(table: Measurement, field: Field, value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, _TYPES[field.kind]):
        raise TypeError(f"measurement {table.name}: field {field.name} is {value!r}; it must be a {field.kind}")
    if field.kind is FieldKind.TEXT:
        return '"' + _one_line(str(value)).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value}i" if field.kind is FieldKind.WHOLE else repr(float(value))


def _tag(text: str) -> str:
    # a slash for a backslash: at the end of a tag, InfluxDB 1.x takes one for the escape of what follows
    plain = _one_line(text).replace("\\", "/")
    return "".join(f"\\{character}" if character in " ,=" else character for character in plain)


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text)
