"""Home Assistant's MQTT discovery as a register of sensors: who is announced there is read, and needs no settings here.

homeassistant/sensor/A0B1_PM25/config {"stat_t":"tele/pm/SENSOR","val_tpl":"{{ value_json.PMS5003['PM2.5'] }}",
                                       "unit_of_meas":"µg/m³","dev_cla":"pm25","dev":{"ids":["A0B1"]}}
tele/pm/SENSOR {"PMS5003":{"PM2.5":31}}     ──► Sample("pm2_5", 31.0, "A0B1")

The device is the channel. Its name says the quantity, or its device_class does, in the unit that is announced. A
template is never evaluated: a plain path is followed, and any other is named in a note. The gateway listens to `topic`
and to the `state_topics`; a sensor whose topic neither covers is named too. What is announced is retained, so it is
known soon after the gateway has come; an empty message takes it back. What only counts up since a start is no reading.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import find, number, read
from firmware_bridge.dialects.homeassistant_config import Announcement, Availability, Entity, announcement, component_of
from firmware_bridge.dialects.homeassistant_meaning import OF_THE_DEVICE, quantity_announced, why_only_a_count
from firmware_bridge.family import (
    Guide,
    MqttDialect,
    Option,
    OptionError,
    check_channels,
    settle,
    table_among,
)
from firmware_bridge.names import Meant, check_units, check_values, in_its_unit
from firmware_bridge.quantity_names import UNITS, with_its_usual_unit
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.topics import is_filter, matches
from i18n.message import LocalizedMessage
from wire.units import conversion

MOST_ENTITIES = 2_000
MOST_AVAILABILITY = 8
"""Topics of one announcement that say whether its devices are there."""
MOST_REFUSED = 500
"""Announcements with a template that computes, of which a value's message is told why it gives nothing."""
MOST_NOTES = 4
_NO_VALUE = frozenset({"", "none", "null", "unknown", "unavailable", "nan"})
_LONGEST_VALUE = 64

OPTIONS = (
    Option("prefix", str, LocalizedMessage("the discovery prefix"), default="homeassistant"),
    Option(
        "state_topics",
        str,
        LocalizedMessage('the topics of the values themselves, with commas between: "tele/+/SENSOR, zigbee2mqtt/+"'),
        default="",
    ),
    Option(
        "values",
        dict,
        LocalizedMessage(
            'the unique_id or object id of a quantity, where its name does not say it: {{ water_level = "A0B1_dist" }}'
        ),
        default={},
    ),
    UNITS,
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each device by its identifier, or by a unique_id: {{ "A0B1" = "air-market" }}'),
        default={},
    ),
)


class Registered(msgspec.Struct, frozen=True):
    """An entity that is a quantity: what it means, how sure that is, and its channel."""

    entity: Entity
    known: Meant
    channel: str
    rank: int

    @property
    def own_id(self) -> str:
        """What tells it apart from the others of its device."""
        return self.entity.unique_id or self.entity.object_id


def build(object_id: str, *, prefix: str = "homeassistant", **config: Any) -> tuple[str, bytes]:
    """The topic and the message that announce a sensor."""
    return f"{prefix}/sensor/{object_id}/config", msgspec.json.encode(config)


