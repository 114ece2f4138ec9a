"""Histories that are asked for in the same turn of the event loop, put to the store as one question.

What is computed stays as it is, one series and one range after the other: whoever lets many compute at once pays for
few questions. Nothing is kept: an answer is what the store said after it was asked.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from cloud.derived.grouping import Grouping
from cloud.readings.contract import Aggregate, Point, ReadingsStore, SeriesRange, StoreUnavailable

RANGES_AT_ONCE = 40
"""Ranges of one question: what their points cost is a few milliseconds of the event loop."""


class SeriesReader(Protocol):
    """What computing asks of a readings store: see there."""

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
    ) -> list[Point]:
        """The readings with start <= time < end, oldest first; one for each `every_ms` if given."""

    def held(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[Point] | None:
        """The same where nobody has to be asked; None where somebody has."""


async def no_rest() -> None:
    """Go on at once."""


class GroupedReads:
    """A `SeriesReader` of `store`; `rest` is awaited before each question."""

    def __init__(self, store: ReadingsStore, *, rest: Callable[[], Awaitable[None]] = no_rest) -> None:
        self._store = store
        self._rest = rest
        self._asked = Grouping(self._ask, most=RANGES_AT_ONCE, away=(StoreUnavailable,))

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
    ) -> list[Point]:
        """As the store's `history`, asked together with what others ask now."""
        return await self._asked.add(SeriesRange(sensor, quantity, start_ms, end_ms, every_ms, agg))

    def held(self, _sensor: str, _quantity: str, _start_ms: int, _end_ms: int) -> list[Point] | None:
        """Nothing is."""
        return None

    async def _ask(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        await self._rest()
        return await self._store.histories(ranges)
