"""The spool's thread in made-up time: it works while all stands still, and answers a while later."""

import asyncio
from collections.abc import Callable
from typing import Any

from edge.spool.work_thread import WorkThread


class StillThread(WorkThread):
    """What it is given takes `work_s` of the loop's time."""

    def __init__(self, name: str, *, work_s: float) -> None:
        super().__init__(name)
        self._work_s = work_s

    def do(
        self, call: Callable[..., Any], *arguments: object, then: Callable[[asyncio.Future[Any]], None] | None = None
    ) -> asyncio.Future[Any]:
        """Call it now; the answer comes later."""
        loop = asyncio.get_running_loop()
        answer, result = loop.create_future(), call(*arguments)

        def done() -> None:
            if answer.cancelled():
                return
            answer.set_result(result)
            if then is not None:
                then(answer)

        loop.call_later(self._work_s, done)
        return answer

    def stop(self) -> None:
        """Nothing runs."""
