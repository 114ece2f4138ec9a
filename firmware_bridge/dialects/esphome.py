"""ESPHome: `<prefix>/sensor/<object_id>/state`, one bare number a message; the prefix is the channel.

air-1/sensor/pm_2_5/state 12.3      air-1/sensor/outdoor_temperature/state nan      air-1/status offline

The object_id is the sensor's name in the device's YAML, in small letters with _ for what is no letter ("Particulate
Matter <2.5µm Concentration" is particulate_matter__2_5__m_concentration). A unit is not in a message: it is that of
ESPHome's own components, or of `units`. States are retained and carry no time, so they are stamped on arrival.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from firmware_bridge.device_json import number
from firmware_bridge.family import Guide, MqttDialect, Option, check_channels, settle, table_among
from firmware_bridge.names import Meant, check_units, check_values, in_its_unit, meant, meant_at_end
from firmware_bridge.preferred import Preferred
from firmware_bridge.sample import Frame, Noise, Sample
from i18n.message import LocalizedMessage

_WORDS = {b"online": "device is online", b"offline": "device is offline"}
_NO_VALUE = {"", "nan", "-nan", "inf", "-inf", "none", "null", "unknown", "unavailable"}
_LONGEST = 64
_MOST_STATES = 2_000

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage('the object_id of a quantity, where its name does not say it: {{ pm2_5 = "dust_fine" }}'),
        default={},
    ),
    Option(
        "units",
        dict,
        LocalizedMessage('the unit of a quantity, as the device\'s YAML has it: {{ temperature = "°F" }}'),
        default={},
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each device by its topic prefix: {{ "air-1" = "air-market" }}'),
        default={},
    ),
)


def build(prefix: str, object_id: str, value: float) -> tuple[str, bytes]:
    """The topic and the message of a sensor's state; a value that is none is nan."""
    return f"{prefix}/sensor/{object_id}/state", f"{value:g}".encode()


class _State(NamedTuple):
    """What a topic is the state of: a device's sensor by name, and how sure it is what that measures."""

    prefix: str
    name: str
    known: Meant
    rank: int


class EspHomeParser:
    """Reads states; of several that mean one quantity, it remembers the one that counts."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        check_channels(chosen["channels"], bool, LocalizedMessage("write the topic prefix of a device"))
        self._table = table_among(options)
        self._named = check_values(chosen["values"], self._table)
        self._chosen = {known.quantity for known in self._named.values()}
        self._units = check_units(chosen["units"], self._table)
        self._preferred = Preferred()
        self._states: dict[str, _State] = {}

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        state = self._states.get(topic)
        if state is None:
            found = self._state(topic, payload)
            if isinstance(found, str):
                return Frame((), found)
            if len(self._states) >= _MOST_STATES:
                self._states.clear()
            state = self._states[topic] = found
        why_not = self._preferred.why_not(state.prefix, state.known.quantity, state.name, state.rank)
        if why_not:
            return Frame((), f"{state.name[:60]} {why_not}")
        return self._read(state.prefix, state.known, payload)

    def _state(self, topic: str, payload: bytes) -> _State | str:
        """What a topic is the state of, or why it is none of a quantity."""
        levels = topic.split("/")
        if levels[-1] == "status":
            return _WORDS.get(payload.strip(), "status of the device, no reading")
        prefix, object_id = _state_of(levels)
        name = object_id or topic
        if not object_id and topic not in self._named:
            return f"topic {topic[-60:]} is no sensor's state, no reading"
        known, rank = self._meaning(name)
        if known is None:
            return f"{name[:60]} is no quantity that is known; name it in values"
        return _State(prefix, name, known, rank)

    def _meaning(self, object_id: str) -> tuple[Meant | None, int]:
        """What an object_id means, and how sure that is: named, the whole name, or its end."""
        named = self._named.get(object_id)
        if named is not None:
            return named, 0
        whole = meant(object_id)
        known = whole or meant_at_end(object_id)
        if known is None or known.quantity in self._chosen:
            return None, 0
        return known, 1 if whole else 2

    def _read(self, prefix: str, known: Meant, payload: bytes) -> Frame | Noise:
        text = payload[:_LONGEST].decode("utf-8", "replace").strip(" \0\r\n\t")
        if text.casefold() in _NO_VALUE:
            return Frame((), f"{known.quantity} is {text or 'empty'}: the sensor has failed, or has not measured yet")
        value = number(text)
        if isinstance(value, str) or len(payload) > _LONGEST:
            return Noise(len(payload), f"state of {known.quantity} is not a number")
        found = in_its_unit(known, value, self._table, told=self._units.get(known.quantity, ""))
        if isinstance(found, str):
            return Frame((), f"{known.quantity} {found}")
        return Frame((Sample(known.quantity, found, prefix),))


def _state_of(levels: list[str]) -> tuple[str, str]:
    """The prefix and the object_id in a topic; "" where it is no sensor's state."""
    if len(levels) >= 3 and levels[-1] == "state" and levels[-3] == "sensor":
        return "/".join(levels[:-3]), levels[-2]
    return "/".join(levels[:-1]), ""


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return EspHomeParser(options).parse


DIALECT = MqttDialect(
    name="esphome",
    title=LocalizedMessage("ESPHome sensors"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    guide=Guide(
        topic="air-1/sensor/+/state",
        wiring="ESPHome: mqtt with broker and topic_prefix; topic PREFIX/sensor/+/state, or +/sensor/+/state with "
        "channels or sensor_level = 0",
        quirks="units are not in the message: distance, water level, wind, gases and VOC need units (ultrasonic "
        "gives m); of two sensors for one quantity on a device values chooses; rain and counts only by values",
    ),
)
