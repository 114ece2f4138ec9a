"""What an announcement says of sensors: retained on homeassistant/<component>/[<node>/]<object>/config.

{"~":"tele/pm","name":"PM2.5","stat_t":"~/SENSOR","val_tpl":"{{ value_json.PMS5003['PM2.5'] }}","unit_of_meas":"µg/m³",
 "dev_cla":"pm25","stat_cla":"measurement","uniq_id":"A0B1_PM25","avty_t":"~/LWT","dev":{"ids":["A0B1"]}}
 ──► Entity(topic="tele/pm/SENSOR", path=("PMS5003", "PM2.5"), unit="µg/m³", device="A0B1", …)

homeassistant/device/<object>/config {"dev":{"ids":"a1"},"stat_t":"a1","cmps":{"t":{"p":"sensor","val_tpl":"…"},…}}
 ──► one entity for each component, which has what stands beside `cmps` where it says nothing else

Keys may be abbreviated. Source: https://www.home-assistant.io/integrations/mqtt (2026.11) and home-assistant/core.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import Path
from firmware_bridge.plain_template import path_in

_LONG = {
    "stat_t": "state_topic", "val_tpl": "value_template", "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class", "stat_cla": "state_class", "ent_cat": "entity_category", "uniq_id": "unique_id",
    "obj_id": "object_id", "avty": "availability", "avty_t": "availability_topic", "avty_tpl": "availability_template",
    "pl_avail": "payload_available", "pl_not_avail": "payload_not_available", "t": "topic", "dev": "device",
    "cmps": "components", "p": "platform",
}  # fmt: skip
_LONG_OF_DEVICE = {"ids": "identifiers", "cns": "connections", "mf": "manufacturer", "mdl": "model"}
MOST_COMPONENTS = 200
_LONGEST_TOPIC = 400
_LONGEST_TEXT = 120


class Entity(msgspec.Struct, frozen=True):
    """A sensor that was announced: where its values are, and what is said of them."""

    topic: str
    path: Path
    unit: str
    device_class: str
    state_class: str
    category: str
    name: str
    unique_id: str
    object_id: str
    device: str


class Availability(msgspec.Struct, frozen=True):
    """A topic that says whether a device is there."""

    topic: str
    device: str
    available: str
    not_available: str


class Announcement(msgspec.Struct, frozen=True):
    """All that one discovery message says, why parts of it give no reading, and of which topics that is known."""

    entities: tuple[Entity, ...] = ()
    availability: tuple[Availability, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def component_of(topic: str, prefix: str) -> tuple[str, str] | None:
    """The component and the id (node and object) that a discovery topic is of; None for any other topic."""
    levels = topic.removeprefix(f"{prefix}/").split("/")
    if not topic.startswith(f"{prefix}/") or levels[-1] != "config" or len(levels) not in (3, 4) or not all(levels):
        return None
    return levels[0], " ".join(levels[1:-1])


def announcement(component: str, object_id: str, document: Mapping[str, Any]) -> Announcement:
    """What a message says; `document` is its JSON."""
    config = _with_long_keys(document)
    if component != "device":
        return _join([_of_one(component, object_id, config)])
    components = config.pop("components", None)
    if not isinstance(components, dict):
        return Announcement(notes=("device without components (cmps), no reading",))
    return _join(
        _of_one(_text(each.get("platform")), key, {**config, **each})
        for key, each in _components_in(components)
        if len(each) > 1  # one that has only its platform was taken out
    )


def _components_in(components: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, each in list(components.items())[:MOST_COMPONENTS]:
        if isinstance(each, dict):
            yield str(key)[:_LONGEST_TEXT], _with_long_keys(each)


def _join(parts: Any) -> Announcement:
    entities: list[Entity] = []
    availability: dict[Availability, None] = {}
    notes: list[str] = []
    refused: list[tuple[str, str]] = []
    for part in parts:
        entities += part.entities
        availability |= dict.fromkeys(part.availability)
        notes += part.notes
        refused += part.refused
    return Announcement(tuple(entities), tuple(availability), tuple(notes), tuple(refused))


def _of_one(component: str, object_id: str, config: Mapping[str, Any]) -> Announcement:
    shown = _text(config.get("unique_id")) or object_id
    if component != "sensor":
        return Announcement(
            notes=(f"{shown[:60]} is a {component[:30] or 'component of no platform'}, no measurement",)
        )
    base = _text(config.get("~"))
    topic = _topic(config.get("state_topic"), base)
    if topic is None:
        return Announcement(notes=(f"{shown[:60]} has no state_topic that can be read",))
    template = config.get("value_template", "")
    path = (path_in(template) if template else ()) if isinstance(template, str) else None
    if path is None:
        note = f"{shown[:60]} has a template that is no plain path, and templates are not evaluated: {template!r}"
        return Announcement(notes=(note[:200],), refused=((topic, note[:200]),))
    device = _device(config.get("device")) or object_id
    return Announcement(
        (
            Entity(
                topic,
                path,
                _text(config.get("unit_of_measurement"))[:40],
                _text(config.get("device_class")),
                _text(config.get("state_class")),
                _text(config.get("entity_category")),
                _text(config.get("name")),
                _text(config.get("unique_id")),
                object_id,
                device,
            ),
        ),
        tuple(_availability(config, base, device)),
    )


def _availability(config: Mapping[str, Any], base: str, device: str) -> Iterator[Availability]:
    """The topics that say in a word whether the device is there; what a template would have to read is left out."""
    listed = config.get("availability")
    several = listed if isinstance(listed, list) else [listed]
    shared = {key: config.get(key) for key in ("payload_available", "payload_not_available")}
    own = {**shared, "topic": config.get("availability_topic"), "value_template": config.get("availability_template")}
    for each in [*several[:5], own]:
        one = _with_long_keys(each) if isinstance(each, dict) else {}
        topic = _topic(one.get("topic"), base)
        if topic is not None and not one.get("value_template"):
            words = (_text(one.get("payload_available")), _text(one.get("payload_not_available")))
            yield Availability(topic, device, words[0] or "online", words[1] or "offline")


def _device(given: Any) -> str:
    """The first identifier of a device, or the address of its first connection."""
    if not isinstance(given, dict):
        return ""
    device = {_LONG_OF_DEVICE.get(key, key): value for key, value in given.items()}
    identifiers, connections = device.get("identifiers"), device.get("connections")
    first = identifiers[0] if isinstance(identifiers, list) and identifiers else identifiers
    if not _text(first) and isinstance(connections, list) and connections and isinstance(connections[0], list):
        first = connections[0][-1] if connections[0] else ""
    return _text(first)


def _with_long_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    return {_LONG.get(key, key): value for key, value in given.items()}


def _topic(given: Any, base: str) -> str | None:
    """A topic with what `~` stands for, at its start or at its end; None where it is no topic to be read."""
    if not isinstance(given, str) or not given:
        return None
    topic = f"{base}{given[1:]}" if given.startswith("~") and base else given
    topic = f"{topic[:-1]}{base}" if topic.endswith("~") and base else topic
    return topic if 0 < len(topic) <= _LONGEST_TOPIC and not set(topic) & set("#+\0") else None


def _text(given: Any) -> str:
    return str(given)[:_LONGEST_TEXT].strip() if type(given) in (str, int) else ""
