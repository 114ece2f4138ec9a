"""A trickle through a gateway in made-up time, and what it costs as exact counts.

a message ─► the socket ─► Trickle ─► LocalBroker ─► Spooler, a real file ─► PUBACK
                                                        └─► Uplink ─► batch ─► ack after ACK_S, in the socket

Sources, stamps, spool and uplink are the real ones; the two connections are simulated, and so are their sockets, which
wake up as the kernel does. What the file's thread is given it does while all stands still, and answers WORK_S later.
"""

import asyncio
import itertools
import json
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import pytest

import edge.clock
import edge.sources.mqtt
from edge.clock import GatewayClock, tick
from edge.settings import SourceTable, UplinkSettings
from edge.sources.configured import MqttSource, configure
from edge.sources.mqtt import LocalBroker, SourceRoute
from edge.sources.tally import SourceTally
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import Stamper
from edge.uplink import Uplink
from runtime.broker_settings import BrokerSettings
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Message
from runtime.trickle import Trickle
from tests.sqlite_commits import commits_by_file
from tests.still_thread import StillThread
from tests.virtual_time import run
from wire import BUILT_IN, Ack, decode_batch, encode_ack

WORK_S, PUBACK_S, ACK_S = 0.002, 0.001, 0.015
"""What a commit takes, a broker's answer, and the cloud's: a good link."""
MESSAGES = 500
SENSORS = 20
T0_MS = 1_764_000_000_000
_PUBACK_BYTES = 4
_SOURCE = SourceTable(
    name="air", family="json", topic="sensors/+", sensor_level=1,
    options={"values": {"pm2_5": "pm.fine", "pm10": "pm.coarse"}},
)  # fmt: skip


class Counts(NamedTuple):
    """What MESSAGES messages of two values took, from the first to the last ack and the deletion after it.

    `reads` are wake-ups to read what sensors sent, `ack_wake_ups` those that the kernel makes for what the cloud's
    broker sent. `packets` go out: a PUBACK for each message, batches, words to the local broker and their PUBACKs.
    """

    reads: int
    transactions: int
    forces: int
    batches: int
    ack_wake_ups: int
    packets: int


class Trial(NamedTuple):
    """The counts, how long each message waited for its PUBACK, in s, and how many readings the cloud got."""

    counts: Counts
    waited_s: list[float]
    received: int


class _LocalSession:
    """A session with the local broker: messages stand in a socket until `Trickle` says that they are read."""

    connected, problem = True, ""

    def __init__(self) -> None:
        self.reads = self.words = self.pubacks = 0
        self.waited_s: list[float] = []
        self._loop = asyncio.get_running_loop()
        self._trickle = Trickle()
        self._came_s: dict[int, float] = {}
        self._waiting: deque[Message] = deque()
        self._packets = itertools.count(1)
        self._rests = False
        self._on_message: Callable[[Message], None] = lambda _: None

    async def run(
        self, *, on_message: Callable[[Message], None], on_begin: Callable[[], None], on_connect: Callable[[], None]
    ) -> None:
        self._on_message = on_message
        on_begin()
        on_connect()
        await asyncio.Event().wait()

    def arrive(self, topic: str, payload: bytes) -> None:
        message = Message(topic, payload, False, False, 1, next(self._packets), 1)
        self._waiting.append(message)
        self._came_s[message.packet] = self._loop.time()
        if not self._rests and len(self._waiting) == 1:
            self._loop.call_soon(self._read)

    def publish(self, topic: str, payload: bytes) -> bool:
        self.words += 1
        self._loop.call_later(PUBACK_S, self.arrive, topic, payload)
        return True

    def acknowledge(self, message: Message) -> None:
        self.pubacks += 1
        if message.topic.startswith("sensors/"):
            self.waited_s.append(self._loop.time() - self._came_s[message.packet])

    def pause(self) -> None:
        raise AssertionError("a trickle is never held back")

    def _read(self) -> None:
        self.reads += 1
        count = len(self._waiting)
        while self._waiting:
            self._on_message(self._waiting.popleft())
        rest_s = self._trickle.rest_s(count, now_s=self._loop.time())
        self._rests = rest_s > 0
        if rest_s:
            self._loop.call_later(rest_s, self._read)


