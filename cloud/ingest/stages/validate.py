"""Validate: which readings may be stored?      DecodedBatch ─► ValidatedBatch(blocks, rejections)

registry knows the gateway ─► stamps corrected ─► each column checked (checks.py) ─► blocks for the store
                                                        └► rejections: one for each reason, with all its readings
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from cloud.core.reasons import Reason
from cloud.core.series import Series
from cloud.ingest.checks import check_batch
from cloud.ingest.levels import CheckedAgainst, Distances, Pair
from cloud.ingest.offsets import Offsets
from cloud.ingest.quality import QualityJudge
from cloud.ingest.rejected_readings import RejectedReadings
from cloud.ingest.rejection import Rejection
from cloud.ingest.stages.decode import DecodedBatch, rejected_by_fault
from cloud.ingest.stamps import Corrected, Stamps
from cloud.readings.blocks import Block
from cloud.registry.snapshot import Registry
from i18n.catalog import N_
from i18n.message import LocalizedMessage
from wire import Batch, Reading, encode_batch


class ValidatedBatch(msgspec.Struct, frozen=True):
    """What may be stored of a message, and what was rejected; no blocks where all of it was.

    `doubtful` are the series whose quality must be looked at more closely. `corrected` has the right times of columns,
    by number, whose stamps were looked at. `newest_ms` are the newest stamps (UTC) of those that say that they are
    right. `checked_against` makes a second validation come out the same.
    """

    decoded: DecodedBatch
    blocks: Sequence[Block] = ()
    rejections: Sequence[Rejection] = ()
    doubtful: frozenset[Series] = frozenset()
    corrected: Mapping[int, Corrected] = MappingProxyType({})
    newest_ms: Sequence[int] = ()
    stamps: Stamps | None = None
    checked_against: CheckedAgainst | None = None
    pairs: Sequence[Pair] = ()


class ValidateStage:
    """Validates batches by `registry`; a backlog may be at most `ahead_ms` ahead of its arrival."""

    def __init__(
        self,
        *,
        registry: Registry,
        offsets: Offsets,
        distances: Distances,
        quality: QualityJudge,
        ahead_ms: int,
        is_undelayed: Callable[[], bool],
    ) -> None:
        self.ahead_ms = ahead_ms
        self._registry = registry
        self._offsets = offsets
        self._distances = distances
        self._quality = quality
        self._is_undelayed = is_undelayed

    def run(self, decoded: DecodedBatch, *, again: CheckedAgainst | None = None) -> ValidatedBatch:
        """Validate a batch; `again` repeats an earlier validation, of which quality has had its glance already."""
        if decoded.batch is None:
            return ValidatedBatch(decoded, rejections=decoded.rejections)
        try:
            if self._registry.routes(decoded.message.gateway) is None:
                return ValidatedBatch(decoded, rejections=[_of_unknown_gateway(decoded, decoded.batch, self._registry)])
            return self._checked(decoded, decoded.batch, again)
        except Exception as error:
            whole = rejected_by_fault(decoded.message, error)
            return ValidatedBatch(whole, rejections=whole.rejections)

    def _checked(self, decoded: DecodedBatch, batch: Batch, again: CheckedAgainst | None) -> ValidatedBatch:
        gateway, arrived_ms = decoded.message.gateway, decoded.message.arrived_ms
        stamps = Stamps(
            self._offsets, batch, gateway,
            arrived_ms=arrived_ms, ahead_ms=self.ahead_ms, is_undelayed=self._is_undelayed(),
        )  # fmt: skip
        checked = check_batch(
            batch, gateway=gateway, registry=self._registry, latest_ms=stamps.latest_ms,
            judge=self._quality if again is None else None, stamps=stamps, distances=self._distances, again=again,
        )  # fmt: skip
        return ValidatedBatch(
            decoded, checked.blocks, rejections_of(batch, gateway, checked.rejected), checked.doubtful,
            checked.corrected, checked.newest_ms, stamps, checked.checked_against, checked.pairs,
        )  # fmt: skip


def rejections_of(batch: Batch, gateway: str, rejected: Iterable[RejectedReadings]) -> Sequence[Rejection]:
    """One rejection for each reason: a batch makes no more dead letters than there are reasons."""
    sentences: dict[Reason, LocalizedMessage] = {}
    readings: defaultdict[Reason, list[Reading]] = defaultdict(list)
    for each in rejected:
        sentences.setdefault(each.reason, each.sentence)
        readings[each.reason] += each.readings
    return [_rejection(batch, gateway, reason, sentences[reason], readings[reason]) for reason in sentences]


def _rejection(
    batch: Batch, gateway: str, reason: Reason, sentence: LocalizedMessage, readings: list[Reading]
) -> Rejection:
    raw = encode_batch(batch.stream, batch.first, readings, backfill=batch.backfill)
    if len(readings) > 1:
        sentence = LocalizedMessage(
            "{sentence} ({n} more readings of this batch were refused so)", sentence=sentence, n=len(readings) - 1
        )
    series = Counter([(reading.sensor, reading.quantity) for reading in readings])
    return Rejection(gateway, reason, sentence, raw, len(readings), series)


_STRANGERS = {
    True: N_("gateway {gateway} was taken out of the city file; put it back, or stop it"),
    False: N_("gateway {gateway} is not in the city file; add it there, or stop it"),
}
"""By whether the gateway was known before."""


def _of_unknown_gateway(decoded: DecodedBatch, batch: Batch, registry: Registry) -> Rejection:
    gateway = decoded.message.gateway
    was_known = registry.gateway(gateway) is not None
    series: Counter[Series] = Counter()
    for column in batch.columns:
        series[column.sensor, column.quantity] += len(column.values)
    readings = batch.last - batch.first + 1
    form = _STRANGERS[was_known]
    sentence = LocalizedMessage(form, gateway=gateway)
    return Rejection(gateway, Reason.UNKNOWN_GATEWAY, sentence, decoded.message.payload, readings, series)
