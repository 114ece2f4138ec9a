"""A parcel: one message of a gateway, opened: what to store, what to keep as dead letters, and what to answer.

payload -> decode -> checks -> DecodedBatch(blocks, refusals, receipt)

The receipt is what the gateway may forget once blocks and refusals are safe; None where the range cannot be read, or
where not all of the message is kept: then the gateway must keep it.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from cloud.core.reasons import Reason
from cloud.gateways.accounting import Receipt
from cloud.ingest.checks import CheckedBatch, RejectedReadings, check_batch
from cloud.ingest.dead_letters import Rejection
from cloud.ingest.levels import DISTANCE, LEVEL, CheckedAgainst, Distances, Pair
from cloud.ingest.quality import Judge, Series
from cloud.ingest.stamps import Corrected, Stamps
from cloud.readings.blocks import Block
from cloud.readings.contract import Rejected
from cloud.registry.snapshot import Registry
from wire import Batch, Column, Reading, WireError, decode_batch, decode_envelope, encode_batch
from wire.batch import MAX_BATCH_BYTES, MAX_READINGS

_log = logging.getLogger(__name__)


class DecodedBatch(msgspec.Struct, frozen=True):
    """An opened message from `gateway`; `batch` is None where it is none.

    `doubtful` are the series (sensor, quantity) whose quality must be looked at more closely. `corrected` has the
    right times of columns, by number, whose stamps were looked at. `newest_ms` are the newest stamps (UTC) of those
    that say that they are right.
    """

    gateway: str
    payload: bytes
    receipt: Receipt | None
    batch: Batch | None = None
    blocks: Sequence[Block] = ()
    refusals: Sequence[Rejection] = ()
    doubtful: frozenset[Series] = frozenset()
    corrected: Mapping[int, Corrected] = MappingProxyType({})
    newest_ms: Sequence[int] = ()
    seen: CheckedAgainst | None = None
    pairs: Sequence[Pair] = ()


StampsOf = Callable[[Batch], Stamps]
"""Makes what corrects a batch's stamps."""


def open_parcel(
    payload: bytes,
    *,
    gateway: str,
    registry: Registry,
    latest_ms: int,
    judge: Judge | None = None,
    stamps_of: StampsOf | None = None,
    distances: Distances | None = None,
    seen: CheckedAgainst | None = None,
) -> DecodedBatch:
    """Decode and check a message; whatever it is made of gives a parcel and never an exception."""

    def check(batch: Batch) -> CheckedBatch:
        stamps = None if stamps_of is None else stamps_of(batch)
        return check_batch(
            batch, gateway=gateway, registry=registry, latest_ms=latest_ms if stamps is None else stamps.latest_ms,
            judge=judge, stamps=stamps, distances=distances, seen=seen,
        )  # fmt: skip

    try:
        return _open(payload, gateway, registry, check)
    except WireError as error:
        return unreadable(payload, gateway, Reason.NOT_A_BATCH, str(error))
    except Exception as error:
        _log.exception("a batch of gateway %s made ingest fail; it goes to the dead letters", gateway)
        return unreadable(payload, gateway, Reason.FAULT, _fault_sentence(error))


def condemned(payload: bytes, gateway: str, error: Exception) -> DecodedBatch:
    """A message as a dead letter whole, because storing it failed in a way that nobody foresaw."""
    return unreadable(payload, gateway, Reason.FAULT, _fault_sentence(error))


def unreadable(payload: bytes, gateway: str, reason: Reason, sentence: str) -> DecodedBatch:
    """A message that is kept as it came; its range is acknowledged if that much can be read."""
    try:
        envelope = decode_envelope(payload)
    except WireError:
        receipt, readings = None, 1
    else:
        receipt = Receipt(gateway, envelope.stream, envelope.first, envelope.last)
        readings = min(max(1, envelope.last - envelope.first + 1), MAX_READINGS)
    return DecodedBatch(gateway, payload, receipt, refusals=(Rejection(gateway, reason, sentence, payload, readings),))


def with_rejected(parcel: DecodedBatch, rejected: Iterable[Rejected]) -> DecodedBatch:
    """The parcel after the store refused points of it for ever."""
    if parcel.batch is None:
        return parcel
    places = [(number, index) for number, block in enumerate(parcel.blocks) for index in range(len(block.times_ms))]
    points: defaultdict[int, dict[int, Rejected]] = defaultdict(dict)
    for each in rejected:
        number, index = places[each.point]
        points[number][index] = each
    refused = [_rejected(parcel, parcel.batch, parcel.blocks[number], bad) for number, bad in points.items()]
    refusals = (*parcel.refusals, *_refusals(parcel.batch, parcel.gateway, refused))
    blocks = [
        kept
        for number, block in enumerate(parcel.blocks)
        for kept in (_without(block, points[number]) if number in points else [block])
    ]
    return DecodedBatch(parcel.gateway, parcel.payload, parcel.receipt, parcel.batch, blocks, refusals)


