"""Every family and dialect that a source can name: one line each.  A new one is a new file, and a line here.

SERIAL_FAMILIES["maxbotix"].decoder({"mounting_height_cm": 450}, {})    MQTT_DIALECTS["tasmota"].parser({})
"""

from firmware_bridge import board, maxbotix, mqtt_json, sds011, tasmota
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
