"""Zigbee2MQTT: `<base>/<friendly name>`, where the name may have "/" and blanks; the name is the channel.

zigbee2mqtt/market/air 1 {"co2":455,"humidity":74,"pm25":12,"last_seen":1767225601004,"linkquality":180,"voc":2}

Each message is all that is known of the device, so a value may be older than its message; `last_seen` is when the
device was heard, in its four settings: epoch ms, ISO 8601, the same with an offset, and none (stamped on arrival). A
start of Zigbee2MQTT publishes what it kept, at the time when it was heard.

Units are not in a message but in the definition of each model (zigbee-herdsman-converters 26.112): they are taken from
`bridge/devices`, where that is heard, from `units`, or are what all models have. Air pressure is in kPa or hPa, which
its value tells; a VOC is in µg/m³, ppb or ppm, which nothing tells. …/availability, bridge/… and …/set are no readings.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import number, read
from firmware_bridge.family import Guide, MqttDialect, Option, check_channels, settle, table_among
from firmware_bridge.names import Meant, check_units, check_values, in_its_unit, meant
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.timestamps import READERS, or_noted
from i18n.message import LocalizedMessage

KEYS = (
    "temperature", "humidity", "pressure", "pm1", "pm25", "pm4", "pm10", "co2", "co", "no2", "so2", "o3", "ozone",
    "voc", "tvoc", "voc_index", "nox_index", "formaldehyde", "formaldehyde_concentration", "illuminance_lux",
    "illuminance", "noise", "wind_direction", "uv_index", "rain_rate",
    "people", "battery", "linkquality",
)  # fmt: skip
"""The keys that are quantities; of two for one quantity the first in a message counts."""
_OF_ITS_OWN = {
    "formaldehyd": Meant("formaldehyde", "ug/m3"),
    "hcho": Meant("formaldehyde", "mg/m3"),
    "co": Meant("co", "[ppm]"),
    "liquid_depth": Meant("water_level", "m"),
    "water_level": Meant("water_level", "cm"),
    "wind_speed": Meant("wind_speed", "m/s"),
}
_KNOWN: dict[str, Meant] = {key: known for key in KEYS if (known := meant(key))} | _OF_ITS_OWN
_NEVER_MEASURED = {"temperature": (-327.68, 327.67), "humidity": (655.35,)}
"""What a device writes for "no value", in the hundredths of its cluster (Zigbee Cluster Library, chapter 4)."""
_LEAST_MV, _MOST_V = 500.0, 60.0
_WORDS = {b"online": "device is online", b"offline": "device is offline"}
_MOST_DEVICES = 1_000
_LONGEST_ATTRIBUTE = 64

OPTIONS = (
    Option("base", str, LocalizedMessage("the base topic of Zigbee2MQTT"), default="zigbee2mqtt"),
    Option(
        "values",
        dict,
        LocalizedMessage('the key of a quantity, where it has another name: {{ temperature = "temperature_1" }}'),
        default={},
    ),
    Option(
        "units",
        dict,
        LocalizedMessage('the unit of a quantity, where the model has its own: {{ formaldehyde = "ppb" }}'),
        default={},
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each device by its friendly name: {{ "market/air 1" = "air-market" }}'),
        default={},
    ),
)


def build(values: Mapping[str, Any], *, last_seen: int | str | None = None) -> bytes:
    """The message with `values` by key, and `last_seen` as the setting of that name writes it."""
    return msgspec.json.encode({**values} if last_seen is None else {**values, "last_seen": last_seen})


class Zigbee2MqttParser:
    """Reads the messages of one Zigbee2MQTT; keeps the units of its models, and who writes JSON."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        check_channels(chosen["channels"], bool, LocalizedMessage("write the friendly name of a device"))
        self._table = table_among(options)
        self._base: str = chosen["base"].strip("/")
        self._named = check_values(chosen["values"], self._table)
        self._keys = _keys(self._named)
        self._units = check_units(chosen["units"], self._table)
        self._units_of: dict[str, dict[str, str]] = {}
        self._json_of: dict[str, None] = {}

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        levels = self._levels(topic)
        if levels[0] == "bridge":
            return self._bridge("/".join(levels), payload)
        if levels[-1] == "availability":
            return _availability(payload)
        if {"set", "get"} & set(levels[1:]):
            return Frame((), "a command to the device, no reading")
        name = "/".join(levels)
        if len(payload) <= _LONGEST_ATTRIBUTE and not payload.lstrip().startswith((b"{", b"[")):
            return self._attribute(levels, payload)
        document = read(payload)
        if type(document) is Noise:
            return document
        if type(document) is not dict:
            return Noise(len(payload), "message is no JSON object")
        if len(self._json_of) < _MOST_DEVICES:
            self._json_of[name] = None
        return self._gather(name, document)

    def _levels(self, topic: str) -> list[str]:
        """The levels of a topic below the base; of another base the first level is left out."""
        if topic.startswith(f"{self._base}/"):
            return topic[len(self._base) + 1 :].split("/")
        return topic.split("/")[1:] or [topic]

    def _attribute(self, levels: list[str], payload: bytes) -> Frame:
        """A message of the settings `output: attribute` and `attribute_and_json`: one value on a topic of its own."""
        key, name = levels[-1], "/".join(levels[:-1])
        if not payload:
            return Frame((), "message is empty: the device was taken out or renamed, or a value is not known")
        if name in self._json_of:
            return Frame((), f"{key[:40]} is in the device's JSON too")
        return self._gather(name, {key: payload.decode("utf-8", "replace")})

    def _gather(self, name: str, document: dict[str, Any]) -> Frame:
        notes: list[str] = []
        time_ms = _time(document.get("last_seen"), notes)
        found: dict[str, Sample | None] = {}
        for quantity, outcome in self._values(document, self._units_of.get(name, {})):
            if quantity in found:
                continue
            found[quantity] = None
            if isinstance(outcome, str):
                notes.append(f"{quantity} {outcome}")
            else:
                found[quantity] = Sample(quantity, outcome, name, time_ms)
        if not found:
            notes.append(_nothing(document))
        return Frame(tuple(sample for sample in found.values() if sample is not None), "; ".join(notes))

    def _values(self, document: dict[str, Any], units: Mapping[str, str]) -> Iterator[tuple[str, float | str]]:
        """Each quantity of a message with its value, or with what is wrong."""
        for key, known in self._keys.items():
            if key in document:
                yield known.quantity, self._value(key, known, document[key], units)
        voltage = number(document.get("voltage"))
        if "battery" in document and isinstance(voltage, float):  # that of a plug is the mains
            if voltage >= _LEAST_MV:
                yield "battery_voltage", round(voltage / 1_000, 3)
            elif 0 <= voltage <= _MOST_V:
                yield "battery_voltage", voltage

    def _value(self, key: str, known: Meant, given: Any, units: Mapping[str, str]) -> float | str:
        if type(given) is bool and key in self._named:
            return float(given)
        value = number(given)
        if isinstance(value, str):
            return value
        if value in _NEVER_MEASURED.get(known.quantity, ()):
            return f"is {value:g}: the device has not measured it"
        told = self._units.get(known.quantity) or units.get(key, "")
        return in_its_unit(known, value, self._table, told=told)

    def _bridge(self, name: str, payload: bytes) -> Frame:
        """Of what Zigbee2MQTT says of itself, only the units of the models count."""
        document = read(payload) if name == "bridge/devices" else None
        if type(document) is list:
            fresh = {}
            for device in document[:_MOST_DEVICES]:
                units = dict(_units_in(device))
                if units:
                    fresh[str(device["friendly_name"])[:200]] = units
            self._units_of = fresh
        return Frame((), f"{name[:60]} is of Zigbee2MQTT itself, no reading")


