"""Readings of a stream by their seq:  9f3c21d07ab4e815 120..360

Sets of seq are `SeqRanges` (runtime/spans.py).
"""

from typing import NamedTuple

from runtime.spans import Spans

__all__ = ["SeqRange", "Spans"]


class SeqRange(NamedTuple):
    """Readings `first` to `last` of `stream`, both included."""

    stream: str
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many readings it covers."""
        return self.last - self.first + 1
