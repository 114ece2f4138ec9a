"""The pipeline: from waiting messages to acknowledged ones, several large writes overlapped.

intake ─► open (decode, check) ─► group ─► keeper ─► ack on …/ack ─► PUBACK
          as many as wait, up to READINGS_A_WRITE       WRITES_AT_ONCE groups under way
                                    └─► apart, gateway by gateway: what fails where other writes succeed

While nothing is under way a single message goes at once; under load groups grow by themselves, because more messages
come in while writes are under way. An ack goes out only after `keep` returned: the promise rests on this order.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from cloud.core.health import Component, Condition
from cloud.core.series import Series
from cloud.database.lease import LeaseLost
from cloud.gateways.accounting import Receipt
from cloud.ingest.dead_letters import Rejection
from cloud.ingest.in_flight import InFlightRanges
from cloud.ingest.ingest_queue import IngestQueue, QueuedMessage
from cloud.ingest.pipeline import BatchDecoder, PreparedWrite
from cloud.ingest.stages.commit import BatchWriter, WriteFailsAlone
from cloud.metrics.exposition import Metrics
from runtime.clock import boot_ms
from runtime.mqtt_connection import Message
from wire import Ack, Channel, RefusedReadings, encode_ack, refused_readings, topic_of

READINGS_A_WRITE = 60_000
WRITES_AT_ONCE = 4
APART_AT_ONCE = 4
"""Gateways whose messages are written apart at the same time, beside the groups."""
ACKS_KEPT = 10_000
"""Acks that wait for the broker; beyond them gateways send again, which is harmless."""
HELD_UP_MS = 5_000
READINGS_BETWEEN_BREATHS = 6_000
"""Opened in a row, some 3 ms, before other tasks of the process get their turn."""

_log = logging.getLogger(__name__)


Opened = tuple[QueuedMessage, PreparedWrite]
"""A message and what was made of it."""


class Receipted(Protocol):
    """What an ack is made of: freight that is safe."""

    @property
    def gateway(self) -> str:
        """Who sent it."""

    @property
    def receipt(self) -> Receipt | None:
        """Which range it was, if that can be said."""

    @property
    def refusals(self) -> Sequence[Rejection]:
        """What of it was refused."""

    @property
    def not_judged(self) -> Mapping[Series, int]:
        """What of it no rule judged."""

    def told(self) -> Iterator[tuple[str, str, int]]:
        """What its ack says: (sensor, reason, readings)."""


class Pipeline:
    """Ingest without its sockets: `publish` sends to a topic, `acknowledge` gives a message's PUBACK."""

    def __init__(
        self,
        *,
        keeper: BatchWriter,
        opener: BatchDecoder,
        metrics: Metrics,
        publish: Callable[[str, bytes], bool],
        acknowledge: Callable[[Message], None],
        queue_bytes: int,
    ) -> None:
        self._keeper = keeper
        self._opener = opener
        self._metrics = metrics
        self._publish = publish
        self._acknowledge = acknowledge
        self._unsaid: deque[tuple[str, bytes]] = deque(maxlen=ACKS_KEPT)
        self._intake = IngestQueue(max_bytes=queue_bytes)
        self._slots = asyncio.Semaphore(WRITES_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._ranges = InFlightRanges()
        self._apart: dict[str, list[Opened]] = {}
        self._places_apart = asyncio.Semaphore(APART_AT_ONCE)
        self._closing = False
        metrics.queue_bytes.set_function(lambda: self._intake.bytes_held)

    def offer(self, message: Message, gateway: str) -> None:
        """Take a message of `…/up`, on the event loop."""
        if self._closing:
            return  # without a PUBACK: the broker or the gateway sends it again when we are back
        if not self._intake.offer(QueuedMessage(message, gateway, boot_ms())):
            self._metrics.shed.inc()

    def say_unsaid(self) -> None:
        """Send the acks that found no connection, now that there is one."""
        unsaid, self._unsaid = self._unsaid, deque(maxlen=ACKS_KEPT)
        for topic, ack in unsaid:
            self._publish(topic, ack)

    async def run(self) -> None:
        """Work until cancelled, on a store that is open."""
        while True:
            await self._slots.acquire()
            self._start(self._finish(await self._group())).add_done_callback(lambda _: self._slots.release())

    async def drain(self, *, patience_s: float) -> None:
        """Take nothing more, and give what is under way `patience_s` to become safe."""
        self._closing = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=patience_s)
        for task in list(self._under_way):
            task.cancel()

    @property
    def is_held_up(self) -> bool:
        """Whether messages wait, and none has become safe for a while: what is sent now is not heard in time either."""
        return self._intake.bytes_held > 0 and boot_ms() - self._intake.moved_ms > HELD_UP_MS

    def component(self) -> Component:
        """How ingest is doing."""
        if self._intake.is_full:
            return Component(
                Condition.DEGRADED,
                f"the queue of {self._intake.bytes_held // 2**20} MB is full, so gateways send again; "
                "look at the store, or raise ingest.queue_mb",
            )
        apart = f"; written apart: {', '.join(sorted(self._apart)[:8])}" if self._apart else ""
        at_work = f"{len(self._intake)} batches wait, {len(self._under_way)} writes under way"
        return Component(Condition.OK, at_work + apart)

    async def _group(self) -> list[Opened]:
        opened: list[Opened] = []
        readings = breath = 0
        arrival: QueuedMessage | None = await self._intake.take()
        while arrival is not None:
            waited_ms = boot_ms() - arrival.boot_ms
            freight = self._opener.open(arrival.message.payload, arrival.gateway, waited_ms=waited_ms)
            if self._ranges.begin(freight.receipt):
                opened.append((arrival, freight))
            else:
                self._done_with(arrival)
            readings, breath = readings + freight.readings, breath + freight.readings
            if readings >= READINGS_A_WRITE:
                break
            if breath >= READINGS_BETWEEN_BREATHS:
                breath = 0
                await asyncio.sleep(0)
            arrival = self._intake.take_now()
        return opened

    async def _finish(self, opened: Sequence[Opened]) -> None:
        suspects = [each for each in opened if self._keeper.is_suspect(each[1].gateway)]
        if suspects:
            self._set_apart(suspects)
            opened = [each for each in opened if not self._keeper.is_suspect(each[1].gateway)]
        try:
            await self._settle(opened)
        except WriteFailsAlone as failure:
            _log.warning("%s; %d batches are written apart, gateway by gateway", failure, len(opened))
            self._set_apart(opened)

    def _set_apart(self, opened: Iterable[Opened]) -> None:
        for each in opened:
            gateway = each[1].gateway
            if gateway in self._apart:
                self._apart[gateway].append(each)
            else:
                self._apart[gateway] = [each]
                self._start(self._finish_apart(gateway))

    async def _finish_apart(self, gateway: str) -> None:
        try:
            async with self._places_apart:
                while opened := self._apart[gateway]:
                    self._apart[gateway] = []
                    await self._settle(opened, apart=True)
        finally:
            del self._apart[gateway]

    async def _settle(self, opened: Sequence[Opened], *, apart: bool = False) -> None:
        """Make messages safe, say so, and let go of them; WriteFailsAlone: nothing of that has happened."""
        if not opened:
            return
        try:
            safe = await self._keeper.keep([freight for _, freight in opened], apart=apart)
        except WriteFailsAlone:
            raise
        except LeaseLost as lost:
            _log.error("%s; nothing more is acknowledged", lost)
            safe = []
        except Exception:
            _log.exception("keeping %d batches failed in a way that nobody foresaw; they come again", len(opened))
            safe = []
        self._metrics.batches.inc(len(safe))
        for gateway, ack in acks_of(safe):
            self._tell(topic_of(gateway, Channel.ACK), encode_ack(ack))
        for arrival, freight in opened:
            self._ranges.end(freight.receipt)
            self._done_with(arrival)

    def _done_with(self, arrival: QueuedMessage) -> None:
        self._acknowledge(arrival.message)
        for shed in self._intake.release(arrival):
            self._acknowledge(shed)

    def _tell(self, topic: str, ack: bytes) -> None:
        if not self._publish(topic, ack):
            self._unsaid.append((topic, ack))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task


