"""Which keys have changed since they were last popped: of each at most one mark, and none while nobody listens.

changed.listen() ─► add("a") add("b") add("a") ─► pop() == {"a", "b"} ─► pop() == set()
"""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class ChangedKeys(Generic[K]):
    """Marks for whoever follows what changes; the newest value is read when they are popped."""

    def __init__(self) -> None:
        self._keys: set[K] | None = None

    def listen(self) -> None:
        """Keep marks from now on."""
        if self._keys is None:
            self._keys = set()

    def stop(self) -> None:
        """Keep none any more."""
        self._keys = None

    def add(self, key: K) -> None:
        """Mark a key."""
        if self._keys is not None:
            self._keys.add(key)

    def update(self, keys: Iterable[K]) -> None:
        """Mark several."""
        if self._keys is not None:
            self._keys.update(keys)

    def pop(self) -> set[K]:
        """The keys that are marked, and none is any more."""
        if not self._keys:
            return set()
        taken, self._keys = self._keys, set()
        return taken
