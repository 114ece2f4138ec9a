"""Acks of streams that were never here:  another agent has the same id, and its acks come here too."""

import logging

_log = logging.getLogger(__name__)

MOST_STREAMS = 100


class StrangeAcks:
    """Says of each strange stream once that it came; times are monotonic."""

    def __init__(self) -> None:
        self.last_s = float("-inf")
        self._streams: set[str] = set()

    def record(self, stream: str, *, now_s: float) -> None:
        """An ack of `stream` came, of which nothing is here."""
        self.last_s = now_s
        if stream not in self._streams and len(self._streams) < MOST_STREAMS:
            self._streams.add(stream)
            _log.info("ack of stream %.64r, of which nothing is here; it is ignored", stream)
