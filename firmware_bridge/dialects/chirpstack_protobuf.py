"""ChirpStack 4's up event as protobuf (`json=false` in its MQTT integration), as the document that its JSON would be.

0a deduplication id | 12 time | 1a device info | 38 fCnt | 40 fPort | 52 data | 5a object | 62 rx info …
        ─► {"deduplicationId": "…", "time": "2026-03-07T03:54:34.482Z", "deviceInfo": {…}, "data": "AXVkA4IeAA==", …}

Numbers of fields: chirpstack-api 4, integration.proto and gw.proto; google/protobuf/struct.proto.
"""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from firmware_bridge.protobuf_messages import classes, read_errors, strange_fields

SCHEMA = {
    "UplinkEvent": "deduplication_id=1:bytes time=2:Time device_info=3:DeviceInfo dev_addr=4:bytes f_cnt=7:uint32 "
    "f_port=8:uint32 data=10:bytes object=11:Struct rx_info=12:*RxInfo",
    "Time": "seconds=1:int64 nanos=2:int32",
    "DeviceInfo": "device_profile_name=6:bytes device_name=7:bytes dev_eui=8:bytes",
    "RxInfo": "gateway_id=1:bytes gw_time=3:Time rssi=6:int32 snr=7:float ns_time=17:Time",
    "Struct": "fields=1:*Entry",
    "Entry": "key=1:bytes value=2:Value",
    "Value": "null_value=1:int32 number_value=2:double string_value=3:bytes bool_value=4:bool struct_value=5:Struct "
    "list_value=6:List",
    "List": "values=1:*Value",
}
_NAMED = (1, 2, 3, 4, 7, 8, 10, 11, 12)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 200
_DEEPEST = 8


@cache
def _classes() -> dict[str, Any]:
    return classes(SCHEMA)


def event_in(payload: bytes) -> dict[str, Any] | None:
    """The event that a payload is; None where it is none."""
    try:
        event = _classes()["UplinkEvent"].FromString(payload)
    except read_errors():
        return None
    if not event.HasField("device_info") or any(number in _NAMED for number in strange_fields(event)):
        return None
    info = event.device_info
    return {
        "deduplicationId": _text(event.deduplication_id),
        "time": _time(event, "time"),
        "deviceInfo": {
            "deviceProfileName": _text(info.device_profile_name),
            "deviceName": _text(info.device_name),
            "devEui": _text(info.dev_eui),
        },
        "devAddr": _text(event.dev_addr),
        "fCnt": event.f_cnt,
        "fPort": event.f_port,
        "data": base64.b64encode(event.data).decode(),
        "object": _struct(event.object, 0) if event.HasField("object") else None,
        "rxInfo": [
            {
                "rssi": received.rssi,
                "snr": float(f"{received.snr:.7g}"),
                "gwTime": _time(received, "gw_time"),
                "nsTime": _time(received, "ns_time"),
            }
            for received in event.rx_info[:_MOST]
        ],
    }


def _text(written: bytes) -> str:
    return written[:_MOST].decode("utf-8", "replace")


def _time(message: Any, field: str) -> str | None:
    if not message.HasField(field):
        return None
    moment = getattr(message, field)
    try:
        return (_EPOCH + timedelta(seconds=moment.seconds, microseconds=moment.nanos // 1_000)).isoformat()
    except OverflowError:
        return None


def _struct(struct: Any, depth: int) -> dict[str, Any]:
    return {_text(entry.key): _value(entry.value, depth + 1) for entry in struct.fields[:_MOST]}


def _value(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return None
    if value.HasField("struct_value"):
        return _struct(value.struct_value, depth)
    if value.HasField("list_value"):
        return [_value(item, depth + 1) for item in value.list_value.values[:_MOST]]
    if value.HasField("string_value"):
        return _text(value.string_value)
    if value.HasField("bool_value"):
        return bool(value.bool_value)
    return value.number_value if value.HasField("number_value") else None
