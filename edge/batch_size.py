"""How large a batch may be: brokers have limits of their own, and under MQTT 3.1.1 they do not tell.

    1.4 kB passes · 2.8 kB fails · 1.4 kB passes · 2.8 kB fails · 1.4 kB passes ─► 2.8 kB is refused, 1.4 kB are sent

Some drop the message and say PUBACK, some end the connection: either way no ack comes, however often it is sent, and
each attempt costs a connection or `ack_timeout_s`. So no batch is more than twice as large as one that has passed, and
after a failure one goes that is known to pass, or half of what failed. Refused is a size that failed twice while
nothing as large passed; one that has passed before must fail three times, since links break too. It is kept over
connections and restarts, and tried again every six hours, since brokers change. Pure.
"""

from collections.abc import Mapping

from wire.batch import MAX_BATCH_BYTES

TRY_AGAIN_S = 6 * 3_600.0
SMALLEST_BYTES = 256
FIRST_BYTES = 4_000
"""How large a batch may be while none has passed."""
_GROWS = 2
"""A batch may be so many times as large as the largest that has passed."""
_SUSPECT_S = 600.0
"""A failure that nothing confirms for so long was an accident."""
_KEY = "uplink.batch_bytes"


class BatchSize:
    """Learns from what is acknowledged and what is not; times are monotonic, sizes are payloads in bytes."""

    def __init__(self) -> None:
        self.largest_acked = 0
        self.refused: int | None = None
        self._refused_s = 0.0
        self._suspect: int | None = None
        self._suspicions = 0
        """How often a size failed while smaller ones passed, and none of `_suspect` bytes or more since then."""
        self._suspected_s = 0.0
        self._failures = 0  # one after the other, with no ack between
        self._least_failed = MAX_BATCH_BYTES  # of these

    @property
    def limit(self) -> int:
        """How large the next batch may be."""
        return max(SMALLEST_BYTES, min(self._between(), self._after_failures()))

    @property
    def note(self) -> str:
        """A sentence for the status; empty where there is nothing to say."""
        if self.refused is None:
            return ""
        return (
            f"batches of {self.refused} bytes do not arrive, so they are kept below {self._between()}: the broker has "
            f"a limit of its own, or the link breaks; let it take {MAX_BATCH_BYTES} bytes (Mosquitto: "
            "message_size_limit, max_packet_size)"
        )

    def remember(self, kept: Mapping[str, str], *, now_s: float) -> None:
        """Take over what an earlier start has found."""
        words = kept.get(_KEY, "").split()
        if len(words) == 2 and all(map(str.isdecimal, words)):
            self.largest_acked, self.refused, self._refused_s = int(words[0]), int(words[1]), now_s

    def memory(self) -> dict[str, str]:
        """What the next start should know."""
        return {_KEY: "" if self.refused is None else f"{self.largest_acked} {self.refused}"}

    def acked(self, size: int, *, now_s: float) -> None:
        """A batch of `size` bytes was acknowledged."""
        if self._failures:
            self._end_failures(size, now_s)
        self.largest_acked = max(self.largest_acked, size)
        if self._suspect is not None and (size >= self._suspect or now_s - self._suspected_s > _SUSPECT_S):
            self._suspect, self._suspicions = None, 0
        if self.refused is not None and (size >= self.refused or now_s - self._refused_s > TRY_AGAIN_S):
            self.refused = None

    def failed(self, size: int) -> None:
        """No ack came for a batch of `size` bytes; of several, call it for the largest."""
        self._least_failed = min(self._least_failed, size) if self._failures else size
        self._failures += 1

    def _end_failures(self, size: int, now_s: float) -> None:
        """A smaller batch has passed after those that failed: was it their size? After an outage all sizes pass."""
        least, self._failures = self._least_failed, 0
        if size >= least:
            return
        passed_before = least <= self.largest_acked
        if self.refused is not None and not passed_before:  # there is a limit, and the search for it goes on
            self.refused, self._refused_s = min(least, self.refused), now_s
            return
        self._suspect = least if self._suspect is None else min(self._suspect, least)
        self._suspicions, self._suspected_s = self._suspicions + 1, now_s
        if self._suspicions >= (3 if passed_before else 2):
            self.refused, self._refused_s = self._suspect, now_s
            self.largest_acked = size if self.largest_acked >= self._suspect else self.largest_acked
            self._suspect, self._suspicions = None, 0

    def _after_failures(self) -> int:
        if not self._failures:
            return MAX_BATCH_BYTES
        return self.largest_acked if 0 < self.largest_acked < self._least_failed else self._least_failed // 2

    def _between(self) -> int:
        larger = max(FIRST_BYTES, _GROWS * self.largest_acked)
        if self.refused is None:
            return min(larger, MAX_BATCH_BYTES)
        if self.largest_acked == 0:
            return max(SMALLEST_BYTES, self.refused // 2)
        return self.largest_acked if _GROWS * self.largest_acked >= self.refused else _GROWS * self.largest_acked
