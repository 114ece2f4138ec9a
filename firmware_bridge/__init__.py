"""Device bytes become samples, and samples device bytes: one file for each sensor family or MQTT dialect.  Sans-I/O.

bytes ─► SERIAL_FAMILIES["sds011"].decoder({}, {}).feed(…) ─► [Noise(3, …), Frame((Sample("pm2_5", 12.3), …))]
topic, payload ─► MQTT_DIALECTS["tasmota"].parser({})(…) ─► Frame | Noise
"""

from firmware_bridge.catalog import MQTT_DIALECTS, SERIAL_FAMILIES
from firmware_bridge.family import REQUIRED, MqttDialect, Option, OptionError, SerialDecoder, SerialFamily, problems
from firmware_bridge.sample import Frame, Noise, Sample

__all__ = [
    "MQTT_DIALECTS",
    "REQUIRED",
    "SERIAL_FAMILIES",
    "Frame",
    "MqttDialect",
    "Noise",
    "Option",
    "OptionError",
    "Sample",
    "SerialDecoder",
    "SerialFamily",
    "problems",
]