class HomeAssistantParser:
    """Reads what was announced; keeps who was."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        self._prefix: str = chosen["prefix"].strip("/")
        self._filters = filters_of(options)
        self._channels = check_channels(
            chosen["channels"], bool, LocalizedMessage("write the identifier of a device, or a unique_id")
        )
        self._table = table_among(options)
        self._named = check_values(chosen["values"], self._table)
        self._chosen = {known.quantity for known in self._named.values()}
        self._units = check_units(chosen["units"], self._table)
        self._announced: dict[str, tuple[Registered, ...]] = {}
        self._availability: dict[str, tuple[Availability, ...]] = {}
        self._refused: dict[str, tuple[tuple[str, str], ...]] = {}
        self._count = 0
        self._by_topic: dict[str, tuple[Registered, ...]] | None = None
        self._there: dict[str, Availability] = {}
        self._why_not: dict[str, str] = {}

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        found = component_of(topic, self._prefix)
        if found is not None:
            return self._config(topic, *found, payload)
        if topic == f"{self._prefix}/status":
            return Frame((), "status of Home Assistant, no reading")
        if self._by_topic is None:
            self._index()
        entities = (self._by_topic or {}).get(topic, ())
        if entities:
            return self._state(entities, payload)
        there = self._there.get(topic)
        if there is not None:
            return _is_there(there, payload)
        return Frame((), self._why_not.get(topic) or f"no sensor was announced for topic {topic[-80:]}")

    def _config(self, topic: str, component: str, object_id: str, payload: bytes) -> Frame | Noise:
        before = self._announced.pop(topic, ())
        self._availability.pop(topic, None)
        self._refused.pop(topic, None)
        self._count -= len(before)
        self._by_topic = None
        if not payload.strip(b" \0\r\n\t"):
            taken = f", which had {len(before)} sensors" if before else ""
            return Frame((), f"{object_id[:60]} was taken back{taken}")
        document = read(payload)
        if type(document) is Noise:
            return document
        if type(document) is not dict:
            return Noise(len(payload), "announcement is no JSON object")
        return Frame((), self._register(topic, announcement(component, object_id, document)))

    def _register(self, topic: str, found: Announcement) -> str:
        """Keep what is announced, and say what becomes of it."""
        notes = list(found.notes)
        registered: list[Registered] = []
        for entity in found.entities:
            one = self._registered(entity)
            if isinstance(one, str):
                notes.append(f"{(entity.unique_id or entity.object_id)[:60]} {one}")
            elif self._count + len(registered) >= MOST_ENTITIES:
                notes.append(f"left out: more than {MOST_ENTITIES} sensors are announced")
            else:
                registered.append(one)
                covered = any(matches(each, entity.topic) for each in self._filters)
                advice = "" if covered else "; see that state_topics, or topic, covers it"
                notes.append(f"{one.channel[:40]} {one.known.quantity} is read from {entity.topic[:80]}{advice}")
        if found.refused and len(self._refused) < MOST_REFUSED:
            self._refused[topic] = found.refused[:MOST_NOTES]
        if registered:
            self._announced[topic] = tuple(registered)
            self._availability[topic] = found.availability[:MOST_AVAILABILITY]
            self._count += len(registered)
        said = "; ".join(notes[:MOST_NOTES])
        return f"{said}; and {len(notes) - MOST_NOTES} more" if len(notes) > MOST_NOTES else said or "nothing announced"

    def _registered(self, entity: Entity) -> Registered | str:
        channel = next((key for key in (entity.unique_id, entity.device) if key in self._channels), entity.device)
        named = self._named.get(entity.unique_id) or self._named.get(entity.object_id)
        if named is not None:
            return why_only_a_count(named.quantity, entity) or Registered(entity, named, channel, 0)
        quantity = quantity_announced(entity)
        if quantity is None or quantity not in self._table.measured:
            return "is no quantity that is known; name it in values"
        if quantity in self._chosen:
            return f"left out: values chooses another for {quantity}"
        if entity.category and quantity not in OF_THE_DEVICE:
            return f"is {entity.category[:20]} of the device, no measurement"
        if entity.unit and quantity not in self._units and conversion(entity.unit, self._table[quantity]) is None:
            return f"is in {entity.unit[:20]!r}, which is no unit of {quantity} ({self._table[quantity].unit})"
        return why_only_a_count(quantity, entity) or Registered(
            entity, with_its_usual_unit(quantity, self._table), channel, 1
        )

    def _index(self) -> None:
        """Who is read from which topic: of several that give one quantity of a channel, the one that counts."""
        best: dict[tuple[str, str], Registered] = {}
        for one in (each for several in self._announced.values() for each in several):
            key = (one.channel, one.known.quantity)
            if key not in best or (one.rank, one.own_id) < (best[key].rank, best[key].own_id):
                best[key] = one
        by_topic: dict[str, list[Registered]] = {}
        for one in sorted(best.values(), key=lambda each: each.own_id):
            by_topic.setdefault(one.entity.topic, []).append(one)
        self._by_topic = {topic: tuple(several) for topic, several in by_topic.items()}
        self._there = {one.topic: one for several in self._availability.values() for one in several}
        self._why_not = dict(each for several in self._refused.values() for each in several)

    def _state(self, entities: tuple[Registered, ...], payload: bytes) -> Frame | Noise:
        document: Any = None
        if any(one.entity.path for one in entities):
            document = read(payload)
            if type(document) is Noise:
                return document
        samples: list[Sample] = []
        notes: list[str] = []
        for one in entities:
            value = _value(one.entity, document, payload)
            if isinstance(value, float):
                told = self._units.get(one.known.quantity) or one.entity.unit
                value = in_its_unit(one.known, value, self._table, told=told)
            if isinstance(value, str):
                notes.append(f"{one.own_id[:60]} {value}")
            else:
                samples.append(Sample(one.known.quantity, value, one.channel))
        return Frame(tuple(samples), "; ".join(notes[:MOST_NOTES]))


def _value(entity: Entity, document: Any, payload: bytes) -> float | str:
    if entity.path:
        return number(find(document, entity.path))
    text = payload[:_LONGEST_VALUE].decode("utf-8", "replace").strip(" \0\r\n\t")
    if text.casefold() in _NO_VALUE:
        return f"is {text or 'empty'}: the device has no value"
    return number(text) if len(payload) <= _LONGEST_VALUE else "is not a number"


def _is_there(one: Availability, payload: bytes) -> Frame:
    text = payload[:_LONGEST_VALUE].decode("utf-8", "replace").strip()
    word = {one.available: "available", one.not_available: "not available"}.get(text, f"{text[:20]!r}")
    return Frame((), f"device {one.device[:60]} is {word}")


def filters_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The topic filters of the option `state_topics`; OptionError for one that is none."""
    filters = tuple(filter(None, map(str.strip, str(options.get("state_topics") or "").split(","))))
    for each in filters:
        if not is_filter(each):
            raise OptionError(
                LocalizedMessage(
                    "state_topics: {topic} is no topic; write + for a whole level, and # alone and last",
                    topic=repr(each)[:120],
                )
            )
    return filters


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return HomeAssistantParser(options).parse


DIALECT = MqttDialect(
    name="homeassistant",
    title=LocalizedMessage("Home Assistant discovery"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    more_topics=filters_of,
    models={"ha": {}, "hass": {}, "home_assistant_discovery": {}},
    guide=Guide(
        topic="homeassistant/#",
        wiring="any device that announces itself to Home Assistant; state_topics names the topics of the values, since "
        "the gateway listens to nothing that its settings do not name",
        quirks="templates are never evaluated: plain paths are followed, others are named in the log; binary sensors, "
        "diagnostics and totals are no readings; of several sensors for one quantity of a device one counts, or values "
        "chooses",
        example='state_topics = "tele/+/SENSOR"\nchannels = { "A0B1" = "air-market" }',
    ),
)
