"""What 1,000 readings cost at a trickle, counted without a clock: wake-ups to read, commits, batches, forces.

message ─► read (Trickle) ─► spool ─► commit after 2 ms ─► PUBACKs, batch (Window) ─► ack after 15 ms

The deciding parts are the real ones; the broker, the disk and the cloud are simulated, and so is the time.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable

import pytest

from edge.spool.limits import Limits, SpoolUsage
from edge.spool.spans import SeqRange
from edge.spool.spool import Spool
from edge.spool.write_batch import Origin, WriteBatch
from edge.window import InFlightBatch, Offer, Window
from runtime.trickle import Trickle
from wire import Reading

ROOM = SpoolUsage(used=0, reusable=0, wal=0, disk_free=2**40)
COMMIT_S, ACK_S = 0.002, 0.015
MESSAGES = 500


EXPECTED: dict[int, dict[str, int]] = {
    1: {"wake-ups to read": 500, "commits": 501, "batches": 500},
    10: {"wake-ups to read": 500, "commits": 501, "batches": 500},
    100: {"wake-ups to read": 65, "commits": 66, "batches": 65},
    1_000: {"wake-ups to read": 45, "commits": 46, "batches": 45},
}
"""No forces: the cloud has each reading before it would have to be forced."""


class SimulatedGateway:
    """One MQTT source at a steady rate, and all that follows from it, counted."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.counts: Counter[str] = Counter()
        self.now_s = 0.0
        self.pubacks: list[float] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._spool = Spool(Origin("now", "boot", 0), Limits(max_bytes=2**40, min_free_bytes=0, fsync_s=1.0))
        self._window = Window(size=8, ack_timeout_s=10.0, batch_s=0.0, batch_readings=360)
        self._trickle = Trickle()
        self._read = 0
        self._committing = self._forcing = False

    def run(self) -> "SimulatedGateway":
        self._at(0.0, self._read_messages)
        while self._events:
            self.now_s, _, event = heapq.heappop(self._events)
            event()
        return self

    def _at(self, at_s: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(at_s, self.now_s), next(self._numbers), event))

    def _read_messages(self) -> None:
        self.counts["wake-ups to read"] += 1
        waiting = min(MESSAGES, int(self.now_s * self.rate + 1e-9) + 1) - self._read
        for _ in range(waiting):
            self._take()
        rest_s = self._trickle.rest_s(waiting, now_s=self.now_s)
        if self._read < MESSAGES:
            self._at(self.now_s + rest_s if rest_s else self._read / self.rate, self._read_messages)
        self._look()

    def _take(self) -> None:
        came_s = self._read / self.rate
        self._read += 1
        readings = [Reading("air-1", quantity, self._read, 1.0) for quantity in ("pm2_5", "pm10")]
        safe = lambda: self.pubacks.append(self.now_s - came_s)  # noqa: E731
        self._spool.append(readings, now_s=self.now_s, keep={"taken": str(self._read)}, safe=safe)

    def _look(self) -> None:
        """Commit and force as the spooler does, send as the uplink does."""
        due_s = self._spool.commit_due_s
        if due_s is not None and due_s <= self.now_s and not self._committing:
            batch = self._spool.write_batch()
            if batch is not None:
                self._committing = True
                self._at(self.now_s + COMMIT_S, lambda: self._committed(batch))
        elif due_s is not None and not self._committing:
            self._at(due_s, self._look)
        force_s = self._spool.force_due_s()
        if force_s is not None and not self._forcing:
            self._forcing = True
            self._at(force_s, self._force)
        self._send()

    def _committed(self, batch: WriteBatch) -> None:
        self._committing = False
        self.counts["commits"] += 1
        self._spool.committed(batch, ROOM, now_s=self.now_s)
        self._look()

    def _force(self) -> None:
        self._forcing = False
        due_s = self._spool.force_due_s()
        if due_s is not None and due_s <= self.now_s:
            self.counts["forces"] += 1
            self._spool.forced(self._spool.committed_last)
        self._look()

    def _send(self) -> None:
        ledger = self._spool.ledger
        since_s = self._spool.age(now_s=self.now_s)
        offer = Offer(live=ledger.live_count(self._spool.sendable), live_since_s=since_s)
        if self._window.plan(offer, now_s=self.now_s) is None:
            wake_s = self._window.wake_s(offer, next_again_s=None, now_s=self.now_s) if offer.live else None
            if wake_s is not None:
                self._at(wake_s, self._look)
            return
        span = ledger.pop_live(360, self._spool.sendable)
        assert span is not None
        self.counts["batches"] += 1
        self._window.sent(InFlightBatch(span, self.now_s))
        self._at(self.now_s + ACK_S, lambda: self._acked(span))

    def _acked(self, span: SeqRange) -> None:
        self._window.ack(span, now_s=self.now_s)
        self._spool.ack(span, now_s=self.now_s)
        self._look()


@pytest.mark.parametrize("rate", [1, 10, 100, 1_000])
def test_the_counts_of_1_000_readings(rate: int):
    gateway = SimulatedGateway(rate).run()
    assert len(gateway.pubacks) == MESSAGES
    assert dict(gateway.counts) == EXPECTED[rate]


@pytest.mark.parametrize("rate", [1, 10])
def test_a_lone_message_is_committed_without_a_wait(rate: int):
    assert max(SimulatedGateway(rate).run().pubacks) == pytest.approx(COMMIT_S)


@pytest.mark.parametrize("rate", [20, 100, 1_000])
def test_a_message_of_a_trickle_is_committed_within_a_tenth_of_a_second_of_its_coming(rate: int):
    assert max(SimulatedGateway(rate).run().pubacks) < 0.1
