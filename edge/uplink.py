"""From the spool to the cloud and back:  batches on …/up, acks on …/ack.

The thin shell around `window.py` and `batch_size.py`; it reads the backlog from disk one batch ahead, so that live
readings never wait.
"""

import asyncio
import logging
import zlib
from collections.abc import Callable, Iterable

from edge.batch_size import BatchSize
from edge.settings import UplinkSettings
from edge.spool.losses import MOST_IN_A_BATCH
from edge.spool.spans import SeqRange
from edge.spool.spool import RETRY_S
from edge.spool.spooler import Spooler
from edge.spool.write_batch import DiskProblem
from edge.window import ACKS_WAIT_S, InFlightBatch, Offer, SendStep, Window
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import MORE_THAN_A_PUBACK, Message
from wire import Channel, Lost, Reading, RefusedReadings, WireError, decode_ack, encode_batch, topic_of
from wire.batch import MAX_BATCH_BYTES, MAX_INFLATED_BYTES

_log = logging.getLogger(__name__)


class Uplink:
    """Sends what the spool holds, and tells it what the cloud has."""

    def __init__(
        self,
        spooler: Spooler,
        settings: UplinkSettings,
        *,
        gateway: str,
        on_refused: Callable[[RefusedReadings], None] = lambda _: None,
    ) -> None:
        self._spooler = spooler
        self._spool = spooler.spool
        self._limit = settings.batch_readings
        self._topic = topic_of(gateway, Channel.UP)
        self._window = Window(
            size=settings.window,
            ack_timeout_s=settings.ack_timeout_s,
            batch_s=settings.batch_s,
            batch_readings=settings.batch_readings,
        )
        self._loop = asyncio.get_running_loop()
        self._session: MqttSession | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pumping = False
        self._fetching: asyncio.Task[None] | None = None
        self._acks_wait = False
        self._acks_wait_s = min(ACKS_WAIT_S, self._spool.limits.fsync_s / 2)
        self._strange_streams: set[str] = set()
        self._on_refused = on_refused
        self.size = BatchSize()
        self.strange_s = float("-inf")
        """When (monotonic) an ack last came for what was never here: another agent has the same id."""
        self.held = False
        """Nothing is sent while this is true; `nudge` after a change."""

    def connect(self, session: MqttSession) -> None:
        """Use `session` from now on; to be called before it runs."""
        self._session = session

    def nudge(self) -> None:
        """Something changed: look soon what is to be sent."""
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def reconnected(self) -> None:
        """The connection is new: what was in flight may be lost."""
        now_s = self._loop.time()
        lost = self._window.reconnected()
        for batch in lost:
            self._spool.ledger.requeue(batch.span, tries=batch.tries, due_s=now_s)
        self._record_failure(lost)
        if self._session is not None:
            self._session.wake_for(MORE_THAN_A_PUBACK)
        self._acks_wait = False
        self.nudge()

    def on_ack_message(self, message: Message) -> None:
        """Take an ack from the cloud."""
        if self._session is not None:
            self._session.acknowledge(message)
        try:
            ack = decode_ack(message.payload)
        except WireError as error:
            _log.warning("%s: %s; it is ignored", message.topic, error)
            return
        span = SeqRange(ack.stream, ack.first, ack.last)
        now_s = self._loop.time()
        if self._window.is_outage:
            self._spool.ledger.hasten(now_s)
        over = self._window.ack(span, now_s=now_s)
        acked = self._spooler.ack(span)
        for batch in over:
            if batch.lost:
                self._spool.confirm_losses(batch.lost, now_s=now_s)
        if over:
            self._record_success(over, now_s)
        if ack.refused is not None:
            self._on_refused(ack.refused)
        if not over and acked:
            self._end_batches_acked_in_parts()
        elif not over:
            self._say_strange(span)
        self.nudge()

    async def stop(self) -> None:
        """Send no more."""
        self._read_acks()
        self._session = None
        if self._timer is not None:
            self._timer.cancel()
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _pump(self) -> None:
        self._read_acks()
        self._pumping = False
        if self._session is None or not self._session.connected or self.held:
            return
        if not (self._window.in_flight or self._spool.ledger.depth or self._spool.losses):
            return
        now_s = self._loop.time()
        late = self._window.overdue(now_s=now_s)
        for batch in late:
            self._requeue(batch, now_s)
        self._record_failure(late)
        offer = self._offer(now_s)
        while (step := self._window.plan(offer, now_s=now_s)) is not None and self._send(step, now_s):
            offer = self._offer(now_s)
        at_s = self._window.wake_s(offer, next_again_s=self._spool.ledger.next_again_s(), now_s=now_s)
        if self._window.in_flight:
            self._let_acks_wait(offer.is_empty and self._fetching is None)
            read_s = now_s + self._acks_wait_s
            at_s = read_s if self._acks_wait and (at_s is None or at_s > read_s) else at_s
        self._wake(at_s)

    def _read_acks(self) -> None:
        if self._acks_wait and self._session is not None:
            self._session.read_waiting()

    def _let_acks_wait(self, may_wait: bool) -> None:
        """Whether acks may wait in the socket: waking up for each costs more than all else that is done with it."""
        if may_wait != self._acks_wait and self._session is not None:
            self._session.wake_for(_MANY_ACKS_BYTES if may_wait else MORE_THAN_A_PUBACK)
            self._acks_wait = may_wait

    def _record_success(self, over: Iterable[InFlightBatch], now_s: float) -> None:
        refused = self.size.refused
        self.size.acked(max(batch.size for batch in over), now_s=now_s)
        if self.size.refused != refused:
            _log.warning("%s", self.size.note or "large batches arrive again")
            self._spooler.record(self.size.memory())

    def _record_failure(self, lost: Iterable[InFlightBatch]) -> None:
        size = max((batch.size for batch in lost), default=0)
        if size:
            self.size.failed(size)

    def _offer(self, now_s: float) -> Offer:
        ledger = self._spool.ledger
        since_s = self._spool.age(now_s=now_s)
        again_s = ledger.next_again_s()
        free_to_fetch = self._fetching is None
        return Offer(
            live=ledger.live_count(self._spool.sendable),
            live_since_s=since_s,
            again=free_to_fetch and again_s is not None and again_s <= now_s,
            backlog=free_to_fetch and ledger.has_backlog,
            losses=bool(self._spool.losses),
        )

    def _send(self, step: SendStep, now_s: float) -> bool:
        ledger = self._spool.ledger
        if step is SendStep.LIVE:
            span = ledger.pop_live(self._limit, self._spool.sendable)
            if span is None:
                return False
            _, readings = self._spool.in_memory(span)  # live readings are all there
            return self._send_batch(span, readings, live=True, tries=1)
        if step is SendStep.LOSSES:
            nothing = SeqRange(ledger.stream, ledger.next_seq, ledger.next_seq - 1)
            return self._send_batch(nothing, [], live=False, tries=1)
        requeued = ledger.pop_due(now_s) if step is SendStep.AGAIN else None
        span = ledger.pop_backlog(self._limit, self._spool.sendable) if requeued is None else requeued.span
        if span is None:
            return False
        tries = 1 if requeued is None else requeued.tries + 1
        self._fetching = self._loop.create_task(self._fetch(span, tries))
        return True

    async def _fetch(self, span: SeqRange, tries: int) -> None:
        ledger, pause_s = self._spool.ledger, 0.0
        readings = None
        try:
            readings = await self._spooler.read(span)
        except DiskProblem as problem:
            _log.warning("the backlog cannot be read: %s", problem)
            pause_s = RETRY_S
        except Exception:
            _log.exception("the backlog cannot be read")
            pause_s = RETRY_S
        finally:
            self._fetching = None
        still_here = ledger.outstanding(span.stream).within(span.first, span.last) == [(span.first, span.last)]
        if readings is not None and still_here:
            self._send_batch(span, readings, live=False, tries=tries)
        else:
            ledger.requeue(span, tries=tries - 1, due_s=self._loop.time() + pause_s)
        self.nudge()

    def _send_batch(self, span: SeqRange, readings: list[Reading], *, live: bool, tries: int) -> bool:
        now_s = self._loop.time()
        lost = self._pending_losses()
        payload, count = encode_within_limits(span, readings, backfill=not live, lost=lost, most_bytes=self.size.limit)
        if count < len(readings):
            rest = SeqRange(span.stream, span.first + count, span.last)
            self._spool.ledger.requeue(rest, tries=tries - 1, due_s=now_s)
            span = SeqRange(span.stream, span.first, rest.first - 1)
        if self._session is not None and self._session.publish(self._topic, payload):
            self._window.sent(InFlightBatch(span, now_s, tries, live, lost, len(payload)))
            return True
        self._spool.ledger.requeue(span, tries=tries - 1, due_s=now_s + RETRY_S)
        return False

    def _pending_losses(self) -> tuple[Lost, ...]:
        if not self._spool.losses or any(batch.lost for batch in self._window.in_flight.values()):
            return ()
        return self._spool.losses.pending()[: min(MOST_IN_A_BATCH, self.size.limit // _BYTES_A_LOSS)]

    def _requeue(self, batch: InFlightBatch, now_s: float) -> None:
        pause_s = self._window.pause_of_a_range_s(batch.tries)
        self._spool.ledger.requeue(batch.span, tries=batch.tries, due_s=now_s + pause_s)
        _log.info("no ack for %s %d to %d in time; sending it again", *batch.span)

    def _end_batches_acked_in_parts(self) -> None:
        for span in list(self._window.in_flight):
            if span.size and not self._spool.ledger.outstanding(span.stream).within(span.first, span.last):
                self._window.end(span)

    def _say_strange(self, span: SeqRange) -> None:
        known = any(stream == span.stream for stream, _, _ in self._spool.ledger.streams())
        if not known:
            self.strange_s = self._loop.time()
        if not known and span.stream not in self._strange_streams and len(self._strange_streams) < 100:
            self._strange_streams.add(span.stream)
            _log.info("ack of stream %.64r, of which nothing is here; it is ignored", span.stream)

    def _wake(self, at_s: float | None) -> None:
        """Look again at `at_s`, or earlier: to ring once in vain costs less than a new timer each time."""
        if at_s is None or (self._timer is not None and self._timer.when() <= at_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at_s, self._ring)

    def _ring(self) -> None:
        self._timer, self._pumping = None, True
        self._pump()


def encode_within_limits(
    span: SeqRange,
    readings: list[Reading],
    *,
    backfill: bool,
    lost: tuple[Lost, ...],
    most_bytes: int = MAX_BATCH_BYTES,
) -> tuple[bytes, int]:
    """The payload of as many of the first `readings` as fit into one batch, one at least, and how many those are."""
    count = len(readings)
    while True:
        payload = encode_batch(span.stream, span.first, readings[:count], backfill=backfill, lost=lost)
        if count <= 1 or (len(payload) <= most_bytes and _inflated_fits(payload, count)):
            return payload, count
        count //= 2


_BYTES_A_LOSS = 64
_MANY_ACKS_BYTES = 2_048
_NEVER_TOO_LONG = 5_000
"""Readings that never inflate beyond the wire's 2 MB: 400 bytes each would, and two names and two numbers are 200."""


def _inflated_fits(payload: bytes, count: int) -> bool:
    return count <= _NEVER_TOO_LONG or len(zlib.decompress(payload)) <= MAX_INFLATED_BYTES
