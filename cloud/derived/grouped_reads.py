"""Questions to the store that are asked in the same turn of the event loop, put to it as one.

site daruba: air pm2_5, air pm10 ─┐
site dodola: gas no2 ─────────────┴─► one `histories` of three ranges ─► each task its own points

What is computed stays as it is, question by question: whoever lets many compute at once pays for few questions. Nothing
is kept: an answer is what the store said after it was asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from cloud.readings.contract import Aggregate, Point, ReadingsStore, SeriesRange, StoreUnavailable

RANGES_AT_ONCE = 40
"""Ranges of one question: what their points cost is a few milliseconds of the event loop."""

T = TypeVar("T")
_Waiting = tuple[SeriesRange, asyncio.Future[list[Point]]]


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


async def no_rest() -> None:
    """Go on at once."""


class GroupedReads:
    """A `SeriesReader` of `store`; `rest` is awaited before each question."""

    def __init__(self, store: ReadingsStore, *, rest: Callable[[], Awaitable[None]] = no_rest) -> None:
        self._store = store
        self._rest = rest
        self._waiting: list[_Waiting] = []
        self._asking: asyncio.Task[None] | None = None

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
        if every_ms is not None:
            return await self._store.history(
                sensor, quantity, start_ms=start_ms, end_ms=end_ms, every_ms=every_ms, agg=agg
            )
        answer: asyncio.Future[list[Point]] = asyncio.get_running_loop().create_future()
        self._waiting.append((SeriesRange(sensor, quantity, start_ms, end_ms), answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        return await answer

    async def _ask_all(self) -> None:
        """Ask what waits, until nothing does: all that is ready to ask has asked when this task gets its turn."""
        try:
            while self._waiting:
                await self._rest()
                group, self._waiting = self._waiting[:RANGES_AT_ONCE], self._waiting[RANGES_AT_ONCE:]
                await self._ask(group)
                await asyncio.sleep(0)  # those who were answered ask their next question
        finally:
            self._asking = None

    async def _ask(self, group: Sequence[_Waiting]) -> None:
        try:
            found = await self._store.histories([asked for asked, _ in group])
        except Exception as error:
            if len(group) == 1:
                _fail(group, error)
            else:
                await self._ask_apart(group)
        else:
            for (_, answer), points in zip(group, found, strict=True):
                if not answer.done():  # its task was cancelled meanwhile
                    answer.set_result(points)

    async def _ask_apart(self, group: Sequence[_Waiting]) -> None:
        """Ask one by one what failed together: one that always fails stops no other. A store that is away stays so."""
        for number, waiting in enumerate(group):
            await self._ask([waiting])
            if number == 0 and isinstance(waiting[1].exception(), StoreUnavailable):
                _fail(group[1:], waiting[1].exception())
                return


def _fail(group: Sequence[_Waiting], error: BaseException | None) -> None:
    for _, answer in group:
        if not answer.done() and error is not None:
            answer.set_exception(error)


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do `work` at once, so that its questions are asked together; all of it is over when the first error is raised."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]
