"""How fast a count grows of late:  12 samples, one each 30 s  ─►  (count now - oldest) / (now - its time)  per second

Pure: times are monotonic seconds, and are handed in. A sample costs 100 bytes, whatever the count is of.
"""

from collections import deque

SAMPLES = 12
_SOONEST_S = 5.0
"""Before it a rate would be a guess."""


class RateWindow:
    """The rate of one count, over the last `SAMPLES` times `every_s` seconds, or since it is counted."""

    __slots__ = ("_every_s", "_samples")

    def __init__(self, *, now_s: float, count: int = 0, every_s: float = 30.0) -> None:
        self._every_s = every_s
        self._samples = deque([(now_s, count)], maxlen=SAMPLES)

    def restart(self, count: int, *, now_s: float) -> None:
        """What was before does not count any more: a port was opened again."""
        self._samples.clear()
        self._samples.append((now_s, count))

    def record(self, count: int, *, now_s: float) -> None:
        """To be called each second or so; most calls find that it is not time yet."""
        if now_s - self._samples[-1][0] >= self._every_s:
            self._samples.append((now_s, count))

    def per_s(self, count: int, *, now_s: float) -> float | None:
        """How much it grew each second of late; None where that cannot be said yet."""
        since_s, before = self._samples[0]
        if now_s - since_s < _SOONEST_S:
            return None
        return max(0.0, (count - before) / (now_s - since_s))


class Throughput:
    """How fast readings come into the spool, over six minutes, and how fast the cloud acknowledges them, over one."""

    def __init__(self, *, now_s: float) -> None:
        self.came = RateWindow(now_s=now_s)
        self.acknowledged = RateWindow(now_s=now_s, every_s=5.0)

    def record(self, *, came: int, acknowledged: int, now_s: float) -> None:
        """So many have come, and were acknowledged, since the agent started; to be called each second or so."""
        self.came.record(came, now_s=now_s)
        self.acknowledged.record(acknowledged, now_s=now_s)
