"""Homie 4 and 5: devices that describe themselves, and values on topics of their own. The device is the channel.

homie/5/river/$description {"homie":"5.0","version":8,"nodes":{"level":{"properties":{"value":{"unit":"m", …}}}}}
homie/5/river/level/value 1.52       ──► Sample("water_level", 152.0, "river")

homie/river/$state ready             homie/river/level/value/$datatype float        homie/river/level/value/$unit m
homie/river/level/value 1.52         the same in version 4, an attribute a message

All is retained: what is announced is known soon after the gateway has come, and old values are no news. A value whose
property is not announced yet is left out, since its unit is not known. A property that can be set is no measurement.
The property's id or name says the quantity, else the node's, or `values` does. $state says whether a device is there.
Source: https://homieiot.github.io, versions 4.0.0 and 5.0.0.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import number, read
from firmware_bridge.dialects.homie_devices import Devices, Property
from firmware_bridge.family import Guide, MqttDialect, Option, check_channels, settle, table_among
from firmware_bridge.names import Meant, check_units, check_values, in_its_unit
from firmware_bridge.quantity_names import UNITS, quantity_of, with_its_usual_unit
from firmware_bridge.sample import Frame, Noise, Sample
from i18n.message import LocalizedMessage

_LONGEST_VALUE = 64
_WHOLE = re.compile(r"-?[0-9]+")
_TRUTH = {"true": 1.0, "false": 0.0}
_NUMBERS = frozenset({"", "integer", "float", "percent"})
_COUNTED = frozenset({"#", ""})
_STATES = frozenset({"init", "ready", "disconnected", "sleeping", "lost", "alert"})

OPTIONS = (
    Option(
        "base",
        str,
        LocalizedMessage("what stands before the device, and in version 5 before /5; without it one level is taken"),
        default="",
    ),
    Option(
        "values",
        dict,
        LocalizedMessage('node/property of a quantity, where its name is another: {{ water_level = "gauge/x1" }}'),
        default={},
    ),
    UNITS,
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each device, or of each device/node: {{ "river" = "river-1" }}'),
        default={},
    ),
)


class HomieTopic(msgspec.Struct, frozen=True):
    """What a topic speaks of: `device` has the domain in front, `channel` has not; `rest` are the levels below it."""

    version: int
    device: str
    channel: str
    rest: tuple[str, ...]


def build(device: str, node: str, name: str, value: float | str, *, version: int = 5) -> tuple[str, bytes]:
    """The topic and the message of a property's value."""
    base = "homie/5" if version == 5 else "homie"
    return f"{base}/{device}/{node}/{name}", (value if isinstance(value, str) else f"{value:g}").encode()


def place_of(topic: str, base: str = "") -> HomieTopic | None:
    """What a topic speaks of; None where it is none of Homie's."""
    before = base.strip("/").split("/") if base.strip("/") else [""]
    levels = topic.split("/")
    if len(levels) < len(before) + 2 or (before != [""] and levels[: len(before)] != before):
        return None
    domain, below = "/".join(levels[: len(before)]), levels[len(before) :]
    version = 5 if below[0] == "5" else 4
    if version == 5:
        below = below[1:]
    if len(below) < 2 or below[0].startswith("$"):
        return None
    return HomieTopic(version, f"{domain}/{below[0]}", below[0], tuple(below[1:]))


