"""What the uplink sends next: batches in flight, resend, live before backlog; pure, the clock is handed in.

live readings: at once, and while an ack is under way gathered until it comes, or for GATHER_S
acks: read when something waits to be sent, else with what is sent next, or after ACKS_WAIT_S

window of 8:  live live backlog backlog backlog · · ·       one place is kept for live, one for the backlog
no ack in time: the range is sent again; no ack at all: one probe at a time, with growing pauses
an ack after an outage: what was sent into it is due at once
"""

import random
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import msgspec

from edge.spool.spans import SeqRange
from runtime.backoff import doubled_s
from wire import Lost

GATHER_S = 0.01
"""While an ack is under way live readings wait so long for it at most, on a link that takes longer."""
ACKS_WAIT_S = 0.5
"""While nothing waits to be sent nobody needs an ack before the disk is forced: so long it may wait in the socket."""
LONGEST_PAUSE_S = 15.0
"""Between probes of a cloud that is silent: an alarm waits so long at most when it is back."""
LONGEST_PAUSE_OF_A_RANGE_S = 600.0
"""A batch that the cloud never acknowledges, while it acknowledges others, must not fill the link."""


class SendStep(Enum):
    """What to send."""

    LIVE = "live"
    AGAIN = "again"
    BACKLOG = "backlog"
    LOSSES = "losses"


