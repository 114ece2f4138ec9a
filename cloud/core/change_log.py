"""Which names each of the latest editions of something changed, for those who keep what they made of it.

log.note(frozenset({"river"}))  ─► edition 8        log.since(7) -> {"river"}        log.since(2) -> None: any may have
"""

from collections import deque

KEPT = 64
"""Of so many editions it is known what they changed; whoever looks seldom looks at everything."""


class ChangeLog:
    """The editions of something that changes: `edition` is the newest."""

    def __init__(self) -> None:
        self.edition = 0
        self._latest: deque[frozenset[str] | None] = deque(maxlen=KEPT)

    def note(self, changed: frozenset[str] | None) -> None:
        """Begin another edition, in which these names changed; None: any may have."""
        self._latest.append(changed)
        self.edition += 1

    def since(self, edition: int | None) -> frozenset[str] | None:
        """The names that changed since an edition; None where any may have."""
        count = -1 if edition is None else self.edition - edition
        if not 0 <= count <= len(self._latest):
            return None
        latest = list(self._latest)[len(self._latest) - count :]
        known = [each for each in latest if each is not None]
        return frozenset[str]().union(*known) if len(known) == count else None