class HomieParser:
    """Reads messages; keeps what devices have announced."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        self._channels = check_channels(
            chosen["channels"], bool, LocalizedMessage("write the id of a device, or device/node")
        )
        self._base = chosen["base"]
        self._table = table_among(options)
        self._named = check_values(chosen["values"], self._table)
        self._chosen = {known.quantity for known in self._named.values()}
        self._units = check_units(chosen["units"], self._table)
        self._devices = Devices()
        self._counting: dict[str, dict[tuple[str, str], str]] = {}

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        place = place_of(topic, self._base)
        if place is None:
            return Frame((), f"topic {topic[-60:]} is no device's, no reading")
        if place.rest[-1] == "set" and len(place.rest) == 3:
            return Frame((), "a command to the device, no reading")
        if place.rest[0] == "$state":
            return self._state(place, payload)
        if place.rest == ("$description",) and place.version == 5:
            return self._description(place, payload)
        if any(level.startswith("$") for level in place.rest):
            return self._attribute(place, payload)
        if len(place.rest) != 2:
            return Frame((), f"topic {topic[-60:]} is no property's, no reading")
        return self._value(place, payload)

    def _state(self, place: HomieTopic, payload: bytes) -> Frame:
        state = _text(payload)
        if not payload:
            self._devices.forget(place.device)
            self._counting.pop(place.device, None)
            return Frame((), f"device {place.channel[:60]} was taken out")
        if state not in _STATES:
            return Frame((), f"device {place.channel[:60]} is {state[:20]!r}, which is no state of Homie")
        self._devices.turn(place.device, state)
        children = self._devices.children_of(place.device) if state == "lost" else ()
        lost_too = f", and so are its children {', '.join(children)}" if children else ""
        return Frame((), f"device {place.channel[:60]} is {state}{lost_too}"[:300])

    def _description(self, place: HomieTopic, payload: bytes) -> Frame | Noise:
        document = read(payload) if payload else {}
        if type(document) is Noise:
            return document
        if type(document) is not dict:
            return Noise(len(payload), "description is no JSON object")
        count = self._devices.describe(place.device, document)
        if count is None:
            return Frame((), "left out: more devices or properties than are remembered of one source")
        self._counting.pop(place.device, None)
        return Frame((), f"device {place.channel[:60]} describes {count} properties, no reading")

    def _attribute(self, place: HomieTopic, payload: bytes) -> Frame:
        """Version 4: one attribute of a device, a node or a property."""
        *where, attribute = place.rest
        said = f"{'/'.join(where)[:60]} {attribute[:40]} of the device".strip()
        if place.version == 4 and len(where) in (1, 2) and attribute.startswith("$"):
            if not self._devices.announce(place.device, tuple(where), attribute, _text(payload)):
                return Frame((), "left out: more devices or properties than are remembered of one source")
            self._counting.pop(place.device, None)
        return Frame((), f"{said}, no reading")

    def _that_counts(self, place: HomieTopic, channel: str, quantity: str) -> str:
        """Of the announced properties of a channel that give one quantity, the one that counts; "" where none does."""
        best = self._counting.get(place.device)
        if best is None:
            ranked: dict[tuple[str, str], tuple[int, str]] = {}
            for part, announced in self._devices.properties_of(place.device).items():
                known, rank = self._meaning(place, part, announced)
                if known is not None:
                    key = (self._channel(place, part), known.quantity)
                    ranked[key] = min(ranked.get(key, (rank, part)), (rank, part))
            best = self._counting[place.device] = {key: part for key, (_, part) in ranked.items()}
        return best.get((channel, quantity), "")

    def _value(self, place: HomieTopic, payload: bytes) -> Frame | Noise:
        part = "/".join(place.rest)
        shown = f"{place.channel}/{part}"[-80:]
        announced = self._devices.get(place.device, part)
        known, rank = self._meaning(place, part, announced)
        if announced is None and (known is None or known.quantity not in self._units):
            return Frame((), f"{shown} is not announced yet, so its unit is not known; left out")
        if known is None:
            return Frame((), f"{shown} {_no_quantity(announced)}")
        value = _number_in(payload, announced, named=rank == 0)
        if isinstance(value, str):
            return Frame((), f"{shown} {value}")
        channel = self._channel(place, part)
        other = self._that_counts(place, channel, known.quantity)
        if other not in ("", part):
            return Frame((), f"{shown} left out: {other[:60]} gives {known.quantity}; choose in values")
        unit = announced.unit if announced is not None else ""
        told = self._units.get(known.quantity) or ("" if unit in _COUNTED else unit)
        found = in_its_unit(known, value, self._table, told=told)
        return (
            Frame((), f"{shown} {found}")
            if isinstance(found, str)
            else Frame((Sample(known.quantity, found, channel),))
        )

    def _channel(self, place: HomieTopic, part: str) -> str:
        """The device, or the device's node where that has a sensor of its own."""
        node = f"{place.channel}/{part.partition('/')[0]}"
        return node if node in self._channels else place.channel

    def _meaning(self, place: HomieTopic, part: str, announced: Property | None) -> tuple[Meant | None, int]:
        """What a property means, and how sure that is: named in `values`, by its own name, or by its node's."""
        for name in (f"{place.channel}/{part}", part):
            if name in self._named:
                return self._named[name], 0
        if announced is None or announced.settable or announced.datatype not in _NUMBERS:
            return None, 0
        node, _, own = part.partition("/")
        own_names = f"{own}\n{announced.name}"
        found = quantity_of([own_names, f"{node}\n{announced.node_name}"], announced.unit)
        if found is None or found in self._chosen or found not in self._table.measured:
            return None, 0
        return with_its_usual_unit(found, self._table), 1 if quantity_of([own_names], "") == found else 2


def _no_quantity(announced: Property | None) -> str:
    if announced is not None and announced.settable:
        return "can be set, so it is no measurement unless values names it"
    if announced is not None and announced.datatype not in _NUMBERS:
        return f"is {announced.datatype[:20]}, no number; name it in values if it is a quantity all the same"
    return "is no quantity that is known; name it in values"


def _number_in(payload: bytes, announced: Property | None, *, named: bool) -> float | str:
    text = _text(payload)
    if len(payload) > _LONGEST_VALUE:
        return f"is {len(payload)} bytes long, no number"
    if not text:
        return "is empty: it was deleted, or there is no value"
    datatype = announced.datatype if announced is not None else ""
    if named and text in _TRUTH and datatype in ("", "boolean"):
        return _TRUTH[text]
    if datatype == "integer" and not _WHOLE.fullmatch(text):
        return f"is {text[:20]!r}, which is no integer"
    return number(text)


def _text(payload: bytes) -> str:
    return payload[:256].decode("utf-8", "replace").strip(" \0\r\n\t")


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return HomieParser(options).parse


DIALECT = MqttDialect(
    name="homie",
    title=LocalizedMessage("Homie 4 and 5"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"homie4": {}, "homie5": {}},
    guide=Guide(
        topic="homie/#",
        wiring="topic homie/# or homie/5/# with channels by device, or homie/5/river/# with sensor; the topic must "
        "cover the device's attributes too",
        quirks="values are taken once their property is announced, in the unit that it says; what can be set, and what "
        "is true, false or a word, is no reading unless values names it; of several properties for one quantity one "
        "counts",
        example='channels = { "river" = "river-1" }',
    ),
)
