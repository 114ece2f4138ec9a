"""Sparkplug B's payload, protobuf of Eclipse Tahu's sparkplug_b.proto, as metrics that can be read.

08 timestamp | 12 len metric | 12 len metric | 18 seq          0a len name | 10 alias | 20 datatype | 69 double
10 alias 100, 69 22.5  ─► Metric("", 100, …, value=22.5)       20 01, 50 ff ─► Int8 -1, two's complement

Numbers of fields and datatypes are those of the Sparkplug specification 3.0, chapter 6.4; the table below is ours.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from firmware_bridge.protobuf_messages import classes, read_errors, strange_fields

SCHEMA = {
    "Payload": "timestamp=1:uint64 metrics=2:*Metric seq=3:uint64 uuid=4:bytes body=5:bytes",
    "Metric": "name=1:bytes alias=2:uint64 timestamp=3:uint64 datatype=4:uint32 is_historical=5:bool "
    "is_transient=6:bool is_null=7:bool metadata=8:bytes properties=9:PropertySet int_value=10:uint32 "
    "long_value=11:uint64 float_value=12:float double_value=13:double boolean_value=14:bool string_value=15:bytes "
    "bytes_value=16:bytes dataset_value=17:bytes template_value=18:Template",
    "PropertySet": "keys=1:*bytes values=2:*PropertyValue",
    "PropertyValue": "type=1:uint32 is_null=2:bool string_value=8:bytes",
    "Template": "version=1:bytes metrics=2:*Metric parameters=3:*Parameter template_ref=4:bytes is_definition=5:bool",
    "Parameter": "name=1:bytes type=2:uint32",
}
_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
"""Of signed integers, by datatype."""
_UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64}
_REAL = (9, 10)
BOOLEAN, TEXTS, TEMPLATE = 11, (12, 14), 19
UINT64, DOUBLE = 8, 10
_UNITS = ("engunit", "engineeringunit", "engineeringunits", "unit", "units", "uom")
_LONGEST_NAME = 200
_DEEPEST = 3
MOST_METRICS = 2_000


class Metric(msgspec.Struct, frozen=True):
    """A metric: `value` is a number, a text or a truth, and None where there is none, or one that is no reading."""

    name: str = ""
    alias: int | None = None
    time_ms: int | None = None
    datatype: int = 0
    is_historical: bool = False
    is_null: bool = False
    unit: str = ""
    value: float | str | bool | None = None
    number: int | None = None
    """The integer as it was sent, for its datatype may stand in a birth."""
    is_born: bool = False
    """Whether a birth has told its unit and datatype."""


class SparkplugPayload(msgspec.Struct, frozen=True):
    """A message's time, number and metrics."""

    time_ms: int | None
    seq: int | None
    metrics: tuple[Metric, ...]

    def number_of(self, name: str) -> int | None:
        """The whole number in the metric of this name, if there is one."""
        return next(
            (int(m.value) for m in self.metrics if m.name == name and isinstance(m.value, float | int)),
            None,
        )


@cache
def _classes() -> dict[str, Any]:
    return classes(SCHEMA)


def encode(metrics: list[Metric], *, time_ms: int, seq: int | None = None) -> bytes:
    """The payload with `metrics`: integers by their datatype in two's complement."""
    payload = _classes()["Payload"](timestamp=time_ms)
    if seq is not None:
        payload.seq = seq
    for metric in metrics:
        _fill(payload.metrics.add(), metric)
    made: bytes = payload.SerializeToString()
    return made


def _fill(made: Any, metric: Metric) -> None:
    if metric.name:
        made.name = metric.name.encode()
    for field, value in (("alias", metric.alias), ("timestamp", metric.time_ms), ("datatype", metric.datatype or None)):
        if value is not None:
            setattr(made, field, value)
    for flag in ("is_historical", "is_null"):
        if getattr(metric, flag):
            setattr(made, flag, True)
    if metric.unit:
        made.properties.keys.append(b"engUnit")
        made.properties.values.add(type=12, string_value=metric.unit.encode())
    _fill_value(made, metric)


def _fill_value(made: Any, metric: Metric) -> None:
    bits = (_BITS | _UNSIGNED).get(metric.datatype)
    if isinstance(metric.value, bool):
        made.boolean_value = metric.value
    elif isinstance(metric.value, str):
        made.string_value = metric.value.encode()
    elif metric.value is not None and bits:
        whole = int(metric.value) % (1 << max(bits, 32))
        setattr(made, "long_value" if bits == 64 else "int_value", whole)
    elif metric.value is not None:
        setattr(made, "float_value" if metric.datatype == _REAL[0] else "double_value", metric.value)


def decode(payload: bytes) -> SparkplugPayload | str:
    """The metrics of a payload, or why it is none of Sparkplug."""
    try:
        message = _classes()["Payload"].FromString(payload)
    except read_errors():
        return "payload is no protobuf, which Sparkplug's are"
    strange = [number for number in strange_fields(message) if number <= 5]
    if strange:
        return f"payload is protobuf but not Sparkplug's: its field {strange[0]} is of another type"
    if not message.HasField("timestamp") and not message.HasField("seq") and not message.metrics:
        return "payload is protobuf but not Sparkplug's: it has neither time, number nor metrics"
    for metric in message.metrics[:MOST_METRICS]:
        strange = [number for number in strange_fields(metric) if number <= 18]
        if strange:
            return f"payload is protobuf but not Sparkplug's: field {strange[0]} of a metric is of another type"
    return SparkplugPayload(
        message.timestamp if message.HasField("timestamp") else None,
        message.seq if message.HasField("seq") else None,
        tuple(_metrics(message.metrics, "", 0))[:MOST_METRICS],
    )


def _metrics(found: Any, path: str, depth: int) -> Iterator[Metric]:
    for metric in found[:MOST_METRICS]:
        read = _metric(metric, path)
        if metric.HasField("template_value") and depth < _DEEPEST:
            if not metric.template_value.is_definition:
                yield from _metrics(metric.template_value.metrics, f"{read.name}/", depth + 1)
        else:
            yield read


def _metric(metric: Any, path: str) -> Metric:
    number = next((getattr(metric, field) for field in ("int_value", "long_value") if metric.HasField(field)), None)
    datatype = metric.datatype
    return Metric(
        path + _text(metric.name),
        metric.alias if metric.HasField("alias") else None,
        metric.timestamp if metric.HasField("timestamp") else None,
        datatype,
        metric.is_historical,
        metric.is_null,
        _unit(metric),
        _value(metric) if number is None else whole(number, datatype),
        number,
    )


def whole(number: int, datatype: int) -> float:
    """An integer of a datatype, as it stands in a field without sign."""
    bits = _BITS.get(datatype)
    if bits is None:
        return float(number)
    number %= 1 << bits
    return float(number - (1 << bits) if number >> (bits - 1) else number)


def _value(metric: Any) -> float | str | bool | None:
    for field in ("double_value", "float_value"):
        if metric.HasField(field):
            value = float(getattr(metric, field))
            return float(f"{value:.7g}") if field == "float_value" else value
    if metric.HasField("boolean_value"):
        return bool(metric.boolean_value)
    return _text(metric.string_value) if metric.HasField("string_value") else None


def _unit(metric: Any) -> str:
    """What the property for it says; keys and values stand in two lists."""
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        plain = "".join(letter for letter in _text(key).casefold() if letter.isalpha())
        if plain in _UNITS and not value.is_null:
            return _text(value.string_value)[:40]
    return ""


def _text(written: bytes) -> str:
    return written[: 4 * _LONGEST_NAME].decode("utf-8", "replace")[:_LONGEST_NAME]
