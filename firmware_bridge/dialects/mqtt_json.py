"""Plain JSON over MQTT: the configuration says where in the message each quantity stands.

values = { pm2_5 = "pm.2_5", temperature = "list.0.value" }    time = "ts"    time_format = "epoch_ms"
values = { temperature = "probes.id=28FF01.t" }     an item of a list by its own id, for its place may change
values = { temperature = "$" }                      the message is nothing but a number: 23.4
each = "data"    channel = "id"                     each item of a list is read by itself, and says whose it is

    sensors/market/reading {"ts": 1764000000000, "pm": {"2_5": "12.3"}, "list": [{"value": 29.5}]}
    ──► Frame((Sample("pm2_5", 12.3, time_ms=1764000000000), Sample("temperature", 29.5, time_ms=1764000000000)))

Values are in the units of wire.quantities, or in those that `units` names: units = { pressure = "Pa" }; scale, offset,
no_reading and bounds are those of shaping.py. What is missing, null or no number is left out and noted; a time that
cannot be read is noted, and the reading is stamped on arrival.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import Path, find, path_of, read
from firmware_bridge.device_time import TIME_FORMAT, ZONE, ReadTime, time_reader
from firmware_bridge.family import Guide, MqttDialect, Option, OptionError, settle, table_among
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.shaping import CHANNELS, SHAPING, Shape, channel_of, shapes_of
from firmware_bridge.text_fields import channels_of, check_told_apart
from firmware_bridge.timestamps import or_noted
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
    *SHAPING,
    Option(
        "time",
        str,
        LocalizedMessage("the path of the device's own time; without it readings are stamped on arrival"),
        default="",
    ),
    msgspec.structs.replace(TIME_FORMAT, default="epoch_ms"),
    ZONE,
    Option(
        "each",
        str,
        LocalizedMessage('the path of a list whose items are read one by one, "$" for the whole message'),
        default="",
    ),
    Option("channel", str, LocalizedMessage("the path of what names the sensor in a message or an item"), default=""),
    CHANNELS,
)
_MOST_ITEMS = 1_000
_WHOLE = "$"
_PLACE = re.compile(r"\[([0-9]{1,6})\]")


class JsonPlan(msgspec.Struct, frozen=True):
    """The options, ready for use on each message; `time`, `channel` and `each` are None where there is none."""

    values: tuple[tuple[str, Path, Shape], ...]
    time: Path | None
    read_time: ReadTime
    each: Path | None = None
    channel: Path | None = None
    channels: frozenset[str] = frozenset()


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
    if plan.each is None:
        samples, notes = _read(document, plan)
        return Frame(tuple(samples), "; ".join(notes))
    items = find(document, plan.each)
    if type(items) is not list:
        return Frame((), "each: no list is there")
    return _read_each(items, plan)


def _read_each(items: list[Any], plan: JsonPlan) -> Frame:
    """The items one by one; what is wrong with several is said once."""
    samples: list[Sample] = []
    notes: dict[str, None] = {}
    for item in items[:_MOST_ITEMS]:
        found, wrong = _read(item, plan)
        samples += found
        notes.update(dict.fromkeys(wrong))
    if len(items) > _MOST_ITEMS:
        notes[f"{len(items) - _MOST_ITEMS} items after the first {_MOST_ITEMS} are left out"] = None
    return Frame(tuple(samples), "; ".join(notes)[:300] or ("" if samples else "the list is empty"))


def _read(document: Any, plan: JsonPlan) -> tuple[list[Sample], list[str]]:
    """The samples of a message or an item, and what is wrong with it."""
    notes: list[str] = []
    time_ms = None if plan.time is None else or_noted(plan.read_time(find(document, plan.time)), "time", notes)
    named = "" if plan.channel is None else _channel(find(document, plan.channel))
    samples = []
    for key, path, shape in plan.values:
        channel = shape.channel or named
        value = shape.read(find(document, path))
        if plan.channels and channel not in plan.channels:
            notes.append(f"channel {channel!r} has no sensor: name it in channels")
        elif type(value) is float:
            samples.append(Sample(shape.quantity, value, channel, time_ms))
        else:
            notes.append(f"{key} {value}")
    return samples, notes


def _channel(value: Any) -> str:
    return channel_of(str(value)) if type(value) in (str, int) else ""


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    chosen = settle(OPTIONS, options)
    values = _values(chosen, table_among(options))
    channels = channels_of(chosen["channels"])
    has_channels = bool(chosen["channel"]) or any(shape.channel for _, _, shape in values)
    check_told_apart(channels, options, by_fields=has_channels)
    plan = JsonPlan(
        values,
        _optional("time", chosen["time"]),
        time_reader(chosen),
        _optional("each", chosen["each"]),
        _optional("channel", chosen["channel"]),
        channels,
    )
    return lambda _topic, payload: parse(payload, plan)


def _values(chosen: Mapping[str, Any], table: QuantityTable) -> tuple[tuple[str, Path, Shape], ...]:
    given = chosen["values"]
    if not given:
        raise OptionError(LocalizedMessage('values: is empty; name at least one quantity: {{ pm2_5 = "pm.2_5" }}'))
    shapes = shapes_of("values", list(given), chosen, table)
    return tuple((key, _path(f"values.{key}", given[key]), shape) for key, shape in shapes.items())


def _optional(option: str, text: str) -> Path | None:
    return _path(option, text) if text else None


def _path(option: str, text: Any) -> Path:
    """The path that is written, with "$" for the message and [0] for a place in a list too."""
    if text == _WHOLE:
        return ()
    path = None
    if isinstance(text, str):
        dotted = _PLACE.sub(r".\1", text)
        path = path_of(dotted.removeprefix("$.") if not text.startswith("[") else dotted[1:])
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
    channels=True,
    models={"mqtt_json": {}},
    guide=Guide(
        wiring="any device that publishes JSON: the topic, and the path of each quantity in the message",
        quirks="values are in the units of wire/quantities.py, or in those that units names; what is missing, null or "
        "no number is left out; without time they are stamped on arrival; an item of a list is found by its place or "
        "its id",
        example='values = { pm2_5 = "pm.2_5" }',
        topic="sensors/air-1/reading",
    ),
)
