"""Plain JSON over MQTT: the configuration says where in the message each quantity stands.

values = { pm2_5 = "pm.2_5", temperature = "list.0.value" }    time = "ts"    time_format = "epoch_ms"
values = { temperature = "probes.id=28FF01.t" }     an item of a list by its own id, for its place may change

    sensors/market/reading {"ts": 1764000000000, "pm": {"2_5": "12.3"}, "list": [{"value": 29.5}]}
    ──► Frame((Sample("pm2_5", 12.3, time_ms=1764000000000), Sample("temperature", 29.5, time_ms=1764000000000)))

Values are in the units of wire.quantities, or in those that `units` names: units = { pressure = "Pa" }. What is
missing, null or no number is left out and noted; a time that cannot be read is noted, and the reading is stamped on
arrival.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import Path, find, number, path_of, read
from firmware_bridge.device_time import ZONE, ReadTime, time_reader
from firmware_bridge.family import Guide, MqttDialect, Option, OptionError, check_quantity, nearest, settle, table_among
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.timestamps import READERS
from firmware_bridge.units import AS_IT_IS, Conversion, check_unit
from i18n.message import LocalizedMessage
from wire import QuantityTable

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage(
            'the path of each quantity in the message: {{ pm2_5 = "pm.2_5" }}; {dot} is a dot in a key', dot="\\."
        ),
    ),
    Option(
        "units",
        dict,
        LocalizedMessage('the unit of each value that is not in that of its quantity: {{ temperature = "°F" }}'),
        default={},
    ),
    Option(
        "time",
        str,
        LocalizedMessage("the path of the device's own time; without it readings are stamped on arrival"),
        default="",
    ),
    Option(
        "time_format",
        str,
        LocalizedMessage("how the time is written"),
        default="epoch_ms",
        choices=tuple(READERS),
    ),
    ZONE,
)


class JsonPlan(msgspec.Struct, frozen=True):
    """The options, ready for use on each message."""

    values: tuple[tuple[str, Path, Conversion], ...]
    time: Path | None
    read_time: ReadTime


def build(
    values: Mapping[str, float], *, paths: Mapping[str, str], time: str = "", at: int | float | str | None = None
) -> bytes:
    """The message with `values` by quantity at their `paths`, and `at`, as it is to be written, at the path `time`."""
    document: dict[str, Any] = {}
    for quantity, value in values.items():
        _put(document, paths[quantity], value)
    if at is not None:
        _put(document, time, at)
    return msgspec.json.encode(document)


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path_of(path) or ("",)
    for key in parents:
        document = document.setdefault(key, {})
    document[last] = value


def parse(payload: bytes, plan: JsonPlan) -> Frame | Noise:
    """Read a message."""
    document = read(payload)
    if type(document) is Noise:
        return document
    notes: list[str] = []
    time_ms = None if plan.time is None else _time(document, plan, notes)
    samples = []
    for quantity, path, convert in plan.values:
        value = number(find(document, path))
        if type(value) is float:
            samples.append(Sample(quantity, convert(value), "", time_ms))
        else:
            notes.append(f"{quantity} {value}")
    return Frame(tuple(samples), "; ".join(notes))


def _time(document: Any, plan: JsonPlan, notes: list[str]) -> int | None:
    time_ms = plan.read_time(find(document, plan.time or ()))
    if isinstance(time_ms, int):
        return time_ms
    notes.append(f"time {time_ms}")
    return None


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    chosen = settle(OPTIONS, options)
    plan = JsonPlan(
        _values(chosen["values"], chosen["units"], table_among(options)),
        _path("time", chosen["time"]) if chosen["time"] else None,
        time_reader(chosen),
    )
    return lambda _topic, payload: parse(payload, plan)


def _values(
    given: Mapping[str, Any], units: Mapping[str, Any], table: QuantityTable
) -> tuple[tuple[str, Path, Conversion], ...]:
    if not given:
        raise OptionError(LocalizedMessage('values: is empty; name at least one quantity: {{ pm2_5 = "pm.2_5" }}'))
    for name in units.keys() - given.keys():
        raise OptionError(
            LocalizedMessage(
                "units.{name}: has no path in values; {advice}", name=str(name)[:80], advice=nearest(name, given)
            )
        )
    return tuple(
        (
            check_quantity("values", name, table),
            _path(f"values.{name}", path),
            check_unit(f"units.{name}", units[name], table[name]) if name in units else AS_IT_IS,
        )
        for name, path in given.items()
    )


def _path(option: str, text: Any) -> Path:
    path = path_of(text) if isinstance(text, str) else None
    if path is None:
        raise OptionError(
            LocalizedMessage(
                '{option}: {text} is no path; write keys with dots between them: "pm.2_5"',
                option=option, text=repr(text)[:80],
            )
        )  # fmt: skip
    return path


DIALECT = MqttDialect(
    name="json",
    title=LocalizedMessage("JSON with configured paths"),
    options=OPTIONS,
    parser=_parser,
    guide=Guide(
        wiring="any device that publishes JSON: the topic, and the path of each quantity in the message",
        quirks="values are in the units of wire/quantities.py, or in those that units names; what is missing, null or "
        "no number is left out; without time they are stamped on arrival",
        example='values = { pm2_5 = "pm.2_5" }',
        topic="sensors/air-1/reading",
    ),
)
