"""How fast a line is read at most, so that one that floods holds up no other:

1,920 B/s of 9,600 baud ─► read as they come       2 MB/s of a broken device ─► 16 KiB each second, the rest waits there

A line cannot carry more than a tenth of its baud in bytes, and no sensor here has more than 115,200 baud. What comes
faster is a device in the USB that takes no notice of its rate, or something broken: the kernel tells it to wait.
"""

import asyncio
from collections.abc import Callable

from edge.sources.tally import SourceTally

LEAST_BYTES_A_S = 16_384.0
BURST_S = 4.0
"""So much may lie at the port when it is opened, or when the machine was busy."""


class LinePace:
    """Says how long to leave a line of `baud` alone after what was read of it."""

    def __init__(self, baud: int) -> None:
        self.bytes_a_s = max(LEAST_BYTES_A_S, 2 * baud / 10)
        self._paid_s: float | None = None

    def pause_s(self, size: int, *, now_s: float) -> float:
        """Seconds to wait after `size` bytes at `now_s` of the monotonic clock; 0 where it may be read on."""
        earliest_s = now_s - BURST_S
        paid_s = earliest_s if self._paid_s is None else max(self._paid_s, earliest_s)
        self._paid_s = paid_s + size / self.bytes_a_s
        return max(0.0, self._paid_s - now_s)


class PacedReader:
    """Calls back when a line has bytes, as often as its pace allows."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, pace: LinePace, tally: SourceTally) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._pace = pace
        self._tally = tally
        self._readable: Callable[[], None] = lambda: None
        self._resting: asyncio.TimerHandle | None = None

    def start(self, readable: Callable[[], None]) -> None:
        """Begin, or go on."""
        self._readable, self._resting = readable, None
        self._loop.add_reader(self._descriptor, readable)

    def rest(self, size: int) -> None:
        """Leave the line alone for a while where `size` more bytes are faster than it may be."""
        pause_s = self._pace.pause_s(size, now_s=self._loop.time())
        if not pause_s or self._resting is not None:
            return
        self._tally.left_out(f"floods: {self._pace.bytes_a_s:.0f} bytes a second are read, and the rest waits there")
        self._loop.remove_reader(self._descriptor)
        self._resting = self._loop.call_later(pause_s, self.start, self._readable)

    def stop(self) -> None:
        """Call back no more."""
        if self._resting is not None:
            self._resting.cancel()
        self._loop.remove_reader(self._descriptor)
