"""A spooler that shows somebody what is put into it; of gateways without an outlet there is nothing to show it to.

sources ─► append ─► spool, as ever ─► watcher
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from edge.spool.spooler import Spooler
from wire import Reading


class Watcher(Protocol):
    """Is shown readings, and must neither wait nor fail."""

    def __call__(self, readings: Sequence[Reading], *, backlog: bool) -> None:
        """Readings on their way to the spool; `backlog`: none of them is of the present."""


def _nobody(readings: Sequence[Reading], *, backlog: bool) -> None: ...


class WatchedSpooler(Spooler):
    """The spooler, and its `watcher`."""

    watcher: Watcher = staticmethod(_nobody)

    def append(
        self,
        readings: Sequence[Reading],
        *,
        keep: dict[str, str] | None = None,
        safe: Callable[[], None] | None = None,
        backlog: bool = False,
    ) -> None:
        """See `Spool.append`."""
        super().append(readings, keep=keep, safe=safe, backlog=backlog)
        if readings:
            self.watcher(readings, backlog=backlog)
