"""Observe: what an arriving batch tells of the clocks and of how sensors are mounted.      ValidatedBatch

newest stamps ─► fleet clock        levels beside distances ─► heights        blocks ─► whoever corrects what is stored

Nothing of the batch changes here, and what was seen is kept in memory alone.
"""

from collections.abc import Callable, Iterable

from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.heights import Heights
from cloud.ingest.stages.validate import ValidatedBatch
from cloud.readings.blocks import Block


class ObserveStage:
    """Shows batches to those who learn from them; `on_blocks` sees what is about to be stored."""

    def __init__(
        self, *, fleet_clock: FleetClock, heights: Heights, on_blocks: Callable[[Iterable[Block]], None]
    ) -> None:
        self._fleet_clock = fleet_clock
        self._heights = heights
        self._on_blocks = on_blocks

    def run(self, validated: ValidatedBatch) -> None:
        """Show a batch."""
        self._observe_clock(validated)
        self._heights.record(validated.pairs)
        self._on_blocks(validated.blocks)

    def _observe_clock(self, validated: ValidatedBatch) -> None:
        """Stamps tell of a clock only while they are live: those of a backlog or a dead letter are old."""
        message, batch = validated.decoded.message, validated.decoded.batch
        if message.arrived_boot_ms is None or batch is None or batch.backfill:
            return
        if validated.newest_ms:
            self._fleet_clock.record_stamps(message.gateway, validated.newest_ms, message.arrived_boot_ms)
        stamps = validated.stamps
        if stamps is not None:
            self._fleet_clock.record_correction(
                message.gateway, moved_ms=stamps.moved_ms, unconfirmed=stamps.unconfirmed
            )
