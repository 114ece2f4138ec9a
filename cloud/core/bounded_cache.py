"""A dict that holds only so many entries: what was put in first makes room.

held = BoundedCache[str, int](most=2);  held["a"], held["b"], held["a"], held["c"] = 1, 2, 3, 4  -> {"a": 3, "c": 4}
"""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """Holds the `most` entries that were put in last, by subscription; one put in again is new."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        """Put an entry in, and the oldest ones out where there are more than may be."""
        self.pop(key, None)
        super().__setitem__(key, value)
        while len(self) > self._most:
            del self[next(iter(self))]
