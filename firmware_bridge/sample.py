"""What a decoder gives for bytes: whole frames with their samples, and noise.

Frame((Sample("pm2_5", 12.3), Sample("pm10", 30.1)))    Frame((), "no target in range")    Noise(7, "checksum is wrong")
"""

import msgspec


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A value in the unit that `wire.quantities` gives for `quantity`, before it has a sensor's name.

    `channel` tells apart the sensors behind one line; `time_ms` (UTC) is the device's own time, and None means that
    the reading is to be stamped on arrival. `own_id` is that of the sensor itself (of a chip, say), where the message
    has it and the settings did not choose by it: its place in the message is not its identity. `age_ms` says how long
    before its arrival it was measured, where the device knows no other time.
    """

    quantity: str
    value: float
    channel: str = ""
    time_ms: int | None = None
    own_id: str = ""
    age_ms: int = 0


class Publication(msgspec.Struct, frozen=True):
    """A message that a dialect wants published: the payload on a topic of the local broker."""

    topic: str
    payload: bytes


class ReceiverFix(msgspec.Struct, frozen=True):
    """Where and when a receiver (GPS and its kin) is, by a fix that can be used; None: the message does not say.

    It is about the gateway, and no reading: degrees in WGS 84, north and east, and UTC.
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    time_ms: int | None = None


class Frame(msgspec.Struct, frozen=True):
    """A whole good frame or message. It may hold no samples (warming up, no target): `note` then says why.

    `others` are samples of further sensors for the same quantities, of which those in `samples` come first. `kept` says
    that the device has kept them and sends them late, with times of their own: news of the past. `answers` are to be
    published; the gateway sends one on a topic each ten seconds at most, so a dialect may want it again and again.
    `fix` is what a receiver says of place and time. `unnamed` are values that nobody has given a quantity: whoever
    decodes a capture is shown them, and they go nowhere else.
    """

    samples: tuple[Sample, ...]
    note: str = ""
    others: tuple[Sample, ...] = ()
    kept: bool = False
    answers: tuple[Publication, ...] = ()
    fix: ReceiverFix | None = None
    unnamed: tuple[Sample, ...] = ()


class Noise(msgspec.Struct, frozen=True):
    """`size` bytes that were no frame, and the reason."""

    size: int
    reason: str
