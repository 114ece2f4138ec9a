"""A link that may carry so much:  max_kbit_s = 16, which is 2,000 bytes a second

a second's worth is saved at most ─► sent while any is left, the last message on credit ─► paid off before the next

Counted is what leaves the gateway, with what MQTT, TLS, TCP and IP add to it. Pure; times are monotonic.
"""

PACKET_BYTES = 1_400
HEADERS_BYTES = 52
"""IP and TCP with its time stamps, of each packet."""
MQTT_BYTES = 7
"""Type, length (up to four), the topic's length and the number of the message."""
TLS_BYTES = 29
SAVED_S = 1.0


def bytes_on_the_link(messages: int, size: int, *, tls: bool) -> float:
    """How many bytes leave for `messages` of together `size` bytes of topic and payload, at most.

    Two packets more each: PUBACK and ack come one by one, and TCP says of each that it came.
    """
    each = MQTT_BYTES + 3 * HEADERS_BYTES + (TLS_BYTES if tls else 0)
    return messages * each + size * (1 + HEADERS_BYTES / PACKET_BYTES)


class Meter:
    """How much may be sent now; without a limit, anything."""

    def __init__(self, max_kbit_s: float, *, now_s: float) -> None:
        self.bytes_s = max_kbit_s * 1_000 / 8
        self._left = self.bytes_s * SAVED_S
        self._at_s = now_s

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self.bytes_s > 0

    def spend(self, size: float, *, now_s: float) -> None:
        """`size` bytes were sent, whether they might or not."""
        self._earn(now_s)
        self._left -= size

    def is_free(self, *, now_s: float) -> bool:
        """Whether a message may be sent now."""
        self._earn(now_s)
        return not self.is_limited or self._left > 0

    def free_at_s(self) -> float:
        """When a message may be sent again."""
        return self._at_s + max(0.0, -self._left) / self.bytes_s + _A_MOMENT_S if self.is_limited else self._at_s

    def _earn(self, now_s: float) -> None:
        earned = (now_s - self._at_s) * self.bytes_s
        self._left = min(self.bytes_s * SAVED_S, self._left + max(0.0, earned))
        self._at_s = now_s


_A_MOMENT_S = 0.001