def acks_of(safe: Iterable[Receipted]) -> Iterator[tuple[str, Ack]]:
    """The acks for what is safe, by gateway: neighbouring ranges of a stream in one; losses alone in their own.

    Each says what of its range was refused, a range that is sent again like the first time.
    """
    received = sorted(
        (
            (freight.gateway, receipt.stream, receipt.first, receipt.last, freight)
            for freight in safe
            if (receipt := freight.receipt) is not None
        ),
        key=itemgetter(0, 1, 2, 3),
    )
    for (gateway, stream), group in groupby(received, key=itemgetter(0, 1)):
        ranges: list[tuple[int, int, list[Receipted]]] = []
        for _, _, first, last, freight in group:
            telling = [freight] if freight.refusals or freight.not_judged else []
            if ranges and ranges[-1][0] <= ranges[-1][1] == first - 1 < last:
                ranges[-1] = (ranges[-1][0], last, ranges[-1][2])
                ranges[-1][2].extend(telling)
            else:
                ranges.append((first, last, telling))
        for first, last, telling in ranges:
            yield gateway, Ack(stream, first, last, _refused(telling) if telling else None)


def _refused(told: Sequence[Receipted]) -> RefusedReadings | None:
    discarded = sum(one.readings for freight in told for one in freight.refusals if one.discarded)
    return refused_readings((row for freight in told for row in freight.told()), discarded=discarded)
