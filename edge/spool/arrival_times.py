"""When readings came, coarsely:  (12.25 s, seq 1) (12.50 s, seq 41) …

Enough to tell young from old without a time for each reading.
"""

from collections import deque

STEP_S = 0.25


class ArrivalTimes:
    """Remembers the first seq of each quarter of a second; times are monotonic."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int]] = deque()

    def record(self, seq: int, now_s: float) -> None:
        """Reading `seq` comes now."""
        if not self._steps or now_s - self._steps[-1][0] >= STEP_S:
            self._steps.append((now_s, seq))

    def first_since(self, since_s: float) -> int | None:
        """The first reading that came at `since_s` or later, to a step, or None; older ones are forgotten."""
        while self._steps and self._steps[0][0] < since_s:
            self._steps.popleft()
        return self._steps[0][1] if self._steps else None

    def since_s(self, seq: int) -> float | None:
        """When reading `seq` came, to a step; None where it is not known any more."""
        return next((at_s for at_s, first in reversed(self._steps) if first <= seq), None)
