"""Store: readings become durable in the readings store.      PreparedWrites ─► those, without what the store rejects

However long the store is away, this waits. A point that the store rejects for ever leaves its message and joins its
rejections; a message that breaks our own code is rejected whole.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from cloud.ingest.retrying_store import RetryingStore, WriteFailsAlone
from cloud.ingest.stages.encode import PreparedWrite
from cloud.ingest.suspect_gateways import SuspectGateways
from cloud.metrics.exposition import Metrics
from cloud.readings.blocks import Block
from cloud.readings.contract import RejectedPoint, WriteResult
from cloud.readings.newest import Newest
from runtime.clock import MACHINE, Clocks

_log = logging.getLogger(__name__)

WithoutPoints = Callable[[PreparedWrite, Iterable[RejectedPoint]], PreparedWrite]
"""Prepares a message again, without some of its points."""
RejectWhole = Callable[[PreparedWrite, Exception], PreparedWrite]
"""Makes a message a dead letter whole."""
OnStored = Callable[[str, int, int, Sequence[Block] | None], None]
"""Learns what was stored: (gateway, first ms, last ms, blocks), UTC.

No blocks: nobody knows which of them.
"""


class StoreStage:
    """Writes messages to `store`; `without` and `reject_whole` prepare again what could not be written."""

    def __init__(
        self,
        *,
        store: RetryingStore,
        without: WithoutPoints,
        reject_whole: RejectWhole,
        suspects: SuspectGateways,
        newest: Newest,
        metrics: Metrics,
        on_stored: OnStored,
        clock: Clocks = MACHINE,
    ) -> None:
        self._store = store
        self._without = without
        self._reject_whole = reject_whole
        self._suspects = suspects
        self._newest = newest
        self._metrics = metrics
        self._on_stored = on_stored
        self._clock = clock

    async def run(self, writes: Sequence[PreparedWrite], *, isolated: bool) -> list[PreparedWrite]:
        """Store messages; WriteFailsAlone where that can be done only `isolated`."""
        encoded = [write.encoded for write in writes if write.encoded is not None]
        if not encoded:
            return list(writes)
        try:
            result = await self._store.write(encoded, isolated=isolated)
        except WriteFailsAlone:
            raise
        except Exception as error:
            return await self._after_fault(writes, error)
        stored = self._without_rejected(writes, result) if result.rejected else list(writes)
        durable_ms = self._clock.wall_ms()
        for write in stored:
            self._record(write, durable_ms)
        return stored

    async def _after_fault(self, writes: Sequence[PreparedWrite], error: Exception) -> list[PreparedWrite]:
        """Find the message that breaks our own code: each is written by itself."""
        _log.error(
            "writing %d batches to the readings store failed in a way that nobody foresaw", len(writes), exc_info=error
        )
        if len(writes) == 1:
            if writes[0].time_range is not None:  # some of it may be stored
                self._on_stored(writes[0].gateway, *writes[0].time_range, None)
            return [self._reject_whole(writes[0], error)]
        return [stored for write in writes for stored in await self.run([write], isolated=True)]

    def _without_rejected(self, writes: Sequence[PreparedWrite], result: WriteResult) -> list[PreparedWrite]:
        """Take each rejected point out of the message that it came in."""
        numbers = [number for number, write in enumerate(writes) if write.encoded is not None]
        rejected: defaultdict[int, list[RejectedPoint]] = defaultdict(list)
        for each in result.rejected:
            rejected[numbers[each.write]].append(each)
        for number in rejected:
            self._suspects.add(writes[number].gateway)
        return [
            self._without(write, rejected[number]) if number in rejected else write
            for number, write in enumerate(writes)
        ]

    def _record(self, write: PreparedWrite, durable_ms: int) -> None:
        """Tell screens, metrics and derived series of what is stored."""
        self._metrics.count_stored(write.sizes, live=write.is_live)
        self._newest.load(write.newest)
        if write.time_range is None:
            return
        if write.is_live:
            self._metrics.record_delay(write.live_range(*write.time_range), durable_ms, readings=write.stored)
        self._on_stored(write.gateway, *write.time_range, write.blocks)
