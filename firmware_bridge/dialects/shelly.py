"""Shelly, Gen2 and later: what a device notifies of its components, whose ids are the channels.

shellyplusht-0a1b2c/events/rpc {"src":"shellyplusht-0a1b2c","method":"NotifyStatus","params":{"ts":1767225601.42,
    "temperature:0":{"id":0,"tC":29.4,"tF":84.9},"temperature:100":{"id":100,"tC":null,"errors":["read"]}}}
shellyplusht-0a1b2c/status/humidity:0 {"id":0,"rh":74.5}          shellyplusht-0a1b2c/online false

NotifyStatus says what has changed and no more, so what is not in it is no news; NotifyFullStatus says all. `ts` is UTC
in seconds. status/… is the same without a time, so it is left out where a device's notifications are heard. An event is
no reading, nor is what a component says of itself (the temperature of a relay). Source: shelly-api-docs.shelly.cloud.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from firmware_bridge.device_json import Path, find, number, path_of, read
from firmware_bridge.family import Guide, MqttDialect, Option, OptionError, check_channels, settle, table_among
from firmware_bridge.names import Meant, check_units, check_values, in_its_unit
from firmware_bridge.preferred import Preferred
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.timestamps import READERS, or_noted
from i18n.message import LocalizedMessage

FIELDS: dict[str, tuple[tuple[Path, Meant], ...]] = {
    # component: where in its status a quantity stands
    "temperature": ((("tC",), Meant("temperature", "Cel")),),
    "humidity": ((("rh",), Meant("humidity", "%")),),
    "illuminance": ((("lux",), Meant("illuminance", "lx")),),
    "devicepower": (
        (("battery", "percent"), Meant("battery", "%")),
        (("battery", "V"), Meant("battery_voltage", "V")),
    ),
    "wifi": ((("rssi",), Meant("signal", "dB{mW}")),),
}
_NOTIFIES = ("NotifyStatus", "NotifyFullStatus")
_ONLINE = {b"true": "device is online", b"false": "device is offline"}
_MOST_DEVICES = 1_000
_MOST_COMPONENTS = 200

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage('where a quantity stands, where it is another: {{ water_level = "voltmeter:100.xvoltage" }}'),
        default={},
    ),
    Option("units", dict, LocalizedMessage("the unit of each quantity in values that is not in its own"), default={}),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each component by its id: {{ "0" = "hall", "100" = "tank" }}'),
        default={},
    ),
)


class _Named(NamedTuple):
    """A quantity of the option `values`: the component, and the path in its status."""

    component: str
    path: Path
    known: Meant


def build(device: str, status: Mapping[str, Any], *, ts: float, method: str = "NotifyStatus") -> tuple[str, bytes]:
    """The topic and the message with which a device notifies `status`, its components by name."""
    message = {"src": device, "dst": f"{device}/events", "method": method, "params": {"ts": ts, **status}}
    return f"{device}/events/rpc", msgspec.json.encode(message)


class ShellyParser:
    """Reads notifications and states; remembers who notifies, and the components that count."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        self._channels = check_channels(
            chosen["channels"], str.isdecimal, LocalizedMessage("write the id of a component in quotes")
        )
        self._table = table_among(options)
        self._named = [_named(path, known) for path, known in check_values(chosen["values"], self._table).items()]
        self._chosen = {named.known.quantity for named in self._named}
        self._units = check_units(chosen["units"], self._table)
        self._notifying: dict[str, None] = {}
        self._preferred = Preferred()

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        levels = topic.split("/")
        if levels[-1] == "online":
            return Frame((), _ONLINE.get(payload.strip(), "whether the device is online, no reading"))
        if "command" in levels[1:]:
            return Frame((), "a command to the device, no reading")
        document = read(payload)
        if type(document) is Noise:
            return document
        if type(document) is not dict:
            return Noise(len(payload), "message is no JSON object")
        if len(levels) > 2 and levels[-2] == "status":
            device = "/".join(levels[:-2])
            if device in self._notifying:
                return Frame((), f"{levels[-1][:40]} is in the device's notifications too")
            return self._gather(device, {levels[-1]: document}, [], None)
        return self._rpc(document, "/".join(levels[:-2]) if levels[-2:] == ["events", "rpc"] else "")

    def _rpc(self, document: dict[str, Any], device: str) -> Frame:
        """A notification, or the answer to Shelly.GetStatus."""
        method = document.get("method")
        status = document.get("params" if method else "result")
        if method is not None and method not in _NOTIFIES:
            return Frame((), f"{str(method)[:40]}, no reading")
        if type(status) is not dict:
            return Frame((), "no status of components in this message")
        if method and len(self._notifying) < _MOST_DEVICES:
            self._notifying[device] = None
        notes: list[str] = []
        return self._gather(device, status, notes, _time(status.get("ts"), notes))

    def _gather(self, device: str, status: Mapping[str, Any], notes: list[str], time_ms: int | None) -> Frame:
        samples: list[Sample] = []
        for part, quantity, outcome in self._values(status):
            channel = part.rpartition(":")[2] if ":" in part else "0"
            if not isinstance(outcome, str) and not self._channels:
                outcome = self._preferred.why_not(device, quantity, part, _rank(channel)) or outcome
            if isinstance(outcome, str):
                notes.append(f"{part[:40]} {quantity} {outcome}")
            else:
                samples.append(Sample(quantity, outcome, channel, time_ms))
        if not samples and not notes:
            notes.append("no component that measures a quantity")
        return Frame(tuple(samples), "; ".join(notes[:8]))

    def _values(self, status: Mapping[str, Any]) -> Iterator[tuple[str, str, float | str]]:
        """Each quantity that is in a status: its component, its name, and the value or what is wrong."""
        for named in self._named:
            if named.component in status:
                yield from self._fields(
                    named.component, status[named.component], ((named.path, named.known),), is_named=True
                )
        for part in list(status)[:_MOST_COMPONENTS]:
            fields = FIELDS.get(part.partition(":")[0], ())
            left = tuple(field for field in fields if field[1].quantity not in self._chosen)
            yield from self._fields(part, status[part], left)

    def _fields(
        self, part: str, body: Any, fields: tuple[tuple[Path, Meant], ...], *, is_named: bool = False
    ) -> Iterator[tuple[str, str, float | str]]:
        errors = body.get("errors") if type(body) is dict else None
        broken = f"is not measured: {', '.join(map(str, errors))[:60]}" if type(errors) is list and errors else ""
        for path, known in fields:
            parent = find(body, path[:-1])
            if type(parent) is not dict or (path[-1] not in parent and not broken):
                continue
            given = parent.get(path[-1])
            value: float | str = float(given) if type(given) is bool and is_named else number(given)
            if isinstance(value, float):
                value = in_its_unit(known, value, self._table, told=self._units.get(known.quantity, ""))
            elif broken:
                value = broken
            yield part, known.quantity, value