def _keys(named: Mapping[str, Meant]) -> dict[str, Meant]:
    """What each key means: as all models have it, but for what the configuration names."""
    chosen = {known.quantity for known in named.values()}
    own = {
        key: _KNOWN[key] if key in _KNOWN and _KNOWN[key].quantity == known.quantity else known
        for key, known in named.items()
    }
    return own | {key: known for key, known in _KNOWN.items() if known.quantity not in chosen and key not in named}


def _units_in(device: Any) -> Iterator[tuple[str, str]]:
    """The unit of each key of ours in an entry of bridge/devices."""
    definition = device.get("definition") if type(device) is dict and "friendly_name" in device else None
    exposes = definition.get("exposes") if type(definition) is dict else None
    for entry in exposes if type(exposes) is list else ():
        key, unit = (entry.get("property"), entry.get("unit")) if type(entry) is dict else (None, None)
        if type(key) is str and key in _KNOWN and type(unit) is str and unit:
            yield key, unit[:20]


def _availability(payload: bytes) -> Frame:
    document = read(payload) if payload.startswith(b"{") else None
    state = document.get("state") if type(document) is dict else None
    word = state.encode() if type(state) is str else payload.strip()
    return Frame((), _WORDS.get(word, "availability of the device, no reading"))


def _time(given: Any, notes: list[str]) -> int | None:
    if given is None:
        return None
    is_text = type(given) is str and not given.isdecimal()
    return or_noted(READERS["iso" if is_text else "epoch_ms"](given, None), "last_seen", notes)


def _nothing(document: dict[str, Any]) -> str:
    """Why a message gives nothing, with the keys that look like quantities of several parts of a device."""
    alike = [key for key in document if key.rpartition("_")[0] in _KNOWN][:4]
    if alike:
        return f"no quantity of the device as a whole; name one in values: {', '.join(key[:30] for key in alike)}"
    return "no quantity in this message"


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return Zigbee2MqttParser(options).parse


DIALECT = MqttDialect(
    name="zigbee2mqtt",
    title=LocalizedMessage("Zigbee2MQTT"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"z2m": {}},
    guide=Guide(
        topic="zigbee2mqtt/#",
        wiring="Zigbee2MQTT: mqtt.server; advanced.last_seen: epoch or ISO_8601, so that what it kept over a restart "
        "is known as old; topic zigbee2mqtt/# with channels by friendly name, or zigbee2mqtt/air-1 with sensor",
        quirks="units are those of the models, and of bridge/devices (to 64 KB) where the topic covers it; VOC and "
        "formaldehyde differ by model: set units; occupancy, presence and leaks are true or false, no quantities, "
        "unless values names them; illuminance before Zigbee2MQTT 2.0 was raw, with illuminance_lux beside it",
        example='channels = { "market/air 1" = "air-market" }',
    ),
)
