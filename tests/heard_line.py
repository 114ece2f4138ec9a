"""A thread at our end of a pseudo-terminal, which ends before that end is closed.

A descriptor that is closed under a thread that reads it leaves the thread with the number alone, and it goes on reading
whatever is opened next under that number: another test's line.
"""

import contextlib
import os
import select
import threading
from collections.abc import Callable


class HeardLine:
    """Gives `take` what comes out of `descriptor`, at most `most` bytes at a time, until `end`."""

    def __init__(self, descriptor: int, take: Callable[[bytes], object], *, most: int) -> None:
        self._descriptor, self._take, self._most = descriptor, take, most
        self._over = os.eventfd(0)
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Hear no more; the descriptor may be closed after it."""
        os.eventfd_write(self._over, 1)
        self._thread.join()
        os.close(self._over)

    def _hear(self) -> None:
        with contextlib.suppress(OSError):  # the other end has hung up
            while self._over not in select.select([self._descriptor, self._over], [], [])[0]:
                self._take(os.read(self._descriptor, self._most))
