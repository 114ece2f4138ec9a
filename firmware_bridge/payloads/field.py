"""What a payload decoder gives: fields by the vendor's names, and what was in the way.

Payload((PayloadField("distance", 2116.0), …("battery", 92.0)))    Payload((), "", "payload is empty")
"""

import msgspec


class PayloadField(msgspec.Struct, frozen=True, gc=False):
    """A value as the vendor's codec names and scales it; `time_s`: the device's own time (epoch), where it has one.

    `kept` marks what the device had kept and sends late; `unit` is that which stood behind the number, if any did.
    """

    name: str
    value: float
    time_s: int | None = None
    kept: bool = False
    unit: str = ""


class Payload(msgspec.Struct, frozen=True):
    """The fields of a payload; `note` says what else there is to know, `problem` why the whole of it is none."""

    fields: tuple[PayloadField, ...]
    note: str = ""
    problem: str = ""
