"""ChirpStack's events, version 4 and 3: `application/<id>/device/<DevEUI>/event/<up, join, ack, …>`.

{"deduplicationId": "3ac7e3c4-…", "time": "2026-03-07T03:54:34.482+00:00", "fCnt": 7, "data": "AXVkA4IeAA==",
 "deviceInfo": {"deviceProfileName": "EM500-UDL", "deviceName": "bridge", "devEui": "24e124713b492056"},
 "object": {"battery": 100, "distance": 30}, "rxInfo": [{"gatewayId": "…", "rssi": -57, "snr": 9.2}]}

Version 3 has applicationID, deviceName and devEUI (hexadecimal, or base64) beside them, `objectJSON` with the object as
a text, `loRaSNR`, and no time but that of a gateway and `publishedAt`. Version 4 sends protobuf where `json` is false
(chirpstack_protobuf.py). An up event without codec has no object: then
`data` goes to the decoder that is configured, or that the device profile is named after. Only up events hold readings.

Sources: chirpstack.io/docs (integrations, event types); chirpstack-api, integration.proto of 3.12 and 4.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import read
from firmware_bridge.device_uplink import UplinkParser, UplinkReader
from firmware_bridge.family import Guide, MqttDialect
from firmware_bridge.sample import Frame, Noise
from firmware_bridge.uplink_message import DeviceUplink
from firmware_bridge.uplink_options import OPTIONS
from firmware_bridge.uplink_parts import base64_in, received_ms, signal_of, text_in, time_at
from i18n.message import LocalizedMessage

_KINDS = ("up", "join", "ack", "txack", "log", "error", "status", "location", "integration")
_OF_OLD_TOPICS = {"rx": "up"}  # application/7/device/…/rx, until version 3.11
_SHOWS = (("margin", "status"), ("acknowledged", "ack"), ("downlinkId", "txack"), ("level", "log"), ("error", "error"))
_PAYLOADS = ("data", "object", "objectJSON")
_STARTS_OF_PROTOBUF = (b"\x0a", b"\x12", b"\x1a")
"""The tags of its first fields; the first is a line feed too."""
_HEX_EUI = re.compile(r"[0-9a-fA-F]{16}")


def build(
    eui: str, *, data: bytes = b"", decoded: Mapping[str, Any] | None = None, time: str, counter: int, profile: str = ""
) -> bytes:
    """An up event of version 4."""
    event: dict[str, Any] = {
        "deduplicationId": f"made-up-{eui}-{counter}",
        "time": time,
        "deviceInfo": {"deviceProfileName": profile, "deviceName": f"made-up {eui}", "devEui": eui},
        "fCnt": counter,
        "fPort": 85,
        "data": base64.b64encode(data).decode(),
    }
    return msgspec.json.encode(event if decoded is None else event | {"object": decoded})


def parse(topic: str, payload: bytes, reader: UplinkReader) -> Frame | Noise:
    """Read an event, which is protobuf where it is no JSON."""
    last = topic.rpartition("/")[2]
    if payload[:1] in _STARTS_OF_PROTOBUF and _OF_OLD_TOPICS.get(last, last) in _KINDS[1:]:
        return Frame((), f"{last} event: only up events hold readings")
    document = _protobuf(payload) if payload[:1] in _STARTS_OF_PROTOBUF else None
    document = read(payload) if document is None else document
    if type(document) is Noise:
        return document
    if type(document) is not dict:
        return Noise(len(payload), "message is no JSON object, which events of ChirpStack are")
    kind = _kind_of(topic, document)
    if kind in ("log", "error"):
        return Frame((), f"ChirpStack says: {_words(document)}")
    if kind != "up":
        return Frame((), f"{kind} event: only up events hold readings")
    uplink = _uplink(topic, document)
    return Noise(len(payload), uplink) if isinstance(uplink, str) else reader.read(uplink, len(payload))


def _protobuf(payload: bytes) -> dict[str, Any] | None:
    from firmware_bridge.dialects.chirpstack_protobuf import event_in  # large, and few servers send it

    return event_in(payload)


def _kind_of(topic: str, event: dict[str, Any]) -> str:
    last = topic.rpartition("/")[2]
    kind = _OF_OLD_TOPICS.get(last, last)
    if kind in _KINDS:
        return kind
    if any(key in event for key in (*_PAYLOADS, "fPort")):
        return "up"
    shown = next((kind for key, kind in _SHOWS if key in event), "")
    return shown or ("join" if event.get("devAddr") else "up")


def _words(event: dict[str, Any]) -> str:
    words = [str(event[key])[:80] for key in ("level", "type", "code", "description", "error") if key in event]
    return " ".join(words) or "nothing more"


def _uplink(topic: str, event: dict[str, Any]) -> DeviceUplink | str:
    """The uplink that an event tells of, or what is wrong with it."""
    info = event.get("deviceInfo", event)
    if type(info) is not dict:
        return "event's deviceInfo is no object: is it of ChirpStack?"
    eui = eui_of(info.get("devEui", info.get("devEUI"))) or _eui_in(topic)
    if not eui and not any(key in event for key in _PAYLOADS):
        return "event has neither deviceInfo, devEUI nor data: is it of ChirpStack?"
    data = base64_in(event.get("data"))
    decoded, note = _decoded(event)
    if data is None:
        if not decoded:
            return f"event's data {str(event.get('data'))[:20]!r} is no base64: is it of ChirpStack?"
        data = b""
    counter = event.get("fCnt")
    names = [text_in(info.get(key)) for key in ("deviceProfileName", "deviceName")]
    return DeviceUplink(
        eui, names[1], data, decoded, None, (names[0], names[1]),
        counter if type(counter) is int else None, text_in(event.get("devAddr")), text_in(event.get("deduplicationId")),
        _time_of(event), signal_of(event.get("rxInfo"), "snr", "loRaSNR"), note,
    )  # fmt: skip


def eui_of(written: Any) -> str:
    """A DevEUI in small hexadecimal digits, whether written so or in base64; other text as it stands."""
    text = text_in(written)
    if _HEX_EUI.fullmatch(text):
        return text.lower()
    if len(text) == 12 and text.endswith("="):
        octets = base64_in(text)
        return octets.hex() if octets and len(octets) == 8 else text
    return text


def _eui_in(topic: str) -> str:
    levels = topic.split("/")
    return eui_of(levels[levels.index("device") + 1]) if "device" in levels[:-1] else ""


def _decoded(event: dict[str, Any]) -> tuple[Any, str]:
    """What a codec has made of the payload: `object`, or the text in `objectJSON`."""
    decoded = event.get("object")
    text = event.get("objectJSON")
    if type(decoded) is str:
        decoded, text = None, decoded
    if decoded or type(text) is not str or not text.strip():
        return decoded, ""
    read_ = read(text.encode(errors="replace"))
    return (None, "objectJSON is no JSON") if type(read_) is Noise else (read_, "")


def _time_of(event: dict[str, Any]) -> int | None:
    ways = (("time",), ("rxInfo", "0", "gwTime"), ("rxInfo", "0", "time"))
    at_gateway = next((time_ms for way in ways if (time_ms := time_at(event, *way)) is not None), None)
    return received_ms(at_gateway, time_at(event, "rxInfo", "0", "nsTime") or time_at(event, "publishedAt"))


def _parser(options: Mapping[str, Any]) -> UplinkParser:
    return UplinkParser(parse, UplinkReader(options))


DIALECT = MqttDialect(
    name="chirpstack",
    title=LocalizedMessage("ChirpStack application/…/event/up"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"chirpstack-v3": {}, "chirpstack-v4": {}},
    guide=Guide(
        topic="application/+/device/24e124713b492056/event/+",
        wiring="ChirpStack 4 (JSON or protobuf) or 3 (JSON): the MQTT integration; several devices are told "
        "apart by sensor_level = 3 or channels",
        quirks="a payload is decoded here where decoder is set or the device profile is named after the device, else "
        "the codec's object is read; readings have the time of reception, history its own; the first total of "
        "rain adds nothing, later ones what they grew by, over a restart of the gateway too; a duplicate is left out",
        example='decoder = "em500-udl"\nmounting_height_cm = 450',
    ),
)
