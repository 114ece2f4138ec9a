"""Runs the pipeline: waiting messages become acknowledged ones, several large writes at once.

queue ─► BatchDecoder ─► group ─► BatchWriter ─► acknowledge ─► PUBACK
          as many as wait, up to READINGS_A_WRITE      WRITES_AT_ONCE groups in flight
                                    └─► isolated, gateway by gateway: what fails where other writes succeed

A lone message goes at once; what follows closely goes in groups (`gathering.py`), which under load grow by themselves,
because more messages come in while writes are in flight. An ack goes out only after the group is stored and committed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import msgspec

from cloud.core.health import Component, Condition
from cloud.database.lease import LeaseLost
from cloud.ingest.gathering import Gathering
from cloud.ingest.in_flight import InFlightRanges
from cloud.ingest.ingest_queue import IngestQueue, QueuedMessage
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.retrying_store import WriteFailsAlone
from cloud.ingest.stages.acknowledge import AcknowledgeStage
from cloud.ingest.stages.encode import PreparedWrite
from cloud.metrics.exposition import Metrics
from i18n.message import LocalizedMessage, joined
from runtime.clock import boot_ms
from runtime.mqtt_connection import Message

READINGS_A_WRITE = 60_000
WRITES_AT_ONCE = 4
ISOLATED_AT_ONCE = 4
"""Gateways whose messages are written in isolation at the same time, beside the groups."""
HELD_UP_MS = 5_000
HANGS_MS = 600_000
READINGS_A_TURN = 6_000
"""Decoded in a row, some 3 ms, before other tasks of the process get their turn."""

_log = logging.getLogger(__name__)


class InFlightMessage(msgspec.Struct, frozen=True):
    """A message that has left the queue, and what was prepared of it."""

    queued: QueuedMessage
    write: PreparedWrite


class IngestRunner:
    """Ingest without its sockets: `publish` sends to a topic, `acknowledge` gives a message's PUBACK.

    From `pause` to `resume` the messages of a trickle wait in the socket.
    """

    def __init__(
        self,
        *,
        decoder: BatchDecoder,
        writer: BatchWriter,
        metrics: Metrics,
        publish: Callable[[str, bytes], bool],
        acknowledge: Callable[[Message], None],
        queue_bytes: int,
        pause: Callable[[], None],
        resume: Callable[[], None],
    ) -> None:
        self._decoder = decoder
        self._writer = writer
        self._acks = AcknowledgeStage(publish, now_ms=decoder.now_ms)
        self._metrics = metrics
        self._acknowledge = acknowledge
        self._queue = IngestQueue(max_bytes=queue_bytes)
        self._gathering = Gathering(self._queue, pause=pause, resume=resume)
        self._ranges = InFlightRanges()
        self._slots = asyncio.Semaphore(WRITES_AT_ONCE)
        self._isolated: dict[str, list[InFlightMessage]] = {}
        self._isolated_slots = asyncio.Semaphore(ISOLATED_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        metrics.queue_bytes.set_function(lambda: self._queue.bytes_held)

    def offer(self, message: Message, gateway: str) -> None:
        """Take a message of `…/up`, on the event loop."""
        if self._closing:
            return  # without a PUBACK: the broker or the gateway sends it again when we are back
        if not self._queue.offer(QueuedMessage(message, gateway, boot_ms())):
            self._metrics.shed.inc()

    def on_connect(self) -> None:
        """Send the acks that found no connection, now that there is one."""
        self._acks.send_pending()

    async def run(self) -> None:
        """Work until cancelled, on a store that is open."""
        while True:
            await self._slots.acquire()
            task = self._start(self._write_group(await self._next_group()))
            task.add_done_callback(lambda _: self._slots.release())
            await self._gathering.wait()

    async def drain(self, *, timeout_s: float) -> None:
        """Take nothing more, and give what is in flight `timeout_s` to become safe."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)
        for task in list(self._tasks):
            task.cancel()

    @property
    def held_up_ms(self) -> int:
        """For how long messages wait, and none has become safe; 0 where none waits."""
        return boot_ms() - self._queue.moved_ms if self._queue.bytes_held > 0 else 0

    @property
    def is_held_up(self) -> bool:
        """Whether messages wait, and none has become safe for a while: what is sent now is late too."""
        return self.held_up_ms > HELD_UP_MS

    @property
    def hanging(self) -> str:
        """That messages wait far too long though store and database answer, in a sentence; empty where none do."""
        waits = self._writer.store.problem or self._writer.database.problem
        if waits or self.held_up_ms <= HANGS_MS:
            return ""
        return LocalizedMessage(
            "ingest: nothing has become safe for {seconds} s, though store and database answer",
            seconds=self.held_up_ms // 1_000,
        )

    def component(self) -> Component:
        """How ingest is doing; it is down where it hangs, and then alone."""
        if hanging := self.hanging:
            return Component(Condition.DOWN, LocalizedMessage("{problem}; start the cloud again", problem=hanging))
        if self._queue.is_full:
            said = LocalizedMessage(
                "the queue of {size} MB is full, so gateways send again; look at the store, or raise ingest.queue_mb",
                size=self._queue.bytes_held // 2**20,
            )
            return Component(Condition.DEGRADED, said)
        told = LocalizedMessage(
            "{batches} batches wait, {writes} writes under way", batches=len(self._queue), writes=len(self._tasks)
        )
        if self._isolated:
            apart = LocalizedMessage("written apart: {gateways}", gateways=", ".join(sorted(self._isolated)[:8]))
            return Component(Condition.OK, joined((told, apart)))
        return Component(Condition.OK, told)

    async def _next_group(self) -> list[InFlightMessage]:
        """Wait for a message, and decode it and as many as wait behind it."""
        group: list[InFlightMessage] = []
        readings = in_a_row = 0
        queued: QueuedMessage | None = await self._queue.get()
        while queued is not None:
            write = self._decode(queued)
            if self._ranges.add(write.receipt):
                group.append(InFlightMessage(queued, write))
            else:
                self._release(queued)
            readings, in_a_row = readings + write.readings, in_a_row + write.readings
            if readings >= READINGS_A_WRITE:
                break
            if in_a_row >= READINGS_A_TURN:
                in_a_row = 0
                await asyncio.sleep(0)
            queued = self._queue.get_nowait()
        return group

    def _decode(self, queued: QueuedMessage) -> PreparedWrite:
        waited_ms = boot_ms() - queued.boot_ms
        return self._decoder.prepare(queued.message.payload, queued.gateway, waited_ms=waited_ms)

    async def _write_group(self, group: Sequence[InFlightMessage]) -> None:
        suspects = [each for each in group if each.write.gateway in self._writer.suspects]
        if suspects:
            self._isolate(suspects)
            group = [each for each in group if each.write.gateway not in self._writer.suspects]
        try:
            await self._write(group)
        except WriteFailsAlone as failure:
            _log.warning("%s; %d batches are written apart, gateway by gateway", failure, len(group))
            self._isolate(group)

    def _isolate(self, messages: Iterable[InFlightMessage]) -> None:
        """Write messages in isolation: one task for each gateway, which takes what comes meanwhile too."""
        for each in messages:
            gateway = each.write.gateway
            if gateway in self._isolated:
                self._isolated[gateway].append(each)
            else:
                self._isolated[gateway] = [each]
                self._start(self._write_isolated(gateway))

    async def _write_isolated(self, gateway: str) -> None:
        try:
            async with self._isolated_slots:
                while group := self._isolated[gateway]:
                    self._isolated[gateway] = []
                    await self._write(group, isolated=True)
        finally:
            del self._isolated[gateway]

    async def _write(self, group: Sequence[InFlightMessage], *, isolated: bool = False) -> None:
        """Make messages safe, acknowledge and release them; WriteFailsAlone: nothing of that has happened."""
        if not group:
            return
        safe = await self._make_safe([each.write for each in group], isolated=isolated)
        self._metrics.batches.inc(len(safe))
        self._acks.run(safe)
        for each in group:
            self._ranges.remove(each.write.receipt)
            self._release(each.queued)

    async def _make_safe(self, writes: Sequence[PreparedWrite], *, isolated: bool) -> list[PreparedWrite]:
        """Store and commit; what could not be is not acknowledged, so its gateway sends it again."""
        try:
            return await self._writer.write(writes, isolated=isolated)
        except WriteFailsAlone:
            raise
        except LeaseLost as lost:
            _log.error("%s; nothing more is acknowledged", lost)
        except Exception:
            _log.exception("keeping %d batches failed in a way that nobody foresaw; they come again", len(writes))
        return []

    def _release(self, queued: QueuedMessage) -> None:
        """Give a message its PUBACK, and those that were shed if that makes room."""
        self._acknowledge(queued.message)
        for shed in self._queue.release(queued):
            self._acknowledge(shed)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
