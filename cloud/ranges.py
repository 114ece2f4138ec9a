"""Sets of whole numbers as spans:  Ranges(((1, 90), (121, 360))) holds 1 to 90 and 121 to 360.

Pure and unchanging: `add` gives a new set. Spans are sorted, apart, and never touch.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import itemgetter

import msgspec

Span = tuple[int, int]
_first, _last = itemgetter(0), itemgetter(1)


class Ranges(msgspec.Struct, frozen=True, array_like=True):
    """Whole numbers as sorted spans of (first, last), both included."""

    spans: tuple[Span, ...] = ()

    @property
    def size(self) -> int:
        """How many numbers are in the set."""
        return sum(last - first + 1 for first, last in self.spans)

    @property
    def last(self) -> int:
        """The largest number in the set; 0 in the empty set."""
        return self.spans[-1][1] if self.spans else 0

    def add(self, first: int, last: int) -> "Ranges":
        """The set with `first` to `last` in it too."""
        if last < first:
            return self
        # the spans from `low` to `high` touch or overlap the new one and become one with it
        low = bisect_left(self.spans, first - 1, key=_last)
        high = bisect_right(self.spans, last + 1, key=_first)
        for span in self.spans[low:high]:
            first, last = min(first, span[0]), max(last, span[1])
        return Ranges((*self.spans[:low], (first, last), *self.spans[high:]))

    def within(self, first: int, last: int) -> int:
        """How many numbers of `first` to `last` are in the set."""
        low = bisect_left(self.spans, first, key=_last)
        high = bisect_right(self.spans, last, key=_first)
        return sum(min(last, span[1]) - max(first, span[0]) + 1 for span in self.spans[low:high])

    def common(self, spans: Iterable[Span]) -> int:
        """How many numbers of `spans`, which are apart from each other, are in the set."""
        return sum(self.within(first, last) for first, last in spans)
