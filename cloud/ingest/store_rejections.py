"""What the store never takes leaves its batch, and joins what was rejected of it.

JudgedBatch  air-market 12:00 12:01 12:02 ─► blocks      12:00       12:02
RejectedPoint       ▲     12:01           ─► rejections        12:01        (store_rejected, with the store's words)
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from cloud.core.reasons import Reason
from cloud.ingest.levels import DISTANCE, LEVEL
from cloud.ingest.rejected_readings import RejectedReadings
from cloud.ingest.stages.judge import JudgedBatch
from cloud.ingest.stages.validate import ValidatedBatch, rejections_of
from cloud.readings.blocks import Block
from cloud.readings.contract import RejectedPoint
from i18n.message import LocalizedMessage
from wire import Batch, Column, Reading


def without_points(judged: JudgedBatch, rejected: Iterable[RejectedPoint]) -> JudgedBatch:
    """Take the points out of a batch that the store rejects for ever."""
    validated, blocks = judged.validated, judged.blocks
    batch, gateway = validated.decoded.batch, validated.decoded.message.gateway
    if batch is None:
        return judged
    points = _by_block(blocks, rejected)
    lost = [_rejected_readings(validated, batch, blocks[number], bad) for number, bad in points.items()]
    rejections = (*validated.rejections, *rejections_of(batch, gateway, lost))
    kept = [
        part
        for number, block in enumerate(blocks)
        for part in (_without(block, points[number]) if number in points else [block])
    ]
    return replace(judged, validated=replace(validated, rejections=rejections), blocks=kept)


def _by_block(blocks: Sequence[Block], rejected: Iterable[RejectedPoint]) -> Mapping[int, Mapping[int, RejectedPoint]]:
    """The rejected points by the number of their block and their place in it."""
    places = [(number, index) for number, block in enumerate(blocks) for index in range(len(block.times_ms))]
    points: defaultdict[int, dict[int, RejectedPoint]] = defaultdict(dict)
    for each in rejected:
        number, index = places[each.point]
        points[number][index] = each
    return points


def _rejected_readings(
    validated: ValidatedBatch, batch: Batch, block: Block, bad: Mapping[int, RejectedPoint]
) -> RejectedReadings:
    """The readings of a block that are rejected, as they were sent."""
    names = tuple(quantity for quantity, _ in block.fields)
    gone = {(quantity, block.times_ms[point]) for point, each in bad.items() for quantity in each.quantities or names}
    # of a distance the level was made: the batch itself may have no level
    gone |= {(DISTANCE, time_ms) for quantity, time_ms in gone if quantity == LEVEL}
    readings = [
        Reading(sent.sensor, sent.quantity, stamp_ms, value, sent.clock, batch.backfill)
        for number, sent in enumerate(batch.columns)
        if sent.sensor == block.sensor
        for time_ms, stamp_ms, value in zip(_right(validated, number, sent), sent.times_ms, sent.values, strict=True)
        if (sent.quantity, time_ms) in gone
    ]
    sentence = LocalizedMessage(
        "the readings store refused readings of sensor {sensor}: {reason}",
        sensor=block.sensor, reason=next(iter(bad.values())).reason,
    )  # fmt: skip
    return RejectedReadings(Reason.STORE_REJECTED, sentence, readings)


def _right(validated: ValidatedBatch, number: int, sent: Column) -> Sequence[int]:
    """The times under which a column was to be stored."""
    corrected = validated.corrected.get(number)
    return sent.times_ms if corrected is None else corrected.times_ms


def _without(block: Block, bad: Mapping[int, RejectedPoint]) -> list[Block]:
    """The block without what was rejected: the points that are whole, and those of which some quantities are left."""
    names = frozenset(quantity for quantity, _ in block.fields)
    points: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for point in range(len(block.times_ms)):
        rejected = bad.get(point)
        points[names if rejected is None else names.difference(rejected.quantities or names)].append(point)
    return [_part(block, kept, points[kept]) for kept in points if kept]


def _part(block: Block, names: Collection[str], points: Sequence[int]) -> Block:
    fields = tuple(
        (quantity, [values[point] for point in points]) for quantity, values in block.fields if quantity in names
    )
    times_ms = [block.times_ms[point] for point in points]
    return replace(block, times_ms=times_ms, fields=fields, span_ms=None)
