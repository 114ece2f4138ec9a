"""How long we have listened: silence counts only the time in which a reading would have been heard.

 tick  tick  tick            tick  tick            tick …
──┼─────┼─────┼───── asleep ───┼─────┼─── grace ────┼─────►  since boot
  + 1 s + 1 s       late: 0          0              + 1 s    listened

A tick that comes late means that we could hear nothing: stopped, suspended, a frozen virtual machine. So does a broker
that is away, or a store that takes nothing. What was sent meanwhile comes first: for a while silence does not count.
"""

from collections.abc import Callable

from runtime import clock

LATE_MS = 5_000
"""A tick is due each second: one that comes later than that after the one before was not just waiting its turn."""


class ListeningTime:
    """Counts the milliseconds in which we listened; `grace_ms` after we could hear nothing it begins again."""

    def __init__(self, *, grace_ms: int, late_ms: int = LATE_MS, boot_ms: Callable[[], int] = clock.boot_ms) -> None:
        self.grace_ms = grace_ms
        self._late_ms = late_ms
        self._boot_ms = boot_ms
        self._proven_ms = 0
        self._unproven_ms = 0  # listened since the broker's last packet: it may be gone without our knowing
        self._tick_ms = boot_ms()
        self._deaf_at_ms: int | None = None
        self._late_at_ms: int | None = None
        self._counts = True  # the time since the last tick
        self._last_packet_s: float | None = None

    @property
    def is_listening(self) -> bool:
        """Whether silence means anything now."""
        return self._is_over(self._deaf_at_ms, self.grace_ms) and not self._is_late()

    def was_on_time(self, within_ms: int) -> bool:
        """Whether no tick has been late within that time, nor is one now."""
        return self._is_over(self._late_at_ms, within_ms) and not self._is_late()

    def listened_ms(self) -> int:
        """How long we have listened by now."""
        return self._proven_ms if self._unproven_ms else self.listened_when_heard_ms()

    def listened_when_heard_ms(self) -> int:
        """How long we have listened, asked as something is heard: that proves the whole time since the last tick."""
        since_tick_ms = self._boot_ms() - self._tick_ms if self._counts and self.is_listening else 0
        return self._proven_ms + self._unproven_ms + since_tick_ms

    def tick(self, *, listening: bool, last_packet_s: float | None = None) -> None:
        """Count a second that has passed, in which readings could come in or not.

        `last_packet_s` is when the broker's last packet came: time counts once one came after it. None: it always
        counts.
        """
        now_ms = self._boot_ms()
        passed_ms = now_ms - self._tick_ms
        if self._is_late():
            self._deaf_at_ms = self._late_at_ms = now_ms
        self._tick_ms = now_ms
        if not listening:
            self._deaf_at_ms = now_ms
        if self._deaf_at_ms == now_ms:
            self._unproven_ms = 0
        elif self._counts:
            self._unproven_ms += passed_ms
        self._counts = self.is_listening
        if last_packet_s is None or last_packet_s != self._last_packet_s:
            self._proven_ms += self._unproven_ms
            self._last_packet_s, self._unproven_ms = last_packet_s, 0

    def _is_late(self) -> bool:
        return self._boot_ms() - self._tick_ms > self._late_ms

    def _is_over(self, since_ms: int | None, ms: int) -> bool:
        return since_ms is None or self._boot_ms() - since_ms >= ms
