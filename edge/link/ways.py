"""Which of several interfaces the uplink goes over:  via = ["wlan0", "wwan0"], the better one first

wlan0 ─ no ack for 30 s ─► wwan0, and the log and the status say so
wlan0 is asked once a minute ─ has answered for 300 s ─► wlan0 again

Where none brings an ack the cloud is away, and changing helps nobody: each round takes twice as long, up to an hour. A
better one that fails soon after the return must answer twice as long the next time. Pure; times are monotonic.
"""

from collections.abc import Sequence

from runtime.backoff import doubled_s

LONGEST_S = 3_600.0
PROBE_EVERY_S = 60.0
_SOON = 3
"""A return was too early where it held for less than so many times the time that was asked of it."""


class Ways:
    """The interfaces, and the one that is used; without any, the kernel's choice."""

    def __init__(self, names: Sequence[str], *, takeover_s: float, return_s: float, now_s: float) -> None:
        self._names = list(names)
        self._takeover_s = takeover_s
        self._return_s = self._asked_s = return_s
        self._at = 0
        self._changed_s = now_s
        self._away_s: float | None = now_s
        self._fruitless = 0
        self._returned = False
        self._early_returns = 0
        self._good_since_s: dict[int, float] = {}
        self._probe_s = now_s
        self._why = ""

    @property
    def name(self) -> str:
        """The interface that is used."""
        return self._names[self._at]

    @property
    def note(self) -> str:
        """A sentence for the status; empty while it is the best one."""
        return f"the uplink goes over {self.name}: {self._why}" if self._at else ""

    def heard(self, *, connected: bool, acked_s: float, unheard_since_s: float | None, now_s: float) -> str:
        """How the one in use does; a sentence where another takes over from now on.

        `acked_s` is when the last ack came, `unheard_since_s` since when something that was sent waits for one.
        """
        self._away_s = None if connected else self._away_s if self._away_s is not None else now_s
        if acked_s > self._changed_s:
            self._fruitless = 0
        since_s = unheard_since_s if connected else self._away_s
        bad_s = 0.0 if since_s is None else now_s - max(since_s, self._changed_s)
        rounds = self._fruitless // len(self._names)
        wait_s = doubled_s(rounds + 1, first_s=self._takeover_s, longest_s=LONGEST_S)
        if bad_s < wait_s or len(self._names) == 1:
            return ""
        too_early = self._returned and now_s - bad_s - self._changed_s < _SOON * self._asked_s
        self._early_returns = self._early_returns + 1 if too_early else 0
        self._asked_s = doubled_s(self._early_returns + 1, first_s=self._return_s, longest_s=LONGEST_S)
        before = self.name
        failed = "has brought no ack" if connected else "has reached no broker"
        self._why = f"{before} {failed} for {bad_s:.0f} s"
        self._fruitless += 1
        self._change((self._at + 1) % len(self._names), now_s)
        self._returned = False
        return f"{self._why}; the uplink goes over {self.name}"

    def to_probe(self, *, now_s: float) -> list[str]:
        """The better ones that are to be asked now."""
        if not self._at or now_s - self._probe_s < PROBE_EVERY_S:
            return []
        self._probe_s = now_s
        return self._names[: self._at]

    def probed(self, name: str, *, answered: bool, now_s: float) -> str:
        """What a better one did when it was asked; a sentence where the uplink returns to it."""
        at = self._names.index(name)
        if at >= self._at:
            return ""
        if not answered:
            self._good_since_s.pop(at, None)
            return ""
        good_s = now_s - self._good_since_s.setdefault(at, now_s)
        if good_s < self._asked_s:
            return ""
        self._change(at, now_s)
        self._returned = True
        return f"{name} has answered for {good_s:.0f} s; the uplink goes over it again"

    def _change(self, at: int, now_s: float) -> None:
        self._at, self._changed_s, self._probe_s = at, now_s, now_s
        self._away_s = now_s
        self._good_since_s = {}
