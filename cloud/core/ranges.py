"""Sets of whole numbers as spans:  Ranges(((1, 90), (121, 360))) holds 1 to 90 and 121 to 360.

Unchanging: `add` gives a new set. Spans are sorted, apart, and never touch; the set itself is `runtime.spans.Spans`.
"""

from collections.abc import Iterable

import msgspec

from runtime.spans import Spans

Span = tuple[int, int]


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
        found = Spans.of_sorted(self.spans)
        found.add(first, last)
        return Ranges(tuple(found))

    def within(self, first: int, last: int) -> int:
        """How many numbers of `first` to `last` are in the set."""
        return sum(end - start + 1 for start, end in Spans.of_sorted(self.spans).within(first, last))

    def common(self, spans: Iterable[Span]) -> int:
        """How many numbers of `spans`, which are apart from each other, are in the set."""
        found = Spans.of_sorted(self.spans)
        return sum(end - start + 1 for first, last in spans for start, end in found.within(first, last))
