"""How long we have listened: silence counts only the time in which a reading would have been heard.

 beat  beat  beat            beat  beat            beat …
──┼─────┼─────┼───── asleep ───┼─────┼─── grace ────┼─────►  since boot
  + 1 s + 1 s       late: 0          0              + 1 s    listened

A beat that comes late means that we were deaf: stopped, suspended, a frozen virtual machine. So does a broker that is
away, or a store that takes nothing. What was sent meanwhile comes first, for a while, before silence counts again.
"""

from collections.abc import Callable

from runtime import clock

LATE_MS = 5_000
"""A beat is due each second: one that comes later than that after the one before was not just waiting its turn."""


class Hearing:
    """Counts the milliseconds in which we listened; `grace_ms` after we were deaf it begins again."""

    def __init__(self, *, grace_ms: int, late_ms: int = LATE_MS, boot_ms: Callable[[], int] = clock.boot_ms) -> None:
        self.grace_ms = grace_ms
        self._late_ms = late_ms
        self._boot_ms = boot_ms
        self._listened_ms = 0
        self._beat_ms = boot_ms()
        self._deaf_ms: int | None = None
        self._late_at_ms: int | None = None
        self._counts = True  # the time since the last beat
        self._word: float | None = None
        self._unproven_ms = 0

    @property
    def hears(self) -> bool:
        """Whether silence means anything now."""
        return self._is_over(self._deaf_ms, self.grace_ms) and not self._is_late()

    def was_awake(self, within_ms: int) -> bool:
        """Whether no beat has been late within that time, nor is one now."""
        return self._is_over(self._late_at_ms, within_ms) and not self._is_late()

    def now_ms(self) -> int:
        """How long we have listened by now."""
        return self._listened_ms if self._unproven_ms else self.heard_ms()

    def heard_ms(self) -> int:
        """How long we have listened as something is heard, which proves that we did."""
        return (
            self._listened_ms
            + self._unproven_ms
            + (self._boot_ms() - self._beat_ms if self._counts and self.hears else 0)
        )

    def beat(self, *, listening: bool, word: float | None = None) -> None:
        """A second has passed, in which readings could come in or not.

        `word` changes with each packet of the broker; time counts once one came after it. None: it always counts.
        """
        now_ms = self._boot_ms()
        passed_ms = now_ms - self._beat_ms
        if self._is_late():
            self._deaf_ms = self._late_at_ms = now_ms
        self._beat_ms = now_ms
        if not listening:
            self._deaf_ms = now_ms
        if self._deaf_ms == now_ms:
            self._unproven_ms = 0
        elif self._counts:
            self._unproven_ms += passed_ms
        self._counts = self.hears
        if word is None or word != self._word:
            self._listened_ms += self._unproven_ms
            self._word, self._unproven_ms = word, 0

    def _is_late(self) -> bool:
        return self._boot_ms() - self._beat_ms > self._late_ms

    def _is_over(self, since_ms: int | None, ms: int) -> bool:
        return since_ms is None or self._boot_ms() - since_ms >= ms
