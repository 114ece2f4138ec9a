"""An event loop that does at once, itself, what others give to their threads.

`run_in_executor(thread, work)` ─► work()        a hundred thousand small questions to a database, and nobody waits
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


class LoopWithoutThreads(asyncio.SelectorEventLoop):
    """For a process of one task: what it waits for it may as well do."""

    def run_in_executor(self, _executor: Executor | None, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """Do the work, and give a future that is over."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # it is the awaiter's
            done.set_exception(error)
        return done
