"""Hours of series that are to be computed at a later time: when a minute, ten minutes or the hour have ended.

add(10:00, ("air", "pm2_5"), {hour 498_761}) ─► pop_due(10:00) ─► the queue
"""

from collections import defaultdict
from collections.abc import Iterable

from cloud.derived.recompute_queue import Key, RecomputeQueue


class DueLater:
    """Hours of series by the time at which they are due."""

    def __init__(self) -> None:
        self._due: defaultdict[int, RecomputeQueue] = defaultdict(RecomputeQueue)

    def add(self, due_ms: int, key: Key, hours: Iterable[int]) -> None:
        """Have hours of a series computed at `due_ms` (UTC)."""
        self._due[due_ms].add_hours(*key, hours)

    def move_due(self, now_ms: int, queue: RecomputeQueue) -> None:
        """Put what is due by `now_ms` (UTC) into `queue`."""
        for due_ms in [due_ms for due_ms in self._due if due_ms <= now_ms]:
            due = self._due.pop(due_ms)
            queue.put_back(due.pop(due.keys()))

    def __len__(self) -> int:
        return sum(map(len, self._due.values()))
