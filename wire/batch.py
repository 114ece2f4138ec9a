"""A batch: one stream, one range of seq, the readings as columns, deflated.

    {"v":1,"stream":"9f3c21d07ab4e815","first":1201,"last":1206,"t0_ms":1764000000000,
     "columns":[["air-market","pm2_5",[0,1000,1000],[12.3,12.4,12]],
                ["air-market","pm10", [0,1000,1000],[30,30.5,31]]]}
    then zlib; plain JSON is read too.  Optional: "backfill":true, "lost":[["9f3c…",1,90,"spool full"]],
    and the clock state as a column's fifth item where it is not "synced".

The first number of a column's times counts from `t0_ms`, each other from the one before it, in milliseconds.
The columns hold exactly `last - first + 1` readings; `last = first - 1` is a batch that only declares losses.
"""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Annotated

import msgspec

from wire.errors import WireError
from wire.names import MAX_NAME_LENGTH, check_name
from wire.quantities import QUANTITIES
from wire.reading import Clock, Reading

VERSION = 1
MAX_BATCH_BYTES = 256 * 1024
MAX_INFLATED_BYTES = 2 * 1024 * 1024
MAX_READINGS = 20_000
MAX_LOST = 1_024
MAX_INTEGER = 2**53  # the largest that every JSON reader keeps exact

Seq = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
"""A reading's number in its stream, from 1."""
_Millis = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Text = Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]


class Lost(msgspec.Struct, frozen=True, array_like=True):
    """A declared loss: readings `first` to `last` of `stream`, both included, that nobody will ever get, and why."""

    stream: _Text
    first: Seq
    last: Seq
    reason: Annotated[str, msgspec.Meta(max_length=200)]


class Column(msgspec.Struct, frozen=True, gc=False):
    """All readings of one (sensor, quantity, clock state) in a batch.

    `times_ms` (UTC) and `values` have one item for each reading. Neighbours that share their times share the list.
    """

    sensor: str
    quantity: str
    times_ms: list[int]
    values: list[float]
    clock: Clock = Clock.SYNCED


class Batch(msgspec.Struct, frozen=True):
    """What one message on `…/up` says: readings `first` to `last` of `stream`, and losses since the batch before."""

    stream: str
    first: int
    last: int
    columns: list[Column]
    backfill: bool = False
    lost: tuple[Lost, ...] = ()

    def readings(self) -> Iterator[Reading]:
        """The readings one by one, column after column (not in the order of seq)."""
        for column in self.columns:
            for time_ms, value in zip(column.times_ms, column.values, strict=True):
                yield Reading(column.sensor, column.quantity, time_ms, value, column.clock, self.backfill)


class Envelope(msgspec.Struct, frozen=True):
    """The part of a batch that says which range it is, readable even where the rest is not."""

    stream: _Text
    first: Seq
    last: Seq


class _Column(msgspec.Struct, array_like=True, frozen=True, gc=False):
    sensor: _Text
    quantity: _Text
    deltas_ms: list[_Millis]
    values: list[float]
    clock: Clock = Clock.SYNCED


class _Batch(msgspec.Struct, frozen=True):
    v: int
    stream: _Text
    first: Seq
    last: Seq
    t0_ms: _Millis
    columns: list[_Column]
    backfill: bool = False
    lost: Annotated[tuple[Lost, ...], msgspec.Meta(max_length=MAX_LOST)] = ()


class _Version(msgspec.Struct):
    v: int


_ENCODER = msgspec.json.Encoder()
_BATCH_DECODER = msgspec.json.Decoder(_Batch)
_VERSION_DECODER = msgspec.json.Decoder(_Version)
_ENVELOPE_DECODER = msgspec.json.Decoder(Envelope)
_SYNCED = str(Clock.SYNCED)


def encode_batch(
    stream: str,
    first: int,
    readings: Sequence[Reading],
    *,
    backfill: bool = False,
    lost: Sequence[Lost] = (),
) -> bytes:
    """The payload of `…/up` for `readings`, whose seq run from `first` without a gap.

    Their own `backfill` marks are not looked at: a batch is live or backfill as a whole.
    """
    grouped: dict[tuple[str, str, str], tuple[list[int], list[float]]] = {}
    for reading in readings:
        synced = reading.clock is Clock.SYNCED  # a word in its place: the hash of an Enum is slow
        key = (reading.sensor, reading.quantity, _SYNCED if synced else str(reading.clock))
        column = grouped.get(key)
        if column is None:
            column = grouped[key] = ([], [])
        column[0].append(reading.time_ms)
        column[1].append(reading.value)
    t0_ms = min((times[0] for times, _ in grouped.values()), default=0)
    message: dict[str, object] = {
        "v": VERSION,
        "stream": stream,
        "first": first,
        "last": first + len(readings) - 1,
        "t0_ms": t0_ms,
        "columns": [
            (sensor, quantity, _deltas(t0_ms, times), [_plain(value) for value in values])
            + (() if clock == _SYNCED else (clock,))
            for (sensor, quantity, clock), (times, values) in sorted(grouped.items())
        ],
    }
    if backfill:
        message["backfill"] = True
    if lost:
        message["lost"] = lost
    return _deflated(_ENCODER.encode(message))


