"""Parts of a process that run beside each other: the end of one, or a signal, is the end of all.

parts ─► TaskGroup ─┬─ stop is set ────────┐
                    └─ a part ends, or fails ┴─► wind_down ─► the rest is cancelled ─► the error of the part, if any
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

Part = Coroutine[Any, Any, object]


async def run_until(stop: asyncio.Event, parts: Iterable[Part], wind_down: Callable[[], Awaitable[None]]) -> None:
    """Run `parts` until `stop` is set or one of them ends; then `wind_down` while the others still work, then cancel.

    The error of the first part that failed is raised when all is over.
    """
    errors: list[Exception] = []

    async def watched(part: Part) -> None:
        try:
            await part
        except Exception as error:
            errors.append(error)
        finally:
            stop.set()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(watched(part)) for part in parts]
        try:
            await stop.wait()
            await wind_down()
        finally:
            for task in tasks:
                task.cancel()
    if errors:
        raise errors[0]


class Errands:
    """A part that does short pieces of work beside each other, as they come up; where one fails the part fails."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Part] = asyncio.Queue()

    def start(self, work: Part) -> None:
        """Do `work` as soon as the part runs."""
        self._waiting.put_nowait(work)

    async def run(self) -> None:
        """Work until cancelled, or until one fails (ExceptionGroup); nothing that waits then is begun."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(await self._waiting.get())
        finally:
            while not self._waiting.empty():
                self._waiting.get_nowait().close()


async def run_together(*parts: Part) -> None:
    """Run `parts` until all have ended; the first error ends the others, and is raised as it is, in no group."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except ExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseException) -> BaseException:
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors
