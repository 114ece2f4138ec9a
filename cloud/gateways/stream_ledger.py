"""The ledger of one stream: which seq were received and which declared lost, as ranges, and what never came.

received 1-90, 121-360    declared lost 88-100   ─►   StreamAccount(received=330, declared_lost=10, missing=20)
"""

import msgspec

from cloud.core.ranges import Ranges
from wire.batch import MAX_READINGS

MAX_SPANS = 1_000
"""Spans kept of one stream; a healthy one has a handful."""
MOST_AHEAD = 100_000_000
"""How far ahead of all that is known of a stream a range may begin: more readings than fit into a gateway's spool."""


class StreamAccount(msgspec.Struct, frozen=True):
    """One stream in numbers: `missing` are the readings from 1 to `last` neither received nor declared lost."""

    stream: str
    first: int
    last: int
    received: int
    missing: int
    declared_lost: int


class StreamLedger(msgspec.Struct, frozen=True):
    """One stream: what was received and declared lost, in seq from 1.

    `written_off` counts holes that were closed to keep the ledger small; they stay missing.
    """

    received: Ranges = Ranges()
    declared: Ranges = Ranges()
    duplicates: int = 0
    written_off: int = 0

    def receive(self, first: int, last: int) -> "StreamLedger":
        """The ledger after readings `first` to `last` have come, perhaps again."""
        again = self.received.within(max(1, first), last)
        return _kept_small(
            StreamLedger(
                self.received.add(max(1, first), last), self.declared, self.duplicates + again, self.written_off
            )
        )

    def declare(self, first: int, last: int) -> "StreamLedger":
        """The ledger after the gateway said that it lost readings `first` to `last`."""
        declared = self.declared.add(max(1, first), last)
        # forgetting a declaration counts its readings as missing: never fewer losses than there are
        return StreamLedger(self.received, Ranges(declared.spans[-MAX_SPANS:]), self.duplicates, self.written_off)

    def can_receive(self, first: int, last: int) -> bool:
        """Whether a batch of this stream can hold `first` to `last`."""
        return last - first < MAX_READINGS and first <= self.last + MOST_AHEAD

    def can_declare(self, last: int) -> bool:
        """Whether a loss of this stream can reach to `last`."""
        return last <= self.last + MOST_AHEAD

    @property
    def last(self) -> int:
        """The largest seq that is known of the stream."""
        return max(self.received.last, self.declared.last)

    def account(self, stream: str) -> StreamAccount:
        """The stream in numbers."""
        declared_lost = self.declared.size - self.received.common(self.declared.spans)
        held = self.received.size
        last = self.last
        spans = (*self.received.spans[:1], *self.declared.spans[:1])
        return StreamAccount(
            stream=stream,
            first=min((first for first, _ in spans), default=0),
            last=last,
            received=held - self.written_off,
            missing=last - held - declared_lost + self.written_off,
            declared_lost=declared_lost,
        )


def _kept_small(ledger: StreamLedger) -> StreamLedger:
    if len(ledger.received.spans) <= MAX_SPANS:
        return ledger
    (first, end), (start, last), *rest = ledger.received.spans
    closed = ledger.written_off + start - end - 1
    return StreamLedger(Ranges(((first, last), *rest)), ledger.declared, ledger.duplicates, closed)


class LedgerRecord(msgspec.Struct, frozen=True):
    """The ledger of a stream for a process that follows; None: it is closed."""

    gateway: str
    stream: str
    ledger: StreamLedger | None