class _UplinkSession:
    """A session with the cloud's broker: it wakes up for as many bytes as it was told, and the cloud acknowledges."""

    connected = True

    def __init__(self, on_message: Callable[[Message], None]) -> None:
        self.wake_ups = self.batches = self.received = self.pubacks = 0
        self._loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._size = 1
        self._waiting: list[bytes] = []

    def publish(self, _topic: str, payload: bytes) -> bool:
        batch = decode_batch(payload)
        self.batches += 1
        self.received += batch.last - batch.first + 1
        self._loop.call_later(PUBACK_S, self._arrive, b"\x40\x02\0\1")
        self._loop.call_later(ACK_S, self._arrive, encode_ack(Ack(batch.stream, batch.first, batch.last)))
        return True

    def acknowledge(self, message: Message) -> None:
        self.pubacks += message.qos

    def wake_for(self, size: int) -> None:
        self._size = size
        self._wake()

    def read_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for packet in waiting:
            if len(packet) > _PUBACK_BYTES:
                self._on_message(Message("siaga/v1/00/gw/ack", packet, False, False, 0, 0, 1))

    def _arrive(self, packet: bytes) -> None:
        self._waiting.append(packet)
        self._wake()

    def _wake(self) -> None:
        if sum(map(len, self._waiting)) >= self._size:
            self.wake_ups += 1
            self._loop.call_soon(self.read_waiting)


def trial(folder: Path, messages_per_s: float) -> Trial:
    """Send MESSAGES messages at an even pace through a gateway whose spool is in `folder`."""
    with commits_by_file() as commits, pytest.MonkeyPatch.context() as patch:
        uptime_ms = lambda: round(asyncio.get_running_loop().time() * 1_000)  # noqa: E731
        for module in (edge.clock, edge.sources.mqtt):
            patch.setattr(module, "boot_ms", uptime_ms)
        patch.setattr(edge.clock, "wall_ms", lambda: T0_MS + uptime_ms())
        return run(_tried(folder, messages_per_s, commits), work_s=WORK_S)


async def _tried(folder: Path, messages_per_s: float, commits: Counter[str]) -> Trial:
    spool = Spool(Origin("9f3c21d07ab4e815", "boot", T0_MS), Limits(2**30, 0, fsync_s=1.0))
    thread = StillThread("spool", work_s=WORK_S)
    spooler = Spooler(spool, SpoolFile(folder / "spool.db"), on_change=lambda: uplink.nudge(), thread=thread)
    uplink = Uplink(spooler, UplinkSettings(), gateway="gw")
    up = _UplinkSession(uplink.on_ack_message)
    uplink.connect(cast(MqttSession, up))
    await spooler.start()
    source = configure(_SOURCE, BUILT_IN)
    assert isinstance(source, MqttSource)
    tally = SourceTally("air", silent_s=300.0, now_s=0.0, on_change=lambda: None)
    broker = LocalBroker(
        BrokerSettings(), [SourceRoute(source, tally)], gateway="gw", spooler=spooler,
        stamper=Stamper(GatewayClock(tick(synced=True))),
    )  # fmt: skip
    local = _LocalSession()
    broker.session = cast(MqttSession, local)
    working = [asyncio.create_task(work) for work in (broker.run(), _poll(broker))]
    uplink.reconnected()
    await asyncio.sleep(10.3)  # so that a poll, each second, and a message do not come in one moment
    before = _counts(local, up, spooler, commits)
    await _send(local, messages_per_s)
    await asyncio.sleep(5.0)
    after = _counts(local, up, spooler, commits)
    assert spool.ledger.depth == 0
    for task in working:
        task.cancel()
    await uplink.stop()
    await spooler.stop()
    counts = Counts(*(late - early for early, late in zip(before, after, strict=True)))
    return Trial(counts, local.waited_s, up.received)


async def _poll(broker: LocalBroker) -> None:
    while True:
        await asyncio.sleep(1.0)
        broker.poll()


async def _send(local: _LocalSession, messages_per_s: float) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    for number in range(MESSAGES):
        await asyncio.sleep(max(0.0, began_s + number / messages_per_s - loop.time()))
        payload = json.dumps({"pm": {"fine": number / 10, "coarse": number / 5}}).encode()
        local.arrive(f"sensors/air-{number % SENSORS:02d}", payload)


def _counts(local: _LocalSession, up: _UplinkSession, spooler: Spooler, commits: Counter[str]) -> Counts:
    packets = local.pubacks + local.words + up.batches + up.pubacks
    return Counts(local.reads, commits["spool.db"], spooler.forces, up.batches, up.wake_ups, packets)
