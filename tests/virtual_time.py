"""An event loop whose time is made up: it jumps to the next timer, so that a minute of waiting takes no time.

run(scenario())      no sockets, no threads: what waits for those would wait for ever
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


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
    """A loop whose clock begins at 0."""

    def __init__(self) -> None:
        self._no_wait = _NoWait()
        super().__init__(self._no_wait)

    def time(self) -> float:
        """Seconds that waiting has taken so far."""
        return self._no_wait.skipped_s


def run(scenario: Coroutine[Any, Any, _T]) -> _T:
    """Run a scenario in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario)
