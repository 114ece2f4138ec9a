"""One batch on its way:  its readings ─► as many as fit ─► …/up ─► in flight; what did not fit is due again."""

from edge.batch_size import BatchSize
from edge.link.catch_up import CatchUp
from edge.link.fitting import encode_within_limits
from edge.spool.losses import MOST_IN_A_BATCH
from edge.spool.spans import SeqRange
from edge.spool.spool import RETRY_S, Spool
from edge.window import InFlightBatch, Window
from runtime.mqtt import MqttSession
from wire import Lost, Reading


class BatchSender:
    """Sends to `topic` over `session`, and tells `window` and `catch_up` what is under way; times are monotonic."""

    def __init__(self, topic: str, spool: Spool, window: Window, catch_up: CatchUp, size: BatchSize) -> None:
        self.session: MqttSession | None = None
        self._topic = topic
        self._spool = spool
        self._window = window
        self._catch_up = catch_up
        self._size = size

    def send(self, span: SeqRange, readings: list[Reading], *, live: bool, tries: int, now_s: float) -> bool:
        """Send `readings`, those of `span`, for the `tries`-th time; False where there is no connection."""
        lost = self._pending_losses()
        most_bytes = self._size.limit if live else min(self._size.limit, self._catch_up.pace.most_bytes)
        payload, count = encode_within_limits(span, readings, backfill=not live, lost=lost, most_bytes=most_bytes)
        if count < len(readings):
            rest = SeqRange(span.stream, span.first + count, span.last)
            self._spool.ledger.requeue(rest, tries=tries - 1, due_s=now_s)
            span = SeqRange(span.stream, span.first, rest.first - 1)
        if self.session is not None and self.session.publish(self._topic, payload):
            self._window.sent(InFlightBatch(span, now_s, tries, live, lost, len(payload)))
            waits = self._spool.ledger.has_backlog
            self._catch_up.sent(len(payload), count, live=live, backlog_waits=waits, now_s=now_s)
            self.pay(now_s)
            return True
        self._spool.ledger.requeue(span, tries=tries - 1, due_s=now_s + RETRY_S)
        return False

    def pay(self, now_s: float) -> None:
        """Count what has left, whoever sent it."""
        if self.session is not None and self._catch_up.is_metered:
            self._catch_up.pay(self.session.published_messages, self.session.published_bytes, now_s=now_s)

    def _pending_losses(self) -> tuple[Lost, ...]:
        if not self._spool.losses or any(batch.lost for batch in self._window.in_flight.values()):
            return ()
        return self._spool.losses.pending()[: min(MOST_IN_A_BATCH, self._size.limit // _BYTES_A_LOSS)]


_BYTES_A_LOSS = 64
