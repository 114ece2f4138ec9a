"""One thread that does one thing after the other, whose answers come back to the event loop:

event loop ─► queue ─► thread ─► call_soon_threadsafe ─► future is done, `then` is called in the same turn

asyncio's way to a thread pool costs two more futures with their locks and a turn of the loop: at a trickle, where each
answer is for a few readings, that is a twentieth of all that the agent uses.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

R = TypeVar("R")


class _Work(NamedTuple):
    answer: asyncio.Future[Any]
    call: Callable[..., Any]
    arguments: tuple[object, ...]
    then: Callable[[asyncio.Future[Any]], None] | None


class WorkThread:
    """A thread, started with its first work; to be made on the event loop that its answers are for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._asked = self._answered = 0
        self._last_s = 0.0

    @property
    def behind_s(self) -> float:
        """For how long it has answered nothing though something is asked of it."""
        return self._loop.time() - self._last_s if self._asked > self._answered else 0.0

    def do(
        self, call: Callable[..., R], *arguments: object, then: Callable[[asyncio.Future[R]], None] | None = None
    ) -> asyncio.Future[R]:
        """Call it in the thread; what it gives or raises is the future's, and `then` is called when that is done."""
        answer: asyncio.Future[R] = self._loop.create_future()
        if self._asked == self._answered:
            self._last_s = self._loop.time()
        self._asked += 1
        self._work.put(_Work(answer, call, arguments, then))
        if self._thread is None:  # a daemon: where the agent breaks, nobody waits for a disk that hangs
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return answer

    def stop(self) -> None:
        """Wait until all of it is done, and end the thread."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            result, error = None, None
            try:
                result = work.call(*work.arguments)
            except BaseException as problem:  # it is for the one who asked
                error = problem
            if self._loop.is_closed():
                return
            self._loop.call_soon_threadsafe(self._answer, work, result, error)
            del work, result, error  # or what it holds would stay until the next work

    def _answer(self, work: _Work, result: object, error: BaseException | None) -> None:
        self._answered += 1
        self._last_s = self._loop.time()
        if work.answer.cancelled():
            return
        if error is None:
            work.answer.set_result(result)
        else:
            work.answer.set_exception(error)
        if work.then is not None:
            work.then(work.answer)
