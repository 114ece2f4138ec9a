"""The Things Stack v3 (The Things Network): `v3/<application>@<tenant>/devices/<device>/<up, join, down/ack, …>`.

{"end_device_ids": {"device_id": "bridge", "dev_eui": "24E124713B492056"}, "received_at": "2026-03-07T03:54:35.1Z",
 "uplink_message": {"f_port": 85, "f_cnt": 191, "frm_payload": "AXVkA4IeAA==", "received_at": "2026-03-07T03:54:34.9Z",
  "decoded_payload": {"battery": 100, "distance": 30}, "normalized_payload": [{"air": {"temperature": 20.5}}],
  "rx_metadata": [{"rssi": -60, "snr": 8.5}], "settings": {"time": "2026-03-07T03:54:34.8Z"},
  "version_ids": {"brand_id": "milesight-iot", "model_id": "em500-udl"}}}

Times have nanoseconds. A reading's is that of its reception: by the gateway where that has a clock (`settings.time`)
which its server's does not gainsay, else by the server. Fields that are 0 or empty are left out of the message. The
normalized payload has fixed units (its battery is in volts) and goes before what the formatter has decoded. Messages
of v2 (`<application>/devices/<device>/up`, payload_raw) are no more since 2021.

Sources: thethingsindustries.com/docs (data formats, MQTT server), thethingsstack.dev/devices (normalized payload).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import find, read
from firmware_bridge.device_uplink import UplinkParser, UplinkReader
from firmware_bridge.family import Guide, MqttDialect
from firmware_bridge.sample import Frame, Noise
from firmware_bridge.uplink_message import DeviceUplink
from firmware_bridge.uplink_options import OPTIONS
from firmware_bridge.uplink_parts import base64_in, received_ms, signal_of, text_in, time_at
from i18n.message import LocalizedMessage

_LATE_MS = 60_000
_UPLINKS = ("uplink_message", "uplink_normalized")
_OF_V2 = ("payload_raw", "payload_fields")
_OTHERS = (
    "join_accept", "downlink_ack", "downlink_nack", "downlink_sent", "downlink_failed", "downlink_queued",
    "downlink_queue_invalidated", "location_solved", "service_data",
)  # fmt: skip


def build(device: str, decoded: Mapping[str, Any], *, received_at: str, counter: int) -> bytes:
    """An uplink of which `decoded` is what a formatter made."""
    return msgspec.json.encode({
        "end_device_ids": {"device_id": device},
        "received_at": received_at,
        "uplink_message": {"f_port": 1, "f_cnt": counter, "decoded_payload": decoded, "received_at": received_at},
    })  # fmt: skip


def parse(_topic: str, payload: bytes, reader: UplinkReader) -> Frame | Noise:
    """Read a message."""
    document = read(payload)
    if type(document) is Noise:
        return document
    if type(document) is not dict:
        return Noise(len(payload), "message is no JSON object, which those of The Things Stack are")
    if type(document.get("result")) is dict:  # as the storage integration gives them
        document = document["result"]
    message = next((document[key] for key in _UPLINKS if type(document.get(key)) is dict), None)
    if message is None:
        return _without_uplink(document, len(payload))
    if document.get("simulated") is True:
        return Frame((), "simulated uplink: somebody tries the application, and nothing was measured")
    uplink = _uplink(document, message)
    return Noise(len(payload), uplink) if isinstance(uplink, str) else reader.read(uplink, len(payload))


def _without_uplink(document: dict[str, Any], size: int) -> Frame | Noise:
    other = next((key for key in _OTHERS if key in document), "")
    if other:
        return Frame((), f"{other.replace('_', ' ')}: only uplinks hold readings")
    if any(key in document for key in _OF_V2):
        return Noise(size, "message is of The Things Network v2, which was switched off in 2021: move to v3")
    return Noise(size, "message has no uplink_message: is it of The Things Stack v3?")


def _uplink(document: dict[str, Any], message: dict[str, Any]) -> DeviceUplink | str:
    """The uplink that a message tells of, or what is wrong with it."""
    data = base64_in(message.get("frm_payload"))
    decoded = message.get("decoded_payload")
    if data is None:
        if not decoded:
            return f"frm_payload {str(message.get('frm_payload'))[:20]!r} is no base64"
        data = b""
    at_server = time_at(message, "received_at") or time_at(document, "received_at")
    time_ms = received_ms(time_at(message, "settings", "time"), at_server)
    name = text_in(find(document, ("end_device_ids", "device_id")))
    eui = text_in(find(document, ("end_device_ids", "dev_eui"))).lower()
    counter = message.get("f_cnt", 0)
    return DeviceUplink(
        eui or name,
        name,
        data,
        decoded,
        _normalized(message.get("normalized_payload"), time_ms),
        (text_in(find(message, ("version_ids", "model_id"))), name),
        counter if type(counter) is int else None,
        text_in(message.get("session_key_id")),
        "",
        time_ms,
        signal_of(message.get("rx_metadata"), "snr"),
        _warnings(message.get("decoded_payload_warnings")),
    )


def _normalized(given: Any, received: int | None) -> Any:
    """The measurements by names of ours; those with a time of their own, long before they came, as history."""
    measurements = given if type(given) is list else [given] if type(given) is dict else []
    renamed: list[Any] = []
    for measurement in measurements:
        if type(measurement) is not dict:
            continue
        own_ms = time_at(measurement, "time")
        rest = {_VOLTS.get(key, key): value for key, value in measurement.items() if key != "time"}
        if own_ms is not None and received is not None and received - own_ms > _LATE_MS:
            renamed.append({"history": [{**rest, "timestamp": own_ms // 1_000}]})
        else:
            renamed.append(rest)
    return renamed


_VOLTS = {"battery": "battery_voltage"}


def _warnings(given: Any) -> str:
    return "; ".join(str(warning)[:80] for warning in given[:3]) if type(given) is list else ""


def _parser(options: Mapping[str, Any]) -> UplinkParser:
    return UplinkParser(parse, UplinkReader(options))


DIALECT = MqttDialect(
    name="ttn",
    title=LocalizedMessage("The Things Stack v3/…/devices/…/up"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"tts": {}, "the-things-stack": {}, "the-things-network": {}},
    guide=Guide(
        topic="v3/morotai@ttn/devices/+/up",
        wiring="The Things Stack's MQTT server, or a bridge of the local broker to it; several devices are told apart "
        "by sensor_level = 3 or channels",
        quirks="a payload is decoded here where decoder is set or the device repository knows the model, else the "
        "normalized and the decoded payload are read; simulated uplinks are no readings; QoS is 0, so what comes "
        'while the bridge is down is lost, and counts = "total" makes up for it, over a restart of the gateway too',
        example='decoder = "vs133"',
    ),
)
