"""Group commit: how long a group of messages waits for company before it is written.

group ─► write          up to 25 messages a second, and up to BURST in a row after a rest: at once
group … 0.11 s … write  a livelier trickle: what comes meanwhile waits in the socket, and wakes nobody until it is read
                        and written together: 9 writes a second, from all gateways
group ─► write          much that waits; or a broker that hands no more over before it gets a PUBACK
"""

import asyncio
from collections.abc import Callable

from cloud.ingest.ingest_queue import IngestQueue

GATHER_S = 0.11
"""From the beginning of one write to that of the next in a livelier trickle: a write costs InfluxDB 2.9 some 1.3 ms of
CPU, however little is in it."""
LIVELY_PER_S = 25.0
"""A livelier trickle has more messages a second; what comes more seldom has a write for each."""
BURST = 5
"""Writes that a rest of BURST times GATHER_S saves up: the sensors of a gateway speak in the same moment."""
MUCH_MESSAGES = 64
MUCH_BYTES = 128 * 2**10
"""So much that waits is worth a write of its own."""
MANY_MESSAGES = 8
"""Fewer that are held are no broker's whole window."""
LULL_S = 0.01
GAPS_OF_A_LULL = 5.0
"""Where none has come for so long, and for five times as long as they come apart, and as many are held as the broker
ever had out, its window is full: some allow 10 without a PUBACK."""
LONGER = 1.5
"""No window is full in a silence that is not so much longer than those that ended while a group gathered."""
FORGETS = 0.8
"""What is left of the longest of those after each write."""


class Gathering:
    """Paces the groups that leave `queue`; from `pause` to `resume`, which reads all, nothing new is read."""

    def __init__(self, queue: IngestQueue, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._queue = queue
        self._pause, self._resume = pause, resume
        self._next_s = float("-inf")
        """When the next write would be due if all kept their distance; in the past while some are saved up."""
        self._counted_from = (float("-inf"), 0)
        """When the write before left, and how many messages had come by then: how far apart they come since."""
        self._window = 0
        """The most messages that were held at once, one less for each write since: a broker may be changed."""
        self._silence_s = 0.0
        """The longest time, lately, in which nothing came before more came to the same group."""

    async def wait(self) -> None:
        """Wait, after a group has left the queue, until the next may follow."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        (from_s, count), self._counted_from = self._counted_from, (now_s, self._queue.offered)
        is_lively = self._queue.offered - count > (now_s - from_s) * LIVELY_PER_S
        if now_s - from_s > 2 * GATHER_S:  # nothing of a pause before
            from_s, count = self._counted_from
        saved_from_s = now_s - BURST * GATHER_S
        owed_s = GATHER_S if is_lively else min(GATHER_S, 1 / LIVELY_PER_S)
        self._next_s = min(max(self._next_s, saved_from_s), now_s) + owed_s  # a flood owes no more than one wait
        if self._next_s <= now_s:
            return
        self._window -= 1
        self._silence_s *= FORGETS
        self._pause()
        try:
            await self._gather(from_s, count)
        finally:
            self._resume()

    async def _gather(self, from_s: float, count: int) -> None:
        """Look now and then what has come, until the next write is due, or much waits, or the window is full."""
        loop, silent_s = asyncio.get_running_loop(), 0.0
        while (left_s := self._next_s - loop.time()) > 0 and not self._is_much:
            offered = self._queue.offered
            apart_s = (loop.time() - from_s) / max(1, offered - count)
            lull_s = min(max(LULL_S, GAPS_OF_A_LULL * apart_s), left_s)
            await asyncio.sleep(lull_s)
            self._read()
            if self._queue.offered == offered:
                silent_s += lull_s
            else:
                self._silence_s, silent_s = max(self._silence_s, silent_s), 0.0
            most, self._window = self._window, max(self._window, self._queue.held)
            if silent_s > LONGER * self._silence_s and self._queue.held >= max(most, MANY_MESSAGES):
                return

    @property
    def _is_much(self) -> bool:
        return len(self._queue) >= MUCH_MESSAGES or self._queue.waiting_bytes >= MUCH_BYTES

    def _read(self) -> None:
        """Read what has come, until that is much."""
        offered = -1
        while self._queue.offered != offered and not self._is_much:
            offered = self._queue.offered
            self._resume()
            self._pause()
