"""What a chart shows, asked of the store once for all screens that show it.

hour: steps of 10 s    day: steps of 5 min    week: steps of 1 h    each with its mean, lowest and highest, or its sum
"""

import asyncio
import time

import msgspec

from cloud.console.view_models.chart import ChartHistory
from cloud.core.bounded_cache import BoundedCache
from cloud.readings.contract import Aggregate, Point, ReadingsStore
from runtime.clock import wall_ms
from wire import HourOf, TableOf
from wire.durations import MINUTE_MS

FEW_S = 4.0
_KEPT = 64


class ChartSpan(msgspec.Struct, frozen=True):
    """How far back a chart looks, and its steps: `sum_step_ms` for amounts, `step_ms` for all else."""

    length_ms: int
    step_ms: int
    sum_step_ms: int
    again_s: float = FEW_S
    """How long an answer is given again: a picture of a week is no other one after a few seconds."""


SPANS = {
    "1h": ChartSpan(60 * MINUTE_MS, 10_000, MINUTE_MS),
    "24h": ChartSpan(24 * 60 * MINUTE_MS, 5 * MINUTE_MS, 60 * MINUTE_MS, 30.0),
    "7d": ChartSpan(7 * 24 * 60 * MINUTE_MS, 60 * MINUTE_MS, 6 * 60 * MINUTE_MS, 120.0),
}


class HistoryCache:
    """Asks the store, and answers the same question from memory for a while."""

    def __init__(self, store: ReadingsStore, quantities: TableOf) -> None:
        self._store, self._quantities = store, quantities
        self._held = BoundedCache[tuple[str, str, str], tuple[float, ChartHistory]](_KEPT)
        self._asking = asyncio.Lock()

    async def of(self, sensor: str, quantity: str, span: str) -> ChartHistory:
        """The history of a series until now; StoreUnavailable where the store does not answer."""
        key = (sensor, quantity, span)
        async with self._asking:
            held = self._held.get(key)
            if held is not None and time.monotonic() - held[0] < SPANS[span].again_s:
                return held[1]
            history = await self._ask(sensor, quantity, SPANS[span])
            self._held[key] = (time.monotonic(), history)
            return history

    async def _ask(self, sensor: str, quantity: str, span: ChartSpan) -> ChartHistory:
        end_ms = wall_ms()
        start_ms = end_ms - span.length_ms

        async def points(step_ms: int, agg: Aggregate) -> tuple[Point, ...]:
            found = await self._store.history(
                sensor, quantity, start_ms=start_ms, end_ms=end_ms, every_ms=step_ms, agg=agg
            )
            return tuple(found)

        if self._quantities().row(quantity).hour is HourOf.SUM:  # amounts add up: a mean of them says nothing
            return ChartHistory(start_ms, end_ms, span.sum_step_ms, await points(span.sum_step_ms, Aggregate.SUM))
        step_ms = span.step_ms
        return ChartHistory(
            start_ms,
            end_ms,
            step_ms,
            await points(step_ms, Aggregate.MEAN),
            await points(step_ms, Aggregate.MIN),
            await points(step_ms, Aggregate.MAX),
        )
