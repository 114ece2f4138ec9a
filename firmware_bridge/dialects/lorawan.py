"""The payload of a LoRaWAN device as it stands, in bytes or in hexadecimal digits: what a plain bridge publishes.

    lora/24e124136b502217   05 cc 0200 0100                 decoder = "vs121"  ─► people_in 2, people_out 1
    lora/24e124136b502217   "01755c03824408040001"          decoder = "em310-udl"  ─► battery 92, distance 211.6 cm

It is how `siaga-edge decode vs121 --hex FILE` reads, too. The devices, and what their bytes mean, stand in
firmware_bridge/payloads; the network servers' own messages in dialects/chirpstack.py and dialects/ttn.py.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firmware_bridge.device_json import MAX_PAYLOAD
from firmware_bridge.device_uplink import UplinkParser, UplinkReader
from firmware_bridge.family import REQUIRED, Guide, MqttDialect
from firmware_bridge.payloads import DEVICES
from firmware_bridge.sample import Frame, Noise
from firmware_bridge.uplink_message import DeviceUplink
from firmware_bridge.uplink_options import DECODER, OPTIONS
from i18n.message import LocalizedMessage

_HEX = re.compile(rb"\s*(?:0[xX])?((?:[0-9a-fA-F]{2}[\s:-]?)+)\s*")
_OPTIONS = tuple(
    replace(
        option,
        default=REQUIRED,
        meaning=LocalizedMessage("the device that the payloads are of, such as vs121, em310-udl or lpp"),
    )
    if option is DECODER
    else option
    for option in OPTIONS
)


def payload_in(message: bytes) -> bytes:
    """The bytes that a message is, or that it spells in hexadecimal digits: no device's payload is all digits."""
    spelt = _HEX.fullmatch(message)
    return bytes.fromhex(re.sub(rb"[\s:-]", b"", spelt[1]).decode()) if spelt and len(message) >= 6 else message


def parse(topic: str, message: bytes, reader: UplinkReader) -> Frame | Noise:
    """Read a payload; the last level of the topic is the device."""
    if len(message) > MAX_PAYLOAD:
        return Noise(len(message), f"message is longer than {MAX_PAYLOAD} bytes")
    device = topic.rpartition("/")[2]
    return reader.read(DeviceUplink(device, data=payload_in(message)), len(message))


def _parser(options: Mapping[str, Any]) -> UplinkParser:
    return UplinkParser(parse, UplinkReader(options, _OPTIONS))


DIALECT = MqttDialect(
    name="lorawan",
    title=LocalizedMessage("payload of a LoRaWAN device"),
    options=_OPTIONS,
    parser=_parser,
    channels=True,
    models={**{device: {"decoder": device} for device in DEVICES}, "cayenne": {"decoder": "lpp"}, "milesight": {}},
    guide=Guide(
        topic="lora/24e124136b502217",
        wiring="a bridge that publishes each payload by itself, in bytes or in hexadecimal digits",
        quirks="a payload is read up to the first channel that the device has not; history comes at its own time; of "
        "lines the sum and of regions the first is read, or each with channels; totals of rain add what they grew by, "
        'over a restart of the gateway too, and counts = "total" reads people so, whom lost uplinks then do not cost',
        example='decoder = "em310-udl"\nmounting_height_cm = 450',
    ),
)