class Offer(NamedTuple):
    """What there is to send: live readings and since when (monotonic), and whether there is any of the others."""

    live: int = 0
    live_since_s: float = 0.0
    again: bool = False
    backlog: bool = False
    losses: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be sent."""
        return not (self.live or self.again or self.backlog or self.losses)


class InFlightBatch(msgspec.Struct, frozen=True):
    """A batch of `size` bytes on its way: sent for the `tries`-th time at `sent_s`.

    `span` is empty where it only carries losses.
    """

    span: SeqRange
    sent_s: float
    tries: int = 1
    live: bool = True
    lost: tuple[Lost, ...] = ()
    size: int = 0


class Window:
    """The batches in flight and the rules for the next one."""

    def __init__(
        self,
        *,
        size: int,
        ack_timeout_s: float,
        batch_s: float,
        batch_readings: int,
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.0),  # noqa: S311 - not a secret
    ) -> None:
        self.in_flight: dict[SeqRange, InFlightBatch] = {}
        self._size = size
        self._ack_timeout_s = ack_timeout_s
        self.batch_s = batch_s
        self._batch_readings = batch_readings
        self._jitter = jitter
        self.unheard_since_s: float | None = None
        """Since when something that was sent waits for an ack, of itself or of what was sent before it."""
        self._live = 0
        self._live_sent_s = float("-inf")
        self._doubts = 0
        self._doubted_s = float("-inf")
        self._unheard: set[SeqRange] = set()
        self._resume_s = 0.0
        self._acked_s = float("-inf")
        self._flushed_s = float("-inf")

    def use(self, *, size: int, ack_timeout_s: float, batch_s: float, batch_readings: int) -> None:
        """Work by other settings from now on."""
        self._size, self._ack_timeout_s = size, ack_timeout_s
        self.batch_s, self._batch_readings = batch_s, batch_readings

    def flush(self, *, now_s: float) -> None:
        """Gather no more what came until now."""
        self._flushed_s = now_s

    @property
    def is_outage(self) -> bool:
        """Whether several ranges had no ack since the last one came: so it is not one range that the cloud refuses."""
        return len(self._unheard) > 1

    @property
    def old_bytes(self) -> int:
        """How many bytes in flight are of the backlog."""
        if len(self.in_flight) == self._live:
            return 0
        return sum(batch.size for batch in self.in_flight.values() if not batch.live)

    def plan(self, offer: Offer, *, now_s: float) -> SendStep | None:
        """What to send now, if anything."""
        if len(self.in_flight) >= self._size or self._must_wait(now_s):
            return None
        old = offer.again or offer.backlog
        if self._is_gathered(offer, now_s) and self._live < self._size - (1 if old else 0):
            return SendStep.LIVE
        if old and len(self.in_flight) - self._live < self._size - 1:
            return SendStep.AGAIN if offer.again else SendStep.BACKLOG
        if offer.losses and not any(batch.lost for batch in self.in_flight.values()):
            return SendStep.LOSSES
        return None

    def wake_s(self, offer: Offer, *, next_again_s: float | None, now_s: float) -> float | None:
        """When `plan` may answer otherwise, though nothing else happens."""
        times = [batch.sent_s + self._ack_timeout_s for batch in self.in_flight.values()]
        if self._doubts and not self.in_flight:
            times.append(self._resume_s)
        if offer.live and not self._is_gathered(offer, now_s):
            times.append(self._gathered_s(offer))
        if next_again_s is not None:
            times.append(next_again_s)
        return min((at_s for at_s in times if at_s > now_s), default=None)

    def sent(self, batch: InFlightBatch) -> None:
        """`batch` was sent."""
        self.unheard_since_s = batch.sent_s if self.unheard_since_s is None else self.unheard_since_s
        self.in_flight[batch.span] = batch
        self._live += batch.live
        if batch.live:
            self._live_sent_s = batch.sent_s

    def ack(self, ack: SeqRange, *, now_s: float) -> list[InFlightBatch]:
        """Give the batches that `ack` covers whole; they are over. A batch of losses alone needs an ack of its own."""
        self._acked_s, self._doubts = now_s, 0
        self._unheard.clear()
        over = [self._end(batch) for batch in list(self.in_flight.values()) if _covers(ack, batch.span)]
        self.unheard_since_s = now_s if self.in_flight else None
        return over

    def end(self, span: SeqRange) -> None:
        """The batch of `span` is acknowledged or lost by other ways."""
        if span in self.in_flight:
            self._end(self.in_flight[span])

    def overdue(self, *, now_s: float) -> list[InFlightBatch]:
        """Give the batches that had no ack in time; they are over, and their ranges are to be sent again.

        A window that was sent before the first doubt raises that one alone: each probe after it raises the next.
        """
        late = [batch for batch in self.in_flight.values() if now_s - batch.sent_s >= self._ack_timeout_s]
        if late and self._acked_s <= min(batch.sent_s for batch in late):
            if not self.is_outage:  # two are enough to know
                self._unheard.update(batch.span for batch in late)
            if max(batch.sent_s for batch in late) >= self._doubted_s:
                self._doubts += 1
                self._doubted_s = now_s
                self._resume_s = now_s + self._pause_s(self._doubts, LONGEST_PAUSE_S)
        return [self._end(batch) for batch in late]

    def reconnected(self) -> list[InFlightBatch]:
        """The connection is new: all batches in flight are over, and their ranges are to be sent again."""
        self._doubts = 0
        return [self._end(batch) for batch in list(self.in_flight.values())]

    def pause_of_a_range_s(self, tries: int) -> float:
        """How long a range waits that was sent `tries` times in vain."""
        return self._pause_s(tries, LONGEST_PAUSE_OF_A_RANGE_S)

    def _must_wait(self, now_s: float) -> bool:
        return bool(self._doubts) and (bool(self.in_flight) or now_s < self._resume_s)

    def _is_gathered(self, offer: Offer, now_s: float) -> bool:
        return offer.live >= self._batch_readings or (offer.live > 0 and now_s >= self._gathered_s(offer))

    def _gathered_s(self, offer: Offer) -> float:
        """When live readings that fill no batch have waited long enough for others."""
        metered_s = offer.live_since_s + (self.batch_s if offer.live_since_s > self._flushed_s else 0.0)
        return max(metered_s, self._live_sent_s + GATHER_S) if self._live else metered_s

    def _pause_s(self, times: int, longest_s: float) -> float:
        if times <= 1:
            return 0.0  # it has waited for its ack already
        return doubled_s(times - 1, first_s=self._ack_timeout_s, longest_s=longest_s) * self._jitter()

    def _end(self, batch: InFlightBatch) -> InFlightBatch:
        del self.in_flight[batch.span]
        self._live -= batch.live
        return batch


def _covers(ack: SeqRange, span: SeqRange) -> bool:
    if span.size == 0:
        return ack == span
    return ack.stream == span.stream and ack.first <= span.first and span.last <= ack.last
