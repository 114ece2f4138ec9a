"""A trickle of readings on the whole ingest of a cloud, in made-up time, and what it costs as exact counts.

Load(gateways=100, messages_per_s=100, readings_each=10, …) ─► ingest, rules, derived series, review ─► Counts
                              SQLite for store and registry, on disk; what a thread does takes WORK_S of made-up time

Nothing is timed: the same load gives the same counts on any machine. As a program, for who watches it from outside:
python -m tests.trickle FOLDER GATEWAYS MESSAGES_PER_S READINGS_EACH MESSAGES
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cloud.core.health import Component, Condition
from cloud.database.engine import Database
from cloud.ingest.runner import IngestRunner
from cloud.process.parts import Services
from cloud.process.services import build_services
from cloud.process.settings import CloudSettings
from cloud.readings.contract import EncodedWrite, Point, SeriesRange, WriteResult
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from runtime.clock import Clocks
from runtime.mqtt_connection import Message
from tests.registries import registry_in
from tests.sqlite_commits import commits_by_file
from tests.virtual_time import run
from wire import Channel, Reading, encode_batch, topic_of

T0_MS = 1_764_000_600_000
"""Made-up time begins here, ten minutes after a full hour."""
WORK_S = 0.005
"""What a write, a commit or a question takes: a disk that is neither good nor bad."""
SETTLED_S = 60.0
"""How long a cloud works before a load begins: what a start looks back on is read by then."""
SENSORS = {
    "air": ("pm2_5", "pm10", "temperature", "humidity", "pm1"),
    "pier": ("people_in", "people_out", "water_level", "rainfall", "temperature"),
}
"""The sensors of each gateway: of an hour's mean nothing is asked before it ends, of counters and gauges each pass."""
SERIES = [(sensor, quantity) for sensor, quantities in SENSORS.items() for quantity in quantities]


class Load(NamedTuple):
    """So many messages at an even pace, by turns from so many gateways."""

    gateways: int
    messages_per_s: int
    readings_each: int
    messages: int

    def __str__(self) -> str:
        return f"{self.gateways}x{self.messages_per_s}/s"

    @property
    def lasts_s(self) -> float:
        """Seconds from the first message to the last."""
        return (self.messages - 1) / self.messages_per_s


LOADS = (
    Load(1, 1, 2, 500), Load(1, 10, 2, 500), Load(1, 100, 2, 500), Load(1, 1_000, 2, 500),
    Load(10, 10, 10, 100), Load(100, 100, 10, 100), Load(1_000, 1_000, 10, 1_000),
)  # fmt: skip
"""A thousand readings of one gateway at each rate; of ten, a hundred and a thousand gateways with ten a second each."""


class Counts(NamedTuple):
    """What a load took: `commits` of the store and `transactions` of the registry are those that changed something.

    `acks` are messages to gateways, `pubacks` answers to the broker. With the messages themselves, and the broker's
    PUBACK of each ack, these are all MQTT packets.
    """

    store_writes: int
    commits: int
    transactions: int
    queries: int
    acks: int
    pubacks: int
    stored: int


