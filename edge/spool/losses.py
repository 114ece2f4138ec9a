"""Declared losses: what nobody will ever get, kept until the cloud has acknowledged the batch that said so.

spool full: 9f3c… [1..90]      spool file damaged: 77ab… [12..19] [40..51]

The file has them twice, a row each in one table and all in a row of another: a damaged row costs no declaration.
"""

from collections.abc import Iterable
from itertools import islice

from edge.spool.spans import SeqRange, Spans
from wire import Lost

SPOOL_FULL = "spool full"
MEMORY_FULL = "disk and memory full"
FILE_DAMAGED = "spool file damaged"
TAIL_CUT = "end of the spool file cut off"
NO_FREE_TIME = "more readings of one series than milliseconds"

MOST_COPIED = 500
"""So many stand in the copy too, some 25 kB; it is written when they change."""
MOST_IN_A_BATCH = 200
"""Far below the wire's 1,024, so that a batch with losses stays small."""


class Losses:
    """The losses that still have to be said, neighbours as one."""

    def __init__(self, losses: Iterable[Lost] = (), *, ever: int = 0) -> None:
        self._spans: dict[tuple[str, str], Spans] = {}
        self.ever = ever
        """How many readings were declared lost since the spool was made."""
        for loss in losses:
            self._of(loss.stream, loss.reason).add(loss.first, loss.last)

    def declare(self, span: SeqRange, reason: str) -> None:
        """Add a loss; readings that are declared already are not counted again."""
        spans = self._of(span.stream, reason)
        known_before = spans.total
        spans.add(span.first, span.last)
        self.ever += spans.total - known_before

    def confirm(self, losses: Iterable[Lost]) -> None:
        """Forget losses that the cloud has acknowledged."""
        for loss in losses:
            key = (loss.stream, loss.reason)
            spans = self._spans.get(key)
            if spans is not None:
                spans.remove(loss.first, loss.last)
                if not spans:
                    del self._spans[key]

    def pending(self) -> tuple[Lost, ...]:
        """All losses still to be acknowledged, oldest first."""
        return tuple(
            Lost(stream, first, last, reason)
            for (stream, reason), spans in self._spans.items()
            for first, last in spans
        )

    def __bool__(self) -> bool:
        return bool(self._spans)

    def _of(self, stream: str, reason: str) -> Spans:
        return self._spans.setdefault((stream, reason), Spans())


def copy_of(losses: Iterable[Lost]) -> str:
    """Losses as one text: a line each, 9f3c21d07ab4e815 1 90 spool full."""
    return "\n".join(f"{each.stream} {each.first} {each.last} {each.reason}" for each in islice(losses, MOST_COPIED))


def losses_in(copy: str) -> list[Lost]:
    """The losses of a text; none where it is no such text."""
    try:
        words = [line.split(" ", 3) for line in copy.splitlines()]
        return [Lost(stream, int(first), int(last), reason) for stream, first, last, reason in words]
    except ValueError:
        return []
