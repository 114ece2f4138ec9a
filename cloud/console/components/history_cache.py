"""What a chart shows, asked of the store once for all screens that show it, and never waited for long.

of(series over a span) ─► held and new ─► it
                       ─► else asked once, in the background ─► it, if the store answers within PATIENCE_S
                                                             ─► else what was held before, and that it is late

Times longer than a week have a queue of their own: a year that must be read never holds up the chart of an hour.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.chart import ChartHistory
from cloud.console.view_models.chart_span import ChartSpan
from cloud.console.view_models.site_chart import ChartTrouble
from cloud.core.bounded_cache import BoundedCache
from cloud.readings.bucket_history import TooManyReadings, buckets_of
from cloud.readings.contract import ReadingsStore, StoreUnavailable
from runtime.clock import wall_ms
from wire import HourOf, TableOf

PATIENCE_S = 0.8
"""How long whoever looks waits for the store, from when it was asked: all live pages are refreshed one by one."""
MOST_ASKED = 40
"""Questions that wait in one queue; who asks for more is told to wait, and asks again."""
_AT_ONCE = {False: 2, True: 1}
_KEPT = 64
_LATE_S = 10.0
"""What is older than it should be by so much is said to be late."""
_FAILED_S = 4.0
_TOO_MANY_S = 120.0
"""Reading so much in vain is not done again at once."""


class SeriesSpan(msgspec.Struct, frozen=True):
    """A series over a span, its steps by the clock of `zone`."""

    sensor: str
    quantity: str
    span: ChartSpan
    zone: ZoneInfo


class HeldHistory(msgspec.Struct, frozen=True):
    """The history that was found last, None before the first; `trouble` is why it is not one of now."""

    history: ChartHistory | None = None
    trouble: ChartTrouble | None = None
    good_until_s: float = 0.0


class HistoryCache:
    """Asks the store, and answers the same question from memory for a while; `clock` is now in UTC ms."""

    def __init__(self, store: ReadingsStore, quantities: TableOf, *, clock: Callable[[], int] = wall_ms) -> None:
        self._store, self._quantities, self._clock = store, quantities, clock
        self._held = BoundedCache[SeriesSpan, HeldHistory](_KEPT)
        self._asking: dict[SeriesSpan, tuple[asyncio.Task[None], float]] = {}
        self._queues = {is_long: asyncio.Semaphore(most) for is_long, most in _AT_ONCE.items()}

    async def of(self, asked: SeriesSpan) -> HeldHistory:
        """The history of a series until now, as far as it is known; what goes wrong stands in the answer."""
        held = self._held.get(asked)
        if held is None or held.good_until_s <= time.monotonic():
            await self._wait_for(asked)
            held = self._held.get(asked)
        if held is None:
            return HeldHistory(trouble=ChartTrouble.WAITING)
        is_late = held.trouble is None and held.good_until_s + _LATE_S <= time.monotonic()
        return msgspec.structs.replace(held, trouble=ChartTrouble.WAITING) if is_late else held

    async def _wait_for(self, asked: SeriesSpan) -> None:
        """Have the store asked, and give it a moment."""
        if asked not in self._asking:
            waiting = sum(each.span.is_long == asked.span.is_long for each in self._asking)
            if waiting >= MOST_ASKED:
                return
            self._asking[asked] = asyncio.create_task(self._ask(asked)), time.monotonic()
        task, since_s = self._asking[asked]
        await asyncio.wait({task}, timeout=max(0.0, since_s + PATIENCE_S - time.monotonic()))
        if task.done():
            task.result()

    async def _ask(self, asked: SeriesSpan) -> None:
        before = self._held.get(asked, HeldHistory())
        try:
            async with self._queues[asked.span.is_long]:
                history = await self._history(asked)
        except (StoreUnavailable, TooManyReadings) as error:
            is_many = isinstance(error, TooManyReadings)
            trouble = ChartTrouble.TOO_MANY if is_many else ChartTrouble.UNAVAILABLE
            good_s = _TOO_MANY_S if is_many else _FAILED_S
            found = msgspec.structs.replace(before, trouble=trouble)
        else:
            good_s = asked.span.again_s(history.end_ms)
            found = HeldHistory(history)
        finally:
            del self._asking[asked]
        self._held[asked] = msgspec.structs.replace(found, good_until_s=time.monotonic() + good_s)

    async def _history(self, asked: SeriesSpan) -> ChartHistory:
        start_ms, end_ms = asked.span.times(self._clock())
        of_sums = self._quantities().row(asked.quantity).hour is HourOf.SUM  # amounts add up: a mean says nothing
        step_ms, offset_ms = asked.span.step_ms(end_ms, of_sums=of_sums), _offset_ms(end_ms, asked.zone)
        start_ms -= (start_ms + offset_ms) % step_ms
        buckets = await buckets_of(
            self._store, asked.sensor, asked.quantity,
            start_ms=start_ms, end_ms=end_ms, step_ms=step_ms, offset_ms=offset_ms,
        )  # fmt: skip
        return ChartHistory(start_ms, end_ms, step_ms, tuple(buckets), of_sums, offset_ms)


def _offset_ms(time_ms: int, zone: ZoneInfo) -> int:
    """By how much the clock of `zone` is ahead of UTC."""
    offset = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1_000)
