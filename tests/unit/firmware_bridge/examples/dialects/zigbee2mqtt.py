"""Messages as the converters of Zigbee2MQTT 2 publish them: a room's air, a duo of pressures, batteries, no values."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_SEEN_MS = 1_772_855_674_000
_AIR, _WELL = "market/air 1", "well"

EXAMPLE = Dialect(
    (
        Message(
            {},
            b'{"battery":87,"co2":612,"formaldehyd":4,"humidity":74.5,"last_seen":1772855674000,"linkquality":120,'
            b'"pm25":12,"pressure":100.9,"temperature":29.34,"update":{"state":"idle"},"voltage":2987}',
            Frame(
                tuple(
                    Sample(quantity, value, _AIR, _SEEN_MS)
                    for quantity, value in (
                        ("temperature", 29.34),
                        ("humidity", 74.5),
                        ("pressure", 1009.0),
                        ("pm2_5", 12.0),
                        ("co2", 612.0),
                        ("battery", 87.0),
                        ("link_quality", 120.0),
                        ("formaldehyde", 4.0),
                        ("battery_voltage", 2.987),
                    )
                )
            ),
            topic=f"zigbee2mqtt/{_AIR}",
        ),
        Message(
            {},
            b'{"last_seen":"2026-03-07T12:54:34+09:00","liquid_depth":1.35,"temperature":null,"humidity":655.35}',
            Frame(
                (Sample("water_level", 135.0, _WELL, _SEEN_MS),),
                "temperature is missing; humidity is 655.35: the device has not measured it",
            ),
            topic=f"zigbee2mqtt/{_WELL}",
        ),
        Message(
            {"units": {"formaldehyde": "ppb"}, "values": {"temperature": "temperature_2"}},
            b'{"formaldehyde":10,"temperature_1":20.5,"temperature_2":21.5,"voc":300,"occupancy":true}',
            Frame(
                (Sample("temperature", 21.5, _WELL), Sample("formaldehyde", 12.28220859, _WELL)),
                "voc has no unit that could be known; set it: units = { voc = … }",
            ),
            topic=f"zigbee2mqtt/{_WELL}",
        ),
        Message({}, b'{"state":"offline"}', Frame((), "device is offline"), topic=f"zigbee2mqtt/{_AIR}/availability"),
    ),
    mutant=("round(voltage / 1_000, 3)", "voltage"),
)
