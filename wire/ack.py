"""The word that lets a gateway forget:  {"stream":"9f3c21d07ab4e815","first":1201,"last":1560}

Sent only after the readings store holds the range, or the dead letters do. Where some of it was refused, it says so:

    {"stream":"9f3c21d07ab4e815","first":1201,"last":1560,
     "refused":{"reasons":{"unknown_sensor":12,"out_of_bounds":3},
                "sensors":[["air-pier","unknown_sensor",12],["river-daruba-1","out_of_bounds",3]]}}

A batch with readings of a clock that is not synchronised is answered with the cloud's own time, for want of a better:

    {"stream":"9f3c21d07ab4e815","first":1201,"last":1560,"time_ms":1796000000000}

`refused` and `time_ms` are optional: gateways older than them pass over the fields, and take at most `MAX_ACK_BYTES`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import msgspec

from wire.batch import MAX_INTEGER, Seq
from wire.errors import WireError

MAX_ACK_BYTES = 1_024
MOST_SENSORS = 8
"""Rows of `sensors` in an ack; the counts by reason are whole."""
OTHER = "other"
"""What the reasons that find no place in an ack are counted under."""


class RefusedSensor(msgspec.Struct, frozen=True, array_like=True):
    """So many readings of a sensor were refused for one reason."""

    sensor: str
    reason: str
    readings: Seq


class RefusedReadings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a range the cloud refused: readings by reason, and the sensors with most of them.

    Refused readings are kept as dead letters; the `discarded` ones are not, since their gateway's room was full.
    """

    reasons: dict[str, Seq]
    sensors: Annotated[tuple[RefusedSensor, ...], msgspec.Meta(max_length=MOST_SENSORS)] = ()
    discarded: Seq = 0

    @property
    def readings(self) -> int:
        """How many were refused in all."""
        return sum(self.reasons.values())


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Readings `first` to `last` of `stream`, both included, are safe; `last = first - 1` acknowledges losses alone.

    `refused` says which of them the cloud did not store as readings, `time_ms` (UTC) when it sent this.
    """

    stream: str
    first: Seq
    last: Seq
    refused: RefusedReadings | None = None
    time_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)] | None = None


class _Range(msgspec.Struct, frozen=True):
    """An ack without what may stand beside it."""

    stream: str
    first: Seq
    last: Seq


_DECODER = msgspec.json.Decoder(Ack)
_RANGE_DECODER = msgspec.json.Decoder(_Range)


def encode_ack(ack: Ack) -> bytes:
    """The payload of `…/ack`, of `MAX_ACK_BYTES` at most: `refused` is shortened until it fits, the least first."""
    payload = msgspec.json.encode(ack)
    while len(payload) > MAX_ACK_BYTES and ack.refused is not None:
        ack = msgspec.structs.replace(ack, refused=_shorter(ack.refused))
        payload = msgspec.json.encode(ack)
    return payload


def decode_ack(payload: bytes) -> Ack:
    """Parse the payload of `…/ack`; WireError where it is not an acknowledgement.

    What cannot be understood beside the range is passed over: it is safe all the same.
    """
    if len(payload) > MAX_ACK_BYTES:
        raise WireError(f"ack of {len(payload)} bytes; an ack has at most {MAX_ACK_BYTES}")
    try:
        ack = _decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"ack {payload[:80]!r} does not parse: {error}") from None
    if ack.last < ack.first - 1:
        raise WireError(f"ack of stream {ack.stream[:80]} ends at {ack.last}, before its first {ack.first}")
    return ack


def refused_readings(counts: Iterable[tuple[str, str, int]], *, discarded: int = 0) -> RefusedReadings | None:
    """Add up (sensor, reason, readings), sensor "" where that cannot be said; None where nothing was refused."""
    reasons: Counter[str] = Counter()
    sensors: Counter[tuple[str, str]] = Counter()
    for sensor, reason, readings in counts:
        reasons[reason] += readings
        if sensor:
            sensors[sensor, reason] += readings
    if not reasons:
        return None
    most = sorted(sensors.items(), key=lambda row: (-row[1], row[0]))[:MOST_SENSORS]
    rows = tuple(RefusedSensor(sensor, reason, readings) for (sensor, reason), readings in most)
    return RefusedReadings(dict(sorted(reasons.items(), key=lambda row: (-row[1], row[0]))), rows, discarded)


def _decode(payload: bytes) -> Ack:
    try:
        return _DECODER.decode(payload)
    except msgspec.ValidationError:
        plain = _RANGE_DECODER.decode(payload)
        return Ack(plain.stream, plain.first, plain.last)


def _shorter(refused: RefusedReadings) -> RefusedReadings | None:
    """The same in fewer words: without its last sensor; then the reason with fewest readings counted as `OTHER`."""
    if refused.sensors:
        return msgspec.structs.replace(refused, sensors=refused.sensors[:-1][: MOST_SENSORS - 1])
    named = [reason for reason in refused.reasons if reason != OTHER]
    if not named:
        return None
    least = min(named, key=lambda reason: (refused.reasons[reason], reason))
    others = refused.reasons.get(OTHER, 0) + refused.reasons[least]
    kept = {reason: readings for reason, readings in refused.reasons.items() if reason not in (least, OTHER)}
    return msgspec.structs.replace(refused, reasons=kept | {OTHER: others})
