"""Every family and dialect that a source can name: one line each.  A new one is a new file, and a line here.

SERIAL_FAMILIES["maxbotix"].decoder({"mounting_height_cm": 450}, {})    MQTT_DIALECTS["tasmota"].parser({})
find("MH-Z19B") ─► Found(the family mhz19b, {})     find("sds198") ─► Found(the family sds011, {"model": "sds198"})
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from firmware_bridge.dialects import mqtt_json, tasmota
from firmware_bridge.families import board, maxbotix, sds011
from firmware_bridge.family import MqttDialect, SerialFamily

_FAMILIES = (
    sds011.FAMILY,
    maxbotix.FAMILY,
    board.FAMILY,
)
_DIALECTS = (
    mqtt_json.DIALECT,
    tasmota.DIALECT,
)

SERIAL_FAMILIES: dict[str, SerialFamily] = {family.name: family for family in _FAMILIES}
MQTT_DIALECTS: dict[str, MqttDialect] = {dialect.name: dialect for dialect in _DIALECTS}


class Found(NamedTuple):
    """A family or dialect, and the options that the name of a model stands for."""

    entry: SerialFamily | MqttDialect
    options: Mapping[str, Any]


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_FOUND: dict[str, Found] = {}
for _entry in (*_FAMILIES, *_DIALECTS):
    for _name, _options in {**_entry.models, _entry.name: {}}.items():
        _FOUND[_plain(_name)] = Found(_entry, _options)

NAMES: tuple[str, ...] = tuple(name for entry in (*_FAMILIES, *_DIALECTS) for name in (entry.name, *entry.models))
"""All that can be found, as people write it."""


def find(name: str) -> Found | None:
    """What a family, a dialect or a model is called, whatever its capitals and hyphens; None where nothing is."""
    return _FOUND.get(_plain(name))
