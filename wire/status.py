"""What a gateway says of itself on `…/status`, retained; the broker says the offline one for it as its last will.

{"v":1,"online":true,"gateway":"gw-daruba","version":"0.1.0","boot":"…","stream":"…","time_ms":…,
 "clock":"synced","spool":{"depth":120,"oldest_ms":…,"lost":0,…},"sources":[{"name":"river","state":"ok",…}],
 "notes":["the clock is not confirmed: …"]}
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from wire.batch import MAX_INTEGER
from wire.errors import WireError
from wire.gateway_update import MAX_VERSION_LENGTH, UpdateStatus
from wire.last_word import LastWord
from wire.local_alarms import MOST_ALARMS, RaisedAlarm
from wire.printable import printable
from wire.reading import Clock

STATUS_VERSION = 1
MOST_NOTES = 20
"""Of one more the cloud would take nothing at all."""
MAX_STATUS_BYTES = 64 * 1024
SPOOL_BYTES_A_READING = 36
"""What a reading takes in the spool: measured; 30 to 46 with the length of its numbers."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
_Time = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Text = Annotated[str, msgspec.Meta(max_length=400)]


class SourceStatus(StrEnum):
    """How a source of readings is doing."""

    STARTING = "starting"
    OK = "ok"
    SILENT = "silent"  # open, but nothing has come for too long
    FAILED = "failed"  # not open; being tried again
    OTHER = "other"  # what a newer gateway says

    @classmethod
    def _missing_(cls, value: object) -> "SourceStatus":
        return cls.OTHER


class SourceState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One source: its state, a sentence on it, and its counts since the agent started.

    `heard_bytes` came, `frames` (or messages) were found in them, `readings` were made of these, and the cloud
    `refused` some. Older agents say only `readings` and `noise_bytes`.
    """

    name: _Text
    state: SourceStatus
    detail: _Text = ""
    readings: _Count = 0
    noise_bytes: _Count = 0
    last_ms: _Time | None = None
    heard_bytes: _Count = 0
    frames: _Count = 0
    refused: _Count = 0

    @property
    def is_counted(self) -> bool:
        """Whether its agent counts bytes, frames and refusals: an older one has readings of no bytes."""
        return self.heard_bytes > 0 or not (self.readings or self.noise_bytes)


class SpoolState(msgspec.Struct, frozen=True, omit_defaults=True):
    """The spool: readings waiting, the time of the oldest (UTC ms), declared losses since the spool was made."""

    depth: _Count = 0
    oldest_ms: _Time | None = None
    lost: _Count = 0
    bytes: _Count = 0
    max_bytes: _Count = 0
    problem: _Text = ""


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gateway's state at `time_ms` (UTC); `boot` tells one start of the machine from the next.

    `login` is the user name that it connects with: by it a server knows that a new one has arrived.
    `notes` are sentences on what somebody should look at, though the gateway runs: an unconfirmed clock, what the cloud
    refuses, a broker that takes only small batches, another agent with the same id. `alarms` are those that
    it has raised by itself (wire/local_alarms.py); `update` is the newest update, and `arch` whose archives it takes
    (wire/gateway_update.py); `last_word` says why it may soon be silent, or is (wire/last_word.py).
    """

    v: int
    online: bool
    gateway: _Text
    version: _Text
    boot: _Text
    stream: _Text
    time_ms: _Time
    clock: Clock = Clock.UNKNOWN
    spool: SpoolState = SpoolState()
    sources: Annotated[tuple[SourceState, ...], msgspec.Meta(max_length=1_000)] = ()
    login: _Text = ""
    notes: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=MOST_NOTES)] = ()
    alarms: Annotated[tuple[RaisedAlarm, ...], msgspec.Meta(max_length=MOST_ALARMS)] = ()
    update: UpdateStatus | None = None
    last_word: LastWord | None = None
    arch: Annotated[str, msgspec.Meta(max_length=MAX_VERSION_LENGTH)] = ""


_DECODER = msgspec.json.Decoder(Status)
_PARTS_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ACCIDENTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_OPTIONAL = {
    field.name: msgspec.json.Decoder(field.type)
    for field in msgspec.structs.fields(Status)
    if field.default is not msgspec.NODEFAULT and field.name not in ("spool", "alarms")
}
"""Parts of which none says less, and nothing wrong: no spool would be an empty one, no alarms an end of those open."""


def encode_status(status: Status) -> bytes:
    """The payload of `…/status`."""
    return msgspec.json.encode(status)


def decode_status(payload: bytes) -> Status:
    """Parse the payload of `…/status`; WireError where it is not a status of this version.

    An optional part that does not parse, such as one of a newer gateway, costs itself alone, and a note says so.
    """
    if len(payload) > MAX_STATUS_BYTES:
        raise WireError(f"status of {len(payload)} bytes; send at most {MAX_STATUS_BYTES}")
    try:
        status = _DECODER.decode(payload)
    except _ACCIDENTS as error:
        status = _part_by_part(payload, error)
    if status.v != STATUS_VERSION:
        raise WireError(f"status has version {status.v}; this side speaks {STATUS_VERSION}")
    return _on_one_line(status)


def _part_by_part(payload: bytes, error: Exception) -> Status:
    """The status without the optional parts that do not parse; WireError with `error` where it is still none."""
    try:
        parts = _PARTS_DECODER.decode(payload)
        broken = {name: why for name, part in parts.items() if (why := _why_broken(name, part))}
        status = _DECODER.decode(msgspec.json.encode({name: parts[name] for name in parts if name not in broken}))
    except _ACCIDENTS:
        raise WireError(f"status does not parse: {str(error)[:200]}") from None
    notes = (f"the part {name!r} of its status is not read here: {why[:200]}" for name, why in broken.items())
    return msgspec.structs.replace(status, notes=(*notes, *status.notes)[:MOST_NOTES])


def _why_broken(name: str, part: msgspec.Raw) -> str:
    if name not in _OPTIONAL:
        return ""
    try:
        _OPTIONAL[name].decode(part)
    except _ACCIDENTS as error:
        return str(error)
    return ""


def _on_one_line(status: Status) -> Status:
    """The status with only what can be printed: a device's words are shown, and cost their gateway nothing else."""
    return msgspec.structs.replace(
        status,
        **_texts(status, "gateway", "version", "boot", "stream", "login", "arch"),
        spool=msgspec.structs.replace(status.spool, **_texts(status.spool, "problem")),
        notes=tuple(map(printable, status.notes)),
        sources=tuple(msgspec.structs.replace(source, **_texts(source, "name", "detail")) for source in status.sources),
        alarms=tuple(
            msgspec.structs.replace(alarm, **_texts(alarm, "family", "sensor", "sounded_by", "problem"))
            for alarm in status.alarms
        ),
        update=None
        if status.update is None
        else msgspec.structs.replace(status.update, **_texts(status.update, "version", "reason")),
    )


def _texts(part: msgspec.Struct, *names: str) -> dict[str, str]:
    return {name: printable(getattr(part, name)) for name in names}