def decode_batch(payload: bytes) -> Batch:
    """Parse the payload of `…/up`, in bounded time and memory; WireError says in one sentence what is wrong."""
    text = _inflate(payload)
    try:
        message = _BATCH_DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        _check_version(text)
        raise WireError(f"batch does not parse: {str(error)[:200]}") from None
    if message.v != VERSION:
        raise _wrong_version(message.v)
    _check_range(message)
    for loss in message.lost:
        _check_loss(loss)
    return Batch(message.stream, message.first, message.last, _expand(message), message.backfill, message.lost)


def decode_envelope(payload: bytes) -> Envelope:
    """Parse just the range of a batch that `decode_batch` refused; WireError where even that cannot be read."""
    try:
        envelope = _ENVELOPE_DECODER.decode(_inflate(payload))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise WireError(f"batch has no readable range: {str(error)[:200]}") from None
    check_name("stream", envelope.stream)
    return envelope


def _deflated(text: bytes) -> bytes:
    """zlib at its best with tables for a text of this length: clearing those of 32 KB costs more than a small batch."""
    deflater = zlib.compressobj(9, memLevel=min(8, max(1, len(text).bit_length() - 7)))
    return deflater.compress(text) + deflater.flush()


def _deltas(t0_ms: int, times_ms: list[int]) -> list[int]:
    return [times_ms[0] - t0_ms, *(later - earlier for earlier, later in pairwise(times_ms))]


def _plain(value: float) -> float:
    # 31.0 travels as 31: two bytes less in each of most readings
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MAX_INTEGER else value


def _inflate(payload: bytes) -> bytes:
    if len(payload) > MAX_BATCH_BYTES:
        raise WireError(f"batch of {len(payload)} bytes; send at most {MAX_BATCH_BYTES}, in more batches")
    if payload[:1] == b"{":
        return payload
    if payload[:1] != b"\x78":
        raise WireError(f"batch starts with {payload[:4].hex() or 'nothing'}; expected zlib (78…) or plain JSON (7b…)")
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(payload, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise WireError(f"batch does not inflate: {error}; it was damaged on its way or is not zlib") from None
    if inflater.unconsumed_tail:
        raise WireError(f"batch inflates to more than {MAX_INFLATED_BYTES} bytes; send fewer readings in each")
    if not inflater.eof:
        raise WireError("batch is cut short: its zlib data ends before its end mark")
    return text


def _check_version(text: bytes) -> None:
    try:
        version = _VERSION_DECODER.decode(text).v
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        return  # the caller's sentence is the better one
    if version != VERSION:
        raise _wrong_version(version)


def _wrong_version(version: int) -> WireError:
    return WireError(f"batch has wire version {str(version)[:20]}; this side speaks {VERSION}: upgrade the older side")


def _check_range(message: _Batch) -> None:
    check_name("stream", message.stream)
    size = sum([len(column.values) for column in message.columns])
    if size > MAX_READINGS:
        raise WireError(f"batch of {size} readings; send at most {MAX_READINGS}")
    if message.last - message.first + 1 != size:
        raise WireError(
            f"batch says seq {message.first} to {message.last} and holds {size} readings; the two must agree"
        )


def _check_loss(loss: Lost) -> None:
    check_name("stream", loss.stream)
    if loss.last < loss.first:
        raise WireError(f"declared loss of stream {loss.stream} ends at {loss.last}, before its first {loss.first}")


def _expand(message: _Batch) -> list[Column]:
    columns: list[Column] = []
    deltas_before: list[int] = []
    times_before: list[int] = []
    sensor_before: str | None = None
    for column in message.columns:
        sensor, quantity, deltas_ms, values = column.sensor, column.quantity, column.deltas_ms, column.values
        if sensor != sensor_before:
            _check_name("sensor", sensor)
            sensor_before = sensor
        if quantity not in QUANTITIES:
            _check_name("quantity", quantity)
        if not values or len(deltas_ms) != len(values):
            raise WireError(
                f"column {sensor}/{quantity} has {len(deltas_ms)} times and "
                f"{len(values)} values; it needs one time for each value, and at least one"
            )
        if deltas_ms != deltas_before:
            deltas_before = deltas_ms
            times_before = list(accumulate(deltas_ms[1:], initial=message.t0_ms + deltas_ms[0]))
            _check_times(column, times_before)
        columns.append(Column(sensor, quantity, times_before, values, column.clock))
    return columns


_check_name = lru_cache(maxsize=65_536)(check_name)  # the same columns come in every batch of a gateway


def _check_times(column: _Column, times_ms: list[int]) -> None:
    if min(times_ms) < -MAX_INTEGER or max(times_ms) > MAX_INTEGER:
        raise WireError(f"column {column.sensor}/{column.quantity} has a time beyond ±{MAX_INTEGER} ms")
