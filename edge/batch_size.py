"""How large a batch may be: brokers have limits of their own, and under MQTT 3.1.1 they do not tell.

    largest acknowledged 3 kB  <  limit  <  30 kB refused (failed twice while others were acknowledged)

Some drop the message and say PUBACK, some end the connection: either way no ack comes, however often it is sent. While
nothing at all is acknowledged each attempt is half as large, so that a size that passes is found; then the limit is
searched between the two, and kept over restarts. It is tried again every six hours, since brokers change too. Pure.
"""

from collections.abc import Mapping

from wire.batch import MAX_BATCH_BYTES

TRY_AGAIN_S = 6 * 3_600.0
SMALLEST_BYTES = 256
_CLOSE = 1.25
"""Where `refused` is at most so many times the largest acknowledged, the search ends."""
_KEY = "uplink.batch_bytes"


class BatchSize:
    """Learns from what is acknowledged and what is not; times are monotonic, sizes are payloads in bytes."""

    def __init__(self) -> None:
        self.largest_acked = 0
        self.refused: int | None = None
        self._refused_s = 0.0
        self._suspect: int | None = None
        self._failures = 0  # one after the other, with no ack between
        self._first_failed = self._least_failed = MAX_BATCH_BYTES  # of these

    @property
    def limit(self) -> int:
        """How large the next batch may be."""
        halvings = max(0, self._failures - 1)  # once is an accident
        attempt = self._first_failed >> halvings if halvings else MAX_BATCH_BYTES
        return max(SMALLEST_BYTES, min(self._between(), attempt))

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
        if self._suspect is not None and size >= self._suspect:
            self._suspect = None
        if self.refused is not None and (size >= self.refused or now_s - self._refused_s > TRY_AGAIN_S):
            self.refused = None

    def failed(self, size: int) -> None:
        """No ack came for a batch of `size` bytes; of several, call it for the largest."""
        if not self._failures:
            self._first_failed = self._least_failed = size
        self._failures += 1
        self._least_failed = min(self._least_failed, size)

    def _end_failures(self, size: int, now_s: float) -> None:
        """The size that failed twice before smaller ones passed is refused; after an outage all sizes pass again."""
        least, self._failures = self._least_failed, 0
        if self._suspect is not None and size < least <= self._suspect * _CLOSE:
            self.refused, self._refused_s, self._suspect = least, now_s, None
            self.largest_acked = size if self.largest_acked >= least else self.largest_acked
        else:
            self._suspect = least

    def _between(self) -> int:
        if self.refused is None:
            return MAX_BATCH_BYTES
        if self.largest_acked > 0 and self.refused <= self.largest_acked * _CLOSE:
            return self.largest_acked
        return max(SMALLEST_BYTES, (self.largest_acked + self.refused) // 2)
