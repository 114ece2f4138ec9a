"""How much of the backlog may be under way, so that a live reading behind it waits half a second at most.

   what an ack takes by itself, 0.02 s       budget = 2,000 bytes a second x (0.02 s + 0.5 s) = 1,040 bytes
   and what the link carries, 2 kB/s         on a good link: 1 MB, in batches of 5,000 readings

What the link carries is what was acknowledged of the backlog while a batch was under way, the most of late. What an ack
takes by itself is the least that was seen: now and then the link is let run empty to see it anew, since the way, the
broker or the store may have become slower by themselves. Both as in BBR (ACM Queue 14/5, 2016). Pure.
"""

FIRST_BYTES = 4_000
LEAST_BYTES = 1_000
MOST_BYTES = 1_000_000
MOST_READINGS = 5_000
EACH_BYTES = 200
"""What topic, headers and the answers of the broker add to a batch."""
WAIT_S = 0.5
"""What lies before a live reading may take so long to be sent."""
NO_QUEUE_S = 0.1
"""An ack that takes no longer than this beyond the least had nothing to wait for: the link may carry twice as much."""
SEEN_ANEW_S = 30.0
_BATCHES = 3
"""So many share the budget: one on its way, one in the cloud, one acknowledged."""
_FORGETS = 0.9
"""Of the rate, with each ack that was slower."""


class BacklogPace:
    """Learns from acks; times are monotonic, sizes payloads in bytes. No batch is larger than `most_batch_bytes`."""

    def __init__(self) -> None:
        self.most_batch_bytes: float = MOST_BYTES
        self.restart()

    def restart(self) -> None:
        """The connection is new: it may go another way."""
        self._bytes_s = 0.0
        self._gain = 1
        self._own_s = float("inf")
        self._own_seen_s = float("-inf")
        self._bytes_a_reading = 10.0
        self._acked_bytes = 0
        self._acked_when_sent: dict[float, int] = {}

    @property
    def budget(self) -> float:
        """How many bytes of the backlog may be under way."""
        wanted = self._gain * self._bytes_s * (self._own_s + WAIT_S) if self._bytes_s else FIRST_BYTES
        return max(LEAST_BYTES, min(wanted, MOST_BYTES))

    @property
    def batch_bytes(self) -> float:
        """How large the next batch of the backlog should be."""
        return max(LEAST_BYTES, min(self.budget / _BATCHES, self.most_batch_bytes))

    @property
    def most_bytes(self) -> int:
        """How large a batch of the backlog may be that was made on a better link."""
        return int(max(LEAST_BYTES, min(self.budget, self.most_batch_bytes)))

    def batch_readings(self, most_bytes: int) -> int:
        """How many readings the next batch of the backlog should have, which the broker takes up to `most_bytes`."""
        return max(1, min(MOST_READINGS, int(min(self.batch_bytes, most_bytes) / self._bytes_a_reading)))

    def may_send(self, under_way: int, *, now_s: float) -> bool:
        """Whether one more batch may be sent while `under_way` bytes of the backlog have no ack."""
        is_stale = bool(self._bytes_s) and now_s - self._own_seen_s > SEEN_ANEW_S
        return not under_way or (not is_stale and under_way + self.batch_bytes <= self.budget * 1.1)

    def sent(self, size: int, readings: int, *, now_s: float) -> None:
        """A batch of the backlog was sent."""
        self._acked_when_sent[now_s] = self._acked_bytes
        if readings:
            self._bytes_a_reading += 0.3 * (size / readings - self._bytes_a_reading)

    def acked(self, size: int, *, sent_s: float, now_s: float, alone: bool) -> None:
        """A batch of the backlog was acknowledged; `alone`: nothing else of it was under way."""
        self._acked_bytes += size + EACH_BYTES
        delay_s = max(now_s - sent_s, _SHORTEST_S)
        before = self._acked_when_sent.get(sent_s, self._acked_bytes - size - EACH_BYTES)
        self._bytes_s = max(self._bytes_s * _FORGETS, (self._acked_bytes - before) / delay_s)
        if delay_s <= self._own_s or (alone and now_s - self._own_seen_s > SEEN_ANEW_S):
            self._own_s, self._own_seen_s = delay_s, now_s
        self._gain = 2 if delay_s - self._own_s < NO_QUEUE_S else 1
        self._acked_when_sent = {at_s: acked for at_s, acked in self._acked_when_sent.items() if at_s >= sent_s}

    def failed(self) -> None:
        """No ack came in time."""
        self._bytes_s /= 2


_SHORTEST_S = 0.001
