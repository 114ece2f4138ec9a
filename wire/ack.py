"""The word that lets a gateway forget:  {"stream":"9f3c21d07ab4e815","first":1201,"last":1560}

Sent only after the readings store holds the range, or the dead letters do.
"""

import msgspec

from wire.batch import Seq
from wire.errors import WireError


class Ack(msgspec.Struct, frozen=True):
    """Readings `first` to `last` of `stream`, both included, are safe; `last = first - 1` acknowledges losses alone."""

    stream: str
    first: Seq
    last: Seq


_DECODER = msgspec.json.Decoder(Ack)
MAX_ACK_BYTES = 1_024


def encode_ack(ack: Ack) -> bytes:
    """The payload of `…/ack`."""
    return msgspec.json.encode(ack)


def decode_ack(payload: bytes) -> Ack:
    """Parse the payload of `…/ack`; WireError where it is not an acknowledgement."""
    if len(payload) > MAX_ACK_BYTES:
        raise WireError(f"ack of {len(payload)} bytes; an ack has at most {MAX_ACK_BYTES}")
    try:
        ack = _DECODER.decode(payload)
    except msgspec.MsgspecError as error:
        raise WireError(f"ack {payload[:80]!r} does not parse: {error}") from None
    if ack.last < ack.first - 1:
        raise WireError(f"ack of stream {ack.stream[:80]} ends at {ack.last}, before its first {ack.first}")
    return ack
