"""Encode: what the store writes, and little else.      JudgedBatch ─► PreparedWrite

batch, blocks: thousands of objects ─► lines or rows, newest readings, counts: a few, which may wait for the write
                                            ├ rule_input: the columns that some alarm rule looks at
                                            └ blocks: the columns, without copies, for the hours in hand
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from cloud.alarms.rule_input import NO_INPUT, RuleInput
from cloud.core.series import Series
from cloud.derived.recompute_queue import Hours, TimeRange, time_range_of
from cloud.gateways.accounting import Receipt
from cloud.ingest.levels import CheckedAgainst
from cloud.ingest.quality import QualityFlags
from cloud.ingest.recent_rejections import NOT_JUDGED, RecentRejections
from cloud.ingest.rejection import Rejection
from cloud.ingest.stages.judge import JudgedBatch
from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, ReadingsStore, StoredReading
from cloud.readings.newest import newest_of
from wire import Clock
from wire.durations import HOUR_MS

LIVE_WITHIN_MS = 2 * HOUR_MS
"""What is older on its arrival was not sent as it was taken, whatever its batch says: the longest gathering is 1 h."""


class PreparedWrite(msgspec.Struct, frozen=True):
    """A message ready to be stored and committed; `encoded` is None where nothing of it is for the store.

    It arrived at `arrived_ms` (UTC) and was `checked_against` what was known then. `flags` are its quality marks,
    `review_hours` the hours of series to be judged again, `rule_input` what alarm rules look at, `time_range` from when
    to when (UTC) its readings are. `live`: its batch was sent as its readings were taken, not from a backlog. `series`
    counts what is for the store by sensor and quantity, for gateways of which something was rejected lately;
    `not_judged` what of it the rules leave out. `blocks` are what is for the store, for who keeps up with it.
    `asks_for_time`: some of it is of a clock that is not synchronised.
    """

    gateway: str
    payload: bytes
    arrived_ms: int
    receipt: Receipt | None
    rejections: Sequence[Rejection]
    encoded: EncodedWrite | None
    newest: Sequence[StoredReading]
    sizes: Mapping[str, int]
    flags: QualityFlags
    rule_input: RuleInput
    time_range: TimeRange | None
    review_hours: Hours
    live: bool
    checked_against: CheckedAgainst | None
    series: Mapping[Series, int]
    not_judged: Mapping[Series, int] = {}
    blocks: Sequence[Block] = ()
    asks_for_time: bool = False

    @property
    def readings(self) -> int:
        """How many readings the message says that it holds; 1 where that cannot be read."""
        return 1 if self.receipt is None else self.receipt.last - self.receipt.first + 1

    @property
    def stored(self) -> int:
        """How many readings of it are for the store."""
        return sum(self.sizes.values())

    @property
    def is_live(self) -> bool:
        """Whether its newest reading was sent as it was taken: a device may hand over what it kept for a month."""
        return self.live and (self.time_range is None or self._is_fresh(self.time_range[1]))

    def live_range(self, first_ms: int, last_ms: int) -> TimeRange:
        """From when to when (UTC) its live readings are: one that a device kept does not make the others late."""
        return (first_ms, last_ms) if self._is_fresh(first_ms) else (last_ms, last_ms)

    def _is_fresh(self, time_ms: int) -> bool:
        return time_ms >= self.arrived_ms - LIVE_WITHIN_MS

    def ack_rows(self) -> Iterator[tuple[str, str, int]]:
        """What its ack reports: (sensor, reason, readings) of what was rejected, and of what no rule judged."""
        for rejection in self.rejections:
            for (sensor, _), readings in rejection.by_series():
                yield sensor, rejection.reason, readings
        for (sensor, _), readings in self.not_judged.items():
            yield sensor, NOT_JUDGED, readings


class EncodeStage:
    """Encodes for `store`; `rule_input_of` picks what alarm rules look at."""

    def __init__(
        self,
        *,
        store: ReadingsStore,
        rule_input_of: Callable[[Iterable[Block]], RuleInput],
        recent_rejections: RecentRejections,
    ) -> None:
        self._store = store
        self._rule_input_of = rule_input_of
        self._recent_rejections = recent_rejections

    def run(self, judged: JudgedBatch) -> PreparedWrite:
        """Encode a batch."""
        validated, blocks = judged.validated, judged.blocks
        message, batch = validated.decoded.message, validated.decoded.batch
        is_counted = validated.rejections or self._recent_rejections.has_gateway(message.gateway)
        return PreparedWrite(
            gateway=message.gateway,
            payload=message.payload,
            arrived_ms=message.arrived_ms,
            receipt=validated.decoded.receipt,
            rejections=validated.rejections,
            encoded=self._store.encode(blocks) if blocks else None,
            newest=newest_of(blocks),
            sizes=_sizes(blocks),
            flags=judged.flags,
            rule_input=self._rule_input_of(blocks),
            time_range=time_range_of(blocks),
            review_hours=judged.review_hours,
            live=batch is not None and not batch.backfill,
            checked_against=validated.checked_against,
            series=_series(blocks) if is_counted else {},
            blocks=blocks,
            asks_for_time=batch is not None and any(column.clock is not Clock.SYNCED for column in batch.columns),
        )


def no_rule_input(_blocks: Iterable[Block]) -> RuleInput:
    """Pick nothing: where no alarm rule is at work."""
    return NO_INPUT


def _series(blocks: Sequence[Block]) -> Mapping[Series, int]:
    series: Counter[Series] = Counter()
    for block in blocks:
        for quantity, values in block.fields:
            series[block.sensor, quantity] += len(values)
    return series


def _sizes(blocks: Sequence[Block]) -> Mapping[str, int]:
    sizes: dict[str, int] = {}
    for block in blocks:
        domain = block.domain
        sizes[domain] = sizes.get(domain, 0) + len(block.times_ms) * len(block.fields)
    return sizes
