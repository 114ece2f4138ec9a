"""An event loop whose time is made up: it jumps to the next timer, so that a minute of waiting takes no time.

run(scenario())                  no sockets: what waits for those would wait for ever
run(scenario(), work_s=0.005)    what a thread is given it does while all stands still; the answer comes 5 ms later,
                                 and one thread does one thing after the other
"""

import asyncio
import selectors
from collections import defaultdict
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Arguments = TypeVarTuple("_Arguments")


class _NoWait(selectors.SelectSelector):
    """A selector that never waits; it tells the loop for how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Look, and count the time that would have passed."""
        ready = super().select(0)
        if not ready and timeout:
            self.skipped_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose clock begins at 0; whatever a thread does takes `work_s`."""

    def __init__(self, *, work_s: float = 0.0) -> None:
        self._no_wait = _NoWait()
        self._work_s = work_s
        self._free_at_s: defaultdict[Executor, float] = defaultdict(float)
        self._of_nobody = ThreadPoolExecutor(1)
        super().__init__(self._no_wait)

    def time(self) -> float:
        """Seconds that waiting has taken so far."""
        return self._no_wait.skipped_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Arguments], _T], *args: *_Arguments
    ) -> asyncio.Future[_T]:
        """Let a thread work now, and answer when it would be done."""
        thread = executor or self._of_nobody
        work, done = thread.submit(func, *args), self.create_future()
        wait([work])
        self._free_at_s[thread] = max(self._free_at_s[thread], self.time()) + self._work_s
        self.call_at(self._free_at_s[thread], _answer, done, work)
        return done


def run(scenario: Coroutine[Any, Any, _T], *, work_s: float = 0.0) -> _T:
    """Run a scenario in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(work_s=work_s)) as runner:
        return runner.run(scenario)


def _answer(done: asyncio.Future[_T], work: Future[_T]) -> None:
    if done.cancelled():
        return
    if (error := work.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(work.result())
