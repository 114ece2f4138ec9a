"""How long a connection leaves messages to wait for each other, since waking up for each costs most; pure.

a lone one    |      |         read at once: nothing is known to follow
a trickle     | ····| ····|    after a read nothing for 80 ms, then all that came meanwhile
more          |··|··|··|       so long as TOGETHER messages take: brokers hand out 20 and wait for their PUBACKs
a flood       |||||||||||      read as it comes
"""

GATHER_S = 0.08
TOGETHER = 10
SHORTEST_S = 0.005


class Trickle:
    """Counts the messages of one connection; times are monotonic."""

    def __init__(self) -> None:
        self._since_s = self._newest_s = float("-inf")
        self._count = 0
        self._gap_s = GATHER_S

    def rest_s(self, messages: int, *, now_s: float) -> float:
        """So many messages were read now: how long the next may wait for company; 0: not at all."""
        if not messages:
            return 0.0
        alone = now_s - self._newest_s > GATHER_S * 1.2
        self._newest_s = now_s
        if alone:
            self._since_s, self._count, self._gap_s = now_s, 0, GATHER_S
            return 0.0
        self._count += messages
        passed_s = now_s - self._since_s
        if passed_s >= GATHER_S / 2 or self._count >= 2 * TOGETHER:
            self._gap_s = passed_s / self._count
            self._since_s, self._count = now_s, 0
        rest_s = min(GATHER_S, TOGETHER * self._gap_s)
        return rest_s if rest_s >= SHORTEST_S else 0.0