def _rank(channel: str) -> int:
    """The component of the device itself goes before those of an add-on, which are 100 and more."""
    return int(channel) if channel.isdecimal() and len(channel) < 7 else 10**7


def _named(text: str, known: Meant) -> _Named:
    path = path_of(text)
    if path is None or len(path) < 2:
        raise OptionError(
            LocalizedMessage(
                'values.{name}: {path} is no place in a status; write one such as "voltmeter:100.xvoltage"',
                name=known.quantity, path=repr(text)[:80],
            )
        )  # fmt: skip
    return _Named(path[0], path[1:], known)


def _time(given: Any, notes: list[str]) -> int | None:
    return None if given is None else or_noted(READERS["epoch_s"](given, None), "ts", notes)


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return ShellyParser(options).parse


DIALECT = MqttDialect(
    name="shelly",
    title=LocalizedMessage("Shelly, Gen2 and later"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    guide=Guide(
        topic="shellyplusht-0a1b2c/events/rpc",
        wiring="Shelly: MQTT with RPC status notifications; topic PREFIX/events/rpc, or PREFIX/status/+ where generic "
        "status updates are on instead",
        quirks="a notification has what changed and no more; ids of components are the channels, and without channels "
        "the lowest id counts; power, counters and flood alarms only by values; a Gen1 device is read as json",
    ),
)
