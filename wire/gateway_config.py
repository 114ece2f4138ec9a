"""What the city wants of a gateway, retained on `…/config`, and what the gateway made of it, on `…/config/reported`.

{"v":1,"revision":7,"confirm_s":120,
 "uplink":{"batch_s":60},"health":{"every_s":300},"sources":{"river":{"silent_s":900}},
 "sensors":[{"id":"river-daruba-1","site":"daruba","quantities":["water_level"],"mounting_height_cm":450}],
 "alarms":{…},"login":{…},"update":{…}}

{"v":1,"desired":7,"in_force":6,"state":"rolled_back","reason":"no ack within 120 s of revision 7","time_ms":…}

Every part is optional. One that this side does not know is named in `unknown`, and costs the others nothing. What
stands in `uplink`, `health` and `sources` is checked as edge.toml is, where it is merged; `alarms`, `login` and
`update` by those who read them: here they are bounded bytes.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from wire.batch import MAX_INTEGER
from wire.errors import WireError
from wire.names import check_name
from wire.printable import is_printable, printable

CONFIG_VERSION = 1
MAX_CONFIG_BYTES = 128 * 1024
MAX_REPORT_BYTES = 16 * 1024
MOST_EXPECTED_SENSORS = 500
MOST_SOURCES = 250
MOST_KEYS = 40
"""Of one table, such as `uplink`."""
MOST_PASSED_OVER = 40
CONFIRM_S = 120.0
MOST_HEIGHT_CM = 100_000.0
LONGEST_INTERVAL_S = 7 * 86_400.0

Value = bool | int | float | str | list[bool | int | float | str]
Table = dict[str, Value]
"""Keys and values as in a table of edge.toml."""

_Revision = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
_Time = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Text = Annotated[str, msgspec.Meta(max_length=400)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_ShortText = Annotated[str, msgspec.Meta(max_length=200)]
_Scalar = bool | int | float | _ShortText
_BoundedTable = Annotated[
    dict[_Key, _Scalar | Annotated[list[_Scalar], msgspec.Meta(max_length=32)]], msgspec.Meta(max_length=MOST_KEYS)
]


class ExpectedSensor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sensor that the city expects at this gateway: at which site, what it measures, how high it hangs, how often."""

    id: Annotated[str, msgspec.Meta(max_length=64)]
    site: Annotated[str, msgspec.Meta(max_length=64)] = ""
    quantities: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=64)], ...], msgspec.Meta(max_length=MOST_KEYS)
    ] = ()
    mounting_height_cm: Annotated[float, msgspec.Meta(gt=0, le=MOST_HEIGHT_CM)] | None = None
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=LONGEST_INTERVAL_S)] | None = None


class GatewayConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the city wants: a part is None where it says nothing of it, so that edge.toml alone holds there.

    A new `revision` is tried; where the gateway is not acknowledged within `confirm_s` it returns to the one before.
    `unknown` names the parts that came and are not known here; it is never sent.
    """

    v: int
    revision: _Revision
    confirm_s: Annotated[float, msgspec.Meta(ge=1, le=3_600)] = CONFIRM_S
    uplink: Table | None = None
    health: Table | None = None
    sources: dict[str, Table] | None = None
    sensors: tuple[ExpectedSensor, ...] | None = None
    alarms: msgspec.Raw | None = None
    login: msgspec.Raw | None = None
    update: msgspec.Raw | None = None
    unknown: tuple[str, ...] = ()


class ConfigState(StrEnum):
    """What became of the newest revision."""

    IN_FORCE = "in_force"
    TRYING = "trying"  # in use, and not confirmed yet
    REFUSED = "refused"  # never used: it has mistakes
    ROLLED_BACK = "rolled_back"  # used, not confirmed in time: the one before is in force
    OTHER = "other"  # what a newer gateway says

    @classmethod
    def _missing_(cls, value: object) -> "ConfigState":
        return cls.OTHER


class ConfigReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """Revision `desired` is the newest that came, `in_force` the confirmed one; 0 is edge.toml alone.

    `reason` is a sentence on why the desired one is not in force; `passed_over` names what of it is not known, or is
    edge.toml's alone.
    """

    v: int
    desired: _Revision
    in_force: _Revision
    state: ConfigState
    reason: _Text = ""
    passed_over: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=MOST_PASSED_OVER)] = ()
    time_ms: _Time | None = None


_PART_TYPES: Mapping[str, Any] = {
    "uplink": _BoundedTable,
    "health": _BoundedTable,
    "sources": Annotated[dict[_Key, _BoundedTable], msgspec.Meta(max_length=MOST_SOURCES)],
    "sensors": Annotated[tuple[ExpectedSensor, ...], msgspec.Meta(max_length=MOST_EXPECTED_SENSORS)],
}
RAW_PARTS = ("alarms", "login", "update")
"""Read by those whom they concern."""
_ENVELOPE = ("v", "revision", "confirm_s")
_MOST_PARTS = 40

_PARTS_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DECODERS = {name: msgspec.json.Decoder(type_) for name, type_ in _PART_TYPES.items()}
_ENVELOPE_DECODER = msgspec.json.Decoder(GatewayConfig)
_REPORT_DECODER = msgspec.json.Decoder(ConfigReport)
_ACCIDENTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def encode_config(config: GatewayConfig) -> bytes:
    """The payload of `…/config`; WireError where it is larger than a gateway takes."""
    payload = msgspec.json.encode(msgspec.structs.replace(config, unknown=()))
    if len(payload) > MAX_CONFIG_BYTES:
        raise WireError(f"configuration of {len(payload)} bytes; a gateway takes at most {MAX_CONFIG_BYTES}")
    return payload


def decode_config(payload: bytes) -> GatewayConfig:
    """Parse the payload of `…/config`; WireError with a sentence that names the part where it cannot be understood."""
    if len(payload) > MAX_CONFIG_BYTES:
        raise WireError(f"configuration of {len(payload)} bytes; a gateway takes at most {MAX_CONFIG_BYTES}")
    try:
        parts = _PARTS_DECODER.decode(payload)
        envelope = {name: parts[name] for name in _ENVELOPE if name in parts}
        config = _ENVELOPE_DECODER.decode(msgspec.json.encode(envelope))
    except _ACCIDENTS as error:
        raise WireError(f"configuration does not parse: {str(error)[:200]}") from None
    if config.v != CONFIG_VERSION:
        raise WireError(f"configuration has version {config.v}; this side speaks {CONFIG_VERSION}")
    unknown = tuple(printable(name[:100]) for name in parts if name not in (*_ENVELOPE, *_PART_TYPES, *RAW_PARTS))
    known = {name: _part(name, parts[name]) for name in (*_PART_TYPES, *RAW_PARTS) if name in parts}
    return msgspec.structs.replace(config, **known, unknown=unknown[:_MOST_PARTS])


def encode_report(report: ConfigReport) -> bytes:
    """The payload of `…/config/reported`."""
    return msgspec.json.encode(report)


def decode_report(payload: bytes) -> ConfigReport:
    """Parse the payload of `…/config/reported`; WireError where it is no report of this version."""
    if len(payload) > MAX_REPORT_BYTES:
        raise WireError(f"report on the configuration of {len(payload)} bytes; send at most {MAX_REPORT_BYTES}")
    try:
        report = _REPORT_DECODER.decode(payload)
    except _ACCIDENTS as error:
        raise WireError(f"report on the configuration does not parse: {str(error)[:200]}") from None
    if report.v != CONFIG_VERSION:
        raise WireError(f"report on the configuration has version {report.v}; this side speaks {CONFIG_VERSION}")
    return msgspec.structs.replace(
        report, reason=printable(report.reason), passed_over=tuple(map(printable, report.passed_over))
    )


def _part(name: str, raw: msgspec.Raw) -> object:
    """A part by itself; WireError that names it."""
    if bytes(raw) == b"null":
        return None
    if name in RAW_PARTS:
        return raw.copy()  # else all of the message is kept for it
    try:
        part = _DECODERS[name].decode(raw)
    except _ACCIDENTS as error:
        raise WireError(f"configuration, {name}: {str(error)[:200]}") from None
    if name == "sensors":
        _check_sensors(part)
    else:
        _check_texts(name, part)
    return part


def _check_sensors(sensors: tuple[ExpectedSensor, ...]) -> None:
    seen = set()
    for sensor in sensors:
        check_name("configuration, sensors: id", sensor.id)
        if sensor.site:
            check_name("configuration, sensors: site", sensor.site)
        for quantity in sensor.quantities:
            check_name("configuration, sensors: quantity", quantity)
        if sensor.id in seen:
            raise WireError(f"configuration, sensors: {sensor.id} stands twice; write each sensor once")
        seen.add(sensor.id)


def _check_texts(name: str, part: object) -> None:
    """WireError for a text that no log line and no screen can carry."""
    if isinstance(part, dict):
        for key, value in part.items():
            _check_texts(name, key)
            _check_texts(name, value)
    elif isinstance(part, list):
        for value in part:
            _check_texts(name, value)
    elif isinstance(part, str) and not is_printable(part):
        raise WireError(f"configuration, {name}: {part[:80]!r} has characters that cannot be printed; take them out")
