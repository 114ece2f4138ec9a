"""From the spool to the cloud and back:  batches on …/up, acks on …/ack.

The thin shell around `window.py`, `batch_size.py` and `link/catch_up.py`; it reads the backlog from disk one batch
ahead, so that live readings never wait.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable

from edge.batch_size import BatchSize
from edge.link.batch_sender import BatchSender
from edge.link.catch_up import CatchUp
from edge.link.strange_acks import StrangeAcks
from edge.link.wake_up import WakeUp
from edge.settings import UplinkSettings
from edge.spool.spans import SeqRange
from edge.spool.spool import RETRY_S
from edge.spool.spooler import Spooler
from edge.spool.write_batch import DiskProblem
from edge.window import ACKS_WAIT_S, InFlightBatch, Offer, SendStep, Window
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import MORE_THAN_A_PUBACK, Message
from wire import Channel, RefusedReadings, WireError, decode_ack, topic_of

_log = logging.getLogger(__name__)


class Uplink:
    """Sends what the spool holds, and tells it what the cloud has.

    `on_refused` hears what the cloud refused, `on_time` its time (UTC ms) and how long (s) that answer took. `now_ms`
    is UTC; None while the gateway does not know the time.
    """

    def __init__(
        self,
        spooler: Spooler,
        settings: UplinkSettings,
        *,
        gateway: str,
        on_refused: Callable[[RefusedReadings], None] = lambda _: None,
        on_time: Callable[[int, float], None] = lambda _time_ms, _took_s: None,
        now_ms: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._spooler = spooler
        self._spool = spooler.spool
        self._limit = settings.batch_readings
        self._window = Window(
            size=settings.window,
            ack_timeout_s=settings.ack_timeout_s,
            batch_s=settings.batch_s,
            batch_readings=settings.batch_readings,
        )
        self._loop = asyncio.get_running_loop()
        self._session: MqttSession | None = None
        self._wake_up = WakeUp(self._loop, self._pump)
        self._pumping = False
        self._fetching: asyncio.Task[None] | None = None
        self._acks_wait = False
        self._acks_wait_s = min(ACKS_WAIT_S, self._spool.limits.fsync_s / 2)
        self._on_refused = on_refused
        self._on_time = on_time
        self._now_ms = now_ms
        self.catch_up = CatchUp(settings, now_s=self._loop.time())
        self.size = BatchSize()
        self._sender = BatchSender(topic_of(gateway, Channel.UP), self._spool, self._window, self.catch_up, self.size)
        self.strange_acks = StrangeAcks()
        self.acknowledged, self.acked_s = 0, float("-inf")
        """Readings that the cloud has acknowledged since the start, and when (monotonic) it last did."""
        self.proved_s = float("-inf")
        """When (monotonic) the newest batch was sent that the cloud has acknowledged."""
        self.held = False
        """Nothing is sent while this is true; `nudge` after a change."""

    def connect(self, session: MqttSession) -> None:
        """Use `session` from now on; to be called before it runs."""
        self._session = self._sender.session = session

    def use(self, settings: UplinkSettings) -> None:
        """Send by other settings from now on; the connection, which is the session's, stays."""
        self._limit = settings.batch_readings
        self._spool.gather_longer(settings.batch_s - self._window.batch_s)
        self._window.use(
            size=settings.window, ack_timeout_s=settings.ack_timeout_s, batch_s=settings.batch_s,
            batch_readings=settings.batch_readings,
        )  # fmt: skip
        self.catch_up.use(settings, now_s=self._loop.time())
        self.nudge()

    def flush(self) -> None:
        """Send now what is being gathered."""
        self._window.flush(now_s=self._loop.time())
        self.nudge()

    def go_via(self, interface: str) -> None:
        """The session goes over this interface from now on, with the limit of that."""
        self.catch_up.go_via(interface, now_s=self._loop.time())
        self._window.unheard_since_s = None

    @property
    def unheard_since_s(self) -> float | None:
        """Since when (monotonic) something that was sent has had no ack."""
        return self._window.unheard_since_s

    def nudge(self) -> None:
        """Something changed: look soon what is to be sent."""
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def reconnected(self) -> None:
        """The connection is new: what was in flight may be lost."""
        now_s = self._loop.time()
        lost = self._window.reconnected()
        self.catch_up.pace.restart()
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
        over = self._end_batches(span, now_s)
        acked = self._spooler.ack(span)
        self.acknowledged += acked
        self.acked_s = now_s if acked or over else self.acked_s
        if ack.refused is not None:
            self._on_refused(ack.refused)
        self._hear_time(ack.time_ms, over, now_s)
        if not over and acked:
            self._end_batches_acked_in_parts()
        elif not over and all(stream != span.stream for stream, _, _ in self._spool.ledger.streams()):
            self.strange_acks.record(span.stream, now_s=now_s)
        self.nudge()

    def _hear_time(self, time_ms: int | None, over: Iterable[InFlightBatch], now_s: float) -> None:
        """The ack was made after all of it was sent; of what was sent twice, the first may be meant."""
        sent_s = max((batch.sent_s for batch in over if batch.tries == 1), default=None)
        if time_ms is not None and sent_s is not None:
            self._on_time(time_ms, now_s - sent_s)

    async def stop(self) -> None:
        """Send no more."""
        self._read_acks()
        self._session = self._sender.session = None
        self._wake_up.cancel()
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _pump(self) -> None:
        self._pumping = True  # what is read asks for no other look
        self._read_acks()
        self._pumping = False
        if self._session is None or not self._session.connected or self.held:
            return
        if not (self._window.in_flight or self._spool.ledger.depth or self._spool.losses):
            return
        now_s = self._loop.time()
        self._sender.pay(now_s)
        late = self._window.overdue(now_s=now_s)
        for batch in late:
            self._requeue(batch, now_s)
        self._record_failure(late)
        offer = self._offer(now_s)
        while (step := self._window.plan(offer, now_s=now_s)) is not None and self._send(step, now_s):
            offer = self._offer(now_s)
        at_s = self._window.wake_s(offer, next_again_s=self._spool.ledger.next_again_s(), now_s=now_s)
        allowed_s = self.catch_up.wake_s(now_s=now_s)
        at_s = at_s if allowed_s is None else min(at_s or allowed_s, allowed_s)
        if self._window.in_flight:
            self._let_acks_wait(offer.is_empty and self._fetching is None and not self._window.old_bytes)
            read_s = now_s + self._acks_wait_s
            at_s = read_s if self._acks_wait and (at_s is None or at_s > read_s) else at_s
        self._wake_up.by(at_s)

    def _read_acks(self) -> None:
        if self._acks_wait and self._session is not None:
            self._session.read_waiting()

    def _let_acks_wait(self, may_wait: bool) -> None:
        """Whether acks may wait in the socket: waking up for each costs more than all else that is done with it."""
        if may_wait != self._acks_wait and self._session is not None:
            self._session.wake_for(_MANY_ACKS_BYTES if may_wait else MORE_THAN_A_PUBACK)
            self._acks_wait = may_wait

    def _end_batches(self, span: SeqRange, now_s: float) -> list[InFlightBatch]:
        """The cloud has `span`: the batches that are over by it."""
        under_way = self._window.old_bytes
        over = self._window.ack(span, now_s=now_s)
        for batch in over:
            if not batch.live and batch.tries == 1:  # of what was sent twice, the first may be meant
                self.catch_up.pace.acked(batch.size, sent_s=batch.sent_s, now_s=now_s, alone=under_way == batch.size)
            if batch.lost:
                self._spool.confirm_losses(batch.lost, now_s=now_s)
        if over:
            self.proved_s = max(self.proved_s, *(batch.sent_s for batch in over))
            self._record_success(over, now_s)
        return over

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
            self.catch_up.pace.failed()

    def _offer(self, now_s: float) -> Offer:
        ledger = self._spool.ledger
        since_s = self._spool.age(now_s=now_s)
        again_s = ledger.next_again_s()
        free_to_fetch = self._fetching is None
        offer = Offer(
            live=ledger.live_count(self._spool.sendable),
            live_since_s=since_s,
            again=free_to_fetch and again_s is not None and again_s <= now_s,
            backlog=free_to_fetch and ledger.has_backlog,
            losses=bool(self._spool.losses),
        )
        return self.catch_up.allowed(
            offer, under_way=self._window.old_bytes, now_s=now_s, utc_ms=self._now_ms,
            spool_share=self._spool.used_bytes / self._spool.limits.max_bytes,
        )  # fmt: skip

    def _send(self, step: SendStep, now_s: float) -> bool:
        ledger = self._spool.ledger
        if step is SendStep.LIVE:
            span = ledger.pop_live(self._limit, self._spool.sendable)
            if span is None:
                return False
            _, readings = self._spool.in_memory(span)  # live readings are all there
            return self._sender.send(span, readings, live=True, tries=1, now_s=now_s)
        if step is SendStep.LOSSES:
            nothing = SeqRange(ledger.stream, ledger.next_seq, ledger.next_seq - 1)
            return self._sender.send(nothing, [], live=False, tries=1, now_s=now_s)
        requeued = ledger.pop_due(now_s) if step is SendStep.AGAIN else None
        most = self.catch_up.pace.batch_readings(self.size.limit)
        span = ledger.pop_backlog(most, self._spool.sendable) if requeued is None else requeued.span
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
            self._sender.send(span, readings, live=False, tries=tries, now_s=self._loop.time())
        else:
            ledger.requeue(span, tries=tries - 1, due_s=self._loop.time() + pause_s)
        self.nudge()

    def _requeue(self, batch: InFlightBatch, now_s: float) -> None:
        pause_s = self._window.pause_of_a_range_s(batch.tries)
        self._spool.ledger.requeue(batch.span, tries=batch.tries, due_s=now_s + pause_s)
        _log.info("no ack for %s %d to %d in time; sending it again", *batch.span)

    def _end_batches_acked_in_parts(self) -> None:
        for span in list(self._window.in_flight):
            if span.size and not self._spool.ledger.outstanding(span.stream).within(span.first, span.last):
                self._window.end(span)


_MANY_ACKS_BYTES = 2_048
