"""Sets of whole numbers as spans:  [1..90] [120..360]

Each span has both its ends; spans are sorted and never touch. Spool and accounts count seq with them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Self


class Spans:
    """A set of whole numbers, cheap while its members lie side by side."""

    __slots__ = ("_firsts", "_lasts", "total")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self.total = 0
        for first, last in ranges:
            self.add(first, last)

    @property
    def runs(self) -> int:
        """How many ranges it has."""
        return len(self._firsts)

    @classmethod
    def of_sorted(cls, spans: Sequence[tuple[int, int]]) -> Self:
        """The set of spans that are sorted and apart already."""
        made = cls()
        made._firsts, made._lasts = [first for first, _ in spans], [last for _, last in spans]
        made.total = sum(made._lasts) - sum(made._firsts) + len(spans)
        return made

    def add(self, first: int, last: int) -> None:
        """Put `first` to `last` in; nothing happens to those that are in already, or if `last < first`."""
        if last < first:
            return
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        for at in range(low, high):
            self.total -= self._lasts[at] - self._firsts[at] + 1
        if low < high:
            first, last = min(first, self._firsts[low]), max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]
        self.total += last - first + 1

    def remove(self, first: int, last: int) -> list[tuple[int, int]]:
        """Take `first` to `last` out, and give back the ranges of it that were in."""
        taken = self.within(first, last)
        if not taken:
            return taken
        low = bisect_left(self._lasts, first)
        high = bisect_right(self._firsts, last)
        kept = [(self._firsts[low], first - 1), (last + 1, self._lasts[high - 1])]
        kept = [(start, end) for start, end in kept if start <= end]
        self._firsts[low:high] = [start for start, _ in kept]
        self._lasts[low:high] = [end for _, end in kept]
        self.total -= sum(end - start + 1 for start, end in taken)
        return taken

    def within(self, first: int, last: int) -> list[tuple[int, int]]:
        """The ranges of the set that lie in `first` to `last`, cut to it."""
        if last < first:
            return []
        low = bisect_left(self._lasts, first)
        high = bisect_right(self._firsts, last)
        return [(max(first, self._firsts[at]), min(last, self._lasts[at])) for at in range(low, high)]

    def next_from(self, seq: int) -> int | None:
        """The lowest member that is `seq` or more."""
        at = bisect_left(self._lasts, seq)
        return max(seq, self._firsts[at]) if at < len(self._firsts) else None

    def first_run(self) -> tuple[int, int] | None:
        """The lowest range."""
        return (self._firsts[0], self._lasts[0]) if self._firsts else None

    def without(self, other: "Spans") -> "Spans":
        """The members that are not in `other`."""
        left = Spans(self)
        for first, last in other:
            left.remove(first, last)
        return left

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._firsts, self._lasts, strict=True))

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __contains__(self, seq: int) -> bool:
        return self.next_from(seq) == seq

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return " ".join(f"[{first}..{last}]" for first, last in self) or "[]"
