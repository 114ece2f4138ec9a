"""What tasks ask in the same turn of the event loop, done as one.

site daruba: air pm2_5, air pm10 ─┐
site dodola: gas no2 ─────────────┴─► one act on three items ─► each task its own answer

What fails together is done one by one, so that one that always fails stops no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Grouping(Generic[Item, Answer]):
    """Gives items that come in one turn to `act`, at most `most` at a time, which gives an answer for each.

    `away` are the errors of a server that is away: where the first item alone meets one, the others are not tried.
    """

    def __init__(
        self,
        act: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        most: int,
        away: tuple[type[Exception], ...],
    ) -> None:
        self._act, self._most, self._away = act, most, away
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Answer:
        """Have `item` done together with what others add now."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._act_on_all())
        return await answer

    async def _act_on_all(self) -> None:
        """Act until nothing waits: all that is ready to add has added when this task gets its turn."""
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._act_on(group)
                await asyncio.sleep(0)  # those who were answered add their next item
        finally:
            self._task = None

    async def _act_on(self, group: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            found = await self._act([item for item, _ in group])
        except Exception as error:
            if len(group) == 1:
                _fail(group[0][1], error)
            else:
                await self._act_on_each(group)
        else:
            for (_, answer), value in zip(group, found, strict=True):
                if not answer.done():  # its task was cancelled meanwhile
                    answer.set_result(value)

    async def _act_on_each(self, group: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        first, *others = group
        try:
            (value,) = await self._act([first[0]])
        except self._away as error:
            for _, answer in group:
                _fail(answer, error)
            return
        except Exception as error:
            _fail(first[1], error)
        else:
            if not first[1].done():
                first[1].set_result(value)
        for each in others:
            await self._act_on([each])


def _fail(answer: asyncio.Future[Answer], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do `work` at once, so that what it asks is asked together; all of it is over when the first error is raised."""
    each_of = list(work)
    if len(each_of) == 1:
        return [await each_of[0]]
    found = await asyncio.gather(*each_of, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]
