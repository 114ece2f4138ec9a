"""One timer that is set again and again:  at 12.0 … at 11.5 (earlier: a new timer) … at 13.0 (later: it rings in vain).

To ring once in vain costs less than a new timer each time.
"""

import asyncio
from collections.abc import Callable


class WakeUp:
    """Calls `ring` at the time that `by` says, or earlier."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._on_ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def by(self, at_s: float | None) -> None:
        """Ring at `at_s` on the loop's clock, at the latest; None: there is no hurry."""
        if at_s is None or (self._timer is not None and self._timer.when() <= at_s):
            return
        self.cancel()
        self._timer = self._loop.call_at(at_s, self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._on_ring()