def _open(payload: bytes, gateway: str, registry: Registry, check: Callable[[Batch], CheckedBatch]) -> DecodedBatch:
    if len(payload) > MAX_BATCH_BYTES:
        sentence = f"message of {len(payload)} bytes; send at most {MAX_BATCH_BYTES}, in more batches"
        return unreadable(payload[:MAX_BATCH_BYTES], gateway, Reason.OVERSIZED, sentence)
    batch = decode_batch(payload)
    receipt = Receipt(gateway, batch.stream, batch.first, batch.last, batch.lost)
    if registry.routes(gateway) is None:
        sentence, series = _unknown(gateway, registry), _series(batch)
        refusal = Rejection(gateway, Reason.UNKNOWN_GATEWAY, sentence, payload, _size(batch), series)
        return DecodedBatch(gateway, payload, receipt, batch, refusals=(refusal,))
    checked = check(batch)
    refusals = _refusals(batch, gateway, checked.refused) if checked.refused else ()
    return DecodedBatch(
        gateway, payload, receipt, batch, checked.blocks, refusals, checked.doubtful, checked.corrected,
        checked.newest_ms, checked.seen, checked.pairs,
    )  # fmt: skip


def _unknown(gateway: str, registry: Registry) -> str:
    if registry.gateway(gateway) is not None:
        return f"gateway {gateway} was taken out of the city file; put it back, or stop it"
    return f"gateway {gateway} is not in the city file; add it there, or stop it"


def _refusals(batch: Batch, gateway: str, refused: Iterable[RejectedReadings]) -> list[Rejection]:
    """One refusal for each reason, with all its readings: a batch makes no more letters than there are reasons."""
    sentences: dict[Reason, str] = {}
    readings: defaultdict[Reason, list[Reading]] = defaultdict(list)
    for each in refused:
        sentences.setdefault(each.reason, each.sentence)
        readings[each.reason] += each.readings
    return [_refusal(batch, gateway, reason, sentences[reason], readings[reason]) for reason in sentences]


def _refusal(batch: Batch, gateway: str, reason: Reason, sentence: str, readings: list[Reading]) -> Rejection:
    raw = encode_batch(batch.stream, batch.first, readings, backfill=batch.backfill)
    others = f" ({len(readings) - 1} more readings of this batch were refused so)" if len(readings) > 1 else ""
    series = Counter([(reading.sensor, reading.quantity) for reading in readings])
    return Rejection(gateway, reason, sentence + others, raw, len(readings), series)


def _rejected(parcel: DecodedBatch, batch: Batch, block: Block, bad: Mapping[int, Rejected]) -> RejectedReadings:
    names = tuple(quantity for quantity, _ in block.fields)
    gone = {(quantity, block.times_ms[point]) for point, each in bad.items() for quantity in each.quantities or names}
    # of a distance the level was made: the batch itself may have no level
    gone |= {(DISTANCE, time_ms) for quantity, time_ms in gone if quantity == LEVEL}
    readings = [
        Reading(sent.sensor, sent.quantity, stamp_ms, value, sent.clock, batch.backfill)
        for number, sent in enumerate(batch.columns)
        if sent.sensor == block.sensor
        for time_ms, stamp_ms, value in zip(_right(parcel, number, sent), sent.times_ms, sent.values, strict=True)
        if (sent.quantity, time_ms) in gone
    ]
    sentence = f"the readings store refused readings of sensor {block.sensor}: {next(iter(bad.values())).reason}"
    return RejectedReadings(Reason.STORE_REJECTED, sentence, readings)


def _right(parcel: DecodedBatch, number: int, sent: Column) -> Sequence[int]:
    corrected = parcel.corrected.get(number)
    return sent.times_ms if corrected is None else corrected.times_ms


def _without(block: Block, bad: Mapping[int, Rejected]) -> list[Block]:
    """The block without what was refused: the points that are whole, and those of which some quantities are left."""
    names = frozenset(quantity for quantity, _ in block.fields)
    points: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for point in range(len(block.times_ms)):
        refused = bad.get(point)
        points[names if refused is None else names.difference(refused.quantities or names)].append(point)
    return [_part(block, kept, points[kept]) for kept in points if kept]


def _part(block: Block, names: Collection[str], points: Sequence[int]) -> Block:
    fields = tuple(
        (quantity, [values[point] for point in points]) for quantity, values in block.fields if quantity in names
    )
    times_ms = [block.times_ms[point] for point in points]
    return msgspec.structs.replace(block, times_ms=times_ms, fields=fields, span_ms=None)


def _series(batch: Batch) -> Counter[Series]:
    series: Counter[Series] = Counter()
    for column in batch.columns:
        series[column.sensor, column.quantity] += len(column.values)
    return series


def _size(batch: Batch) -> int:
    return batch.last - batch.first + 1


def _fault_sentence(error: Exception) -> str:
    return f"Siaga failed on it with {type(error).__name__}: {str(error)[:200]}; please report it with the log"
