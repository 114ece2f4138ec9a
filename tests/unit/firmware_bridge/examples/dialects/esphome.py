"""States of an air sensor's components by their usual names, in the units of ESPHome, and one that has failed."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

EXAMPLE = Dialect(
    (
        Message(
            {},
            b"12.30",
            Frame((Sample("pm2_5", 12.3, "air-1"),)),
            topic="air-1/sensor/particulate_matter__2_5__m_concentration/state",
        ),
        Message(
            {"units": {"temperature": "°F"}},
            b"68.0",
            Frame((Sample("temperature", 20.0, "roof/air"),)),
            topic="roof/air/sensor/outdoor_temperature/state",
        ),
        Message(
            {"values": {"water_level": "pit"}, "units": {"water_level": "m"}},
            b"1.35",
            Frame((Sample("water_level", 135.0, "pump"),)),
            topic="pump/sensor/pit/state",
        ),
        Message(
            {},
            b"nan",
            Frame((), "temperature is nan: the sensor has failed, or has not measured yet"),
            topic="air-1/sensor/temperature/state",
        ),
        Message({}, b"offline", Frame((), "device is offline"), topic="air-1/status"),
    ),
    mutant=("levels[:-3]), levels[-2]", "levels[:-3]), levels[-3]"),
)