class CountedStore(SqliteStore):
    """The embedded store, and how often it was asked to write, and for readings."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writes = self.queries = 0

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        self.writes += 1
        return await super().write(writes)

    async def history(self, *asked: Any, **how: Any) -> list[Point]:
        self.queries += 1
        return await super().history(*asked, **how)

    async def histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        self.queries += 1
        return await super().histories(ranges)


def counts_of(folder: Path, load: Load) -> Counts:
    """Send `load` through a cloud whose databases are in `folder`; count from then on until all is acknowledged."""
    # of many gateways no pass comes within the load, and looking back on two days of theirs would take longest of all
    settled_s = SETTLED_S if load.gateways <= 10 else 1.0
    with commits_by_file() as commits:
        return run(_counted(folder, load, commits, settled_s), work_s=WORK_S)


async def _counted(folder: Path, load: Load, commits: Counter[str], settled_s: float) -> Counts:
    loop = asyncio.get_running_loop()
    clock = Clocks(lambda: T0_MS + round(loop.time() * 1_000), lambda: round(loop.time() * 1_000))
    store, database = CountedStore(folder / "readings.db"), Database(registry_in(folder))
    services = build_services(CloudSettings(), database, _city(load.gateways), files=_files, clock=clock, store=store)
    broker = Broker(services)
    working = asyncio.create_task(_work(services, broker.runner))
    await asyncio.sleep(settled_s)
    commits.clear()
    store.writes = store.queries = 0
    await broker.send(load, clock)
    working.cancel()
    counted = (store.writes, commits["readings.db"], commits["registry.db"], store.queries)
    stored = sum([await store.count(*series) for series in _series(load.gateways)])
    await store.close()
    await database.close()
    return Counts(*counted, broker.acks, broker.pubacks, stored)


async def _work(services: Services, runner: IngestRunner) -> None:
    """What a cloud does that ingests."""
    ingest, alarms = services.ingest, services.alarms
    assert services.foundation.lease is not None
    await services.foundation.lease.acquire()
    await ingest.writer.store.open()
    await ingest.writer.load_newest()
    await alarms.evaluator.start()
    async with asyncio.TaskGroup() as tasks:
        for part in (runner.run(), alarms.evaluator.run(), alarms.derivations.run(), ingest.review.run()):
            tasks.create_task(part)


class Broker:
    """Hands messages to the ingest of `services`, and takes its acks and PUBACKs."""

    def __init__(self, services: Services) -> None:
        self.acks = self.pubacks = 0
        self._sent = 0
        self._socket: list[tuple[Message, str]] = []
        """What waits there while nobody reads."""
        self._is_read = True
        self._all_safe = asyncio.Event()
        self.runner = IngestRunner(
            decoder=services.ingest.decoder, writer=services.ingest.writer, metrics=services.foundation.metrics,
            publish=self._take_ack, acknowledge=self._take_puback, queue_bytes=2**26,
            pause=self._pause, resume=self._resume,
        )  # fmt: skip

    async def send(self, load: Load, clock: Clocks) -> None:
        """Send a load, and wait until each message has its PUBACK."""
        loop = asyncio.get_running_loop()
        began_s, self._sent = loop.time(), load.messages
        for number in range(load.messages):
            await asyncio.sleep(max(0.0, began_s + number / load.messages_per_s - loop.time()))
            gateway, turn = _gateway(number % load.gateways), number // load.gateways
            content = _payload(gateway, turn, load.readings_each, clock.wall_ms())
            self._hand_over(Message(topic_of(gateway, Channel.UP), content, False, False, 1, number, 1), gateway)
        await self._all_safe.wait()

    def _hand_over(self, message: Message, gateway: str) -> None:
        if self._is_read:
            self.runner.offer(message, gateway)
        else:
            self._socket.append((message, gateway))

    def _pause(self) -> None:
        self._is_read = False

    def _resume(self) -> None:
        self._is_read = True
        waiting, self._socket = self._socket, []
        for message, gateway in waiting:
            self.runner.offer(message, gateway)

    def _take_ack(self, _topic: str, _ack: bytes) -> bool:
        self.acks += 1
        return True

    def _take_puback(self, _message: Message) -> None:
        self.pubacks += 1
        if self.pubacks == self._sent:
            self._all_safe.set()


def _payload(gateway: str, turn: int, readings_each: int, now_ms: int) -> bytes:
    """Readings that no check and no judge has anything to say about."""
    readings = [
        Reading(f"{gateway}-{sensor}", quantity, now_ms, 20.0 + turn % 7 / 10)
        for sensor, quantity in SERIES[:readings_each]
    ]
    return encode_batch(f"{gateway:0>16}", 1 + turn * readings_each, readings)


def _gateway(number: int) -> str:
    return f"gw-{number:04d}"


def _series(gateways: int) -> Iterator[tuple[str, str]]:
    return ((f"{_gateway(number)}-{sensor}", quantity) for number in range(gateways) for sensor, quantity in SERIES)


def _city(gateways: int) -> Registry:
    names = [_gateway(number) for number in range(gateways)]
    return Registry(
        city=City("Trickle", "Asia/Jayapura"),
        sites=[Site("here", "Here", "Daruba", 2.05, 128.29, "Asia/Jayapura")],
        gateways=[Gateway(name, name, "here") for name in names],
        sensors=[
            Sensor(f"{name}-{sensor}", sensor, "here", name, quantities)
            for name in names
            for sensor, quantities in SENSORS.items()
        ],
    )


def _files() -> Component:
    return Component(Condition.OK, "")


if __name__ == "__main__":
    print(json.dumps(counts_of(Path(sys.argv[1]), Load(*map(int, sys.argv[2:])))._asdict()))
