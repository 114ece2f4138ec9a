"""A small city and what its gateways send, for the tests of the cloud."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from cloud.database.engine import Database
from cloud.gateways.accounting import Accounts
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.levels import Distances
from cloud.ingest.offsets import Offsets
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.quality import QualityJudge
from cloud.ingest.stages.decode import DecodeStage
from cloud.ingest.stages.receive import ReceivedMessage
from cloud.ingest.stages.validate import ValidatedBatch, ValidateStage
from cloud.metrics.exposition import Metrics
from cloud.readings.contract import EncodedWrite, StoreUnavailable, WriteResult
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import Calibration, City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from runtime.mqtt_connection import Message
from tests.registries import registry_in
from wire import Channel, Lost, Reading, encode_batch, topic_of

T0 = 1_764_000_000_000
LATEST = T0 + 86_400_000
GATEWAY = "gw-daruba"
STREAM = "9f3c21d07ab4e815"

SITE = Site("daruba", "Daruba river", "Daruba", 2.05, 128.29, "Asia/Jayapura")


def city(*, more: Sequence[Sensor] = ()) -> Registry:
    return Registry(
        city=City("Morotai", "Asia/Jayapura"),
        sites=[SITE],
        gateways=[
            Gateway(GATEWAY, "Daruba", "daruba"),
            Gateway("gw-pier", "Pier", "daruba"),
            Gateway("gw-old", "Old", "daruba", retired=True),
        ],
        sensors=[
            Sensor("air-market", "Market", "daruba", GATEWAY, ("pm2_5", "pm10", "temperature")),
            Sensor(
                "river", "River", "daruba", GATEWAY, ("water_level", "temperature"),
                calibration={"water_level": Calibration(scale=2.0, offset=-10.0)},
            ),
            Sensor("people-pier", "Pier", "daruba", "gw-pier", ("people_in",)),
            Sensor("air-old", "Old", "daruba", GATEWAY, ("pm2_5",), retired=True),
            *more,
        ],
    )  # fmt: skip


def reading(sensor: str = "air-market", quantity: str = "pm2_5", value: float = 12.5, *, at: int = 0) -> Reading:
    """`at` in milliseconds after T0."""
    return Reading(sensor, quantity, T0 + at, value)


def payload(*readings: Reading, first: int = 1, stream: str = STREAM, lost: Sequence[Lost] = ()) -> bytes:
    return encode_batch(stream, first, readings, lost=lost)


def message(content: bytes, *, gateway: str = GATEWAY, packet: int = 1) -> Message:
    return Message(topic_of(gateway, Channel.UP), content, False, False, 1, packet, 1)


def validated(
    content: bytes, *, gateway: str = GATEWAY, registry: Registry | None = None, arrived_ms: int = LATEST
) -> ValidatedBatch:
    """A message that arrived at `arrived_ms`, decoded and validated."""
    registry = registry or city()
    stage = ValidateStage(
        registry=registry, offsets=Offsets(), distances=Distances(Newest()), quality=QualityJudge(registry, Newest()),
        ahead_ms=0, is_undelayed=lambda: True,
    )  # fmt: skip
    return stage.run(DecodeStage().run(ReceivedMessage(content, gateway, arrived_ms)))


class ScriptedStore(SqliteStore):
    """A real SQLite store whose next writes fail as `script` says, one item each; None lets one through.

    While writes fail a probe fails like the last of them, unless the store `takes_others`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.script: list[Exception | WriteResult | None] = []
        self.writes: list[int] = []
        self.opened = 0
        self.takes_others = False
        self._last: Exception | None = None

    async def open(self) -> None:
        self.opened += 1
        await super().open()

    async def probe(self) -> None:
        if self._last is not None and not self.takes_others:
            raise self._last

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        self.writes.append(len(writes))
        planned = self.script.pop(0) if self.script else None
        self._last = planned if isinstance(planned, Exception) else None
        if self._last is not None:
            raise self._last
        return planned if isinstance(planned, WriteResult) else await super().write(writes)


class Workshop:
    """The parts of ingest on real databases in a folder; its writer waits no real time and notes each wait."""

    def __init__(self, folder: Path, *, registry: Registry | None = None, max_bytes: int = 2**20) -> None:
        self.folder = folder
        self.registry = registry or city()
        self.store = ScriptedStore(folder / "readings.db")
        self.database = Database(registry_in(folder))
        self.accounts, self.newest = Accounts(), Newest()
        self.metrics = Metrics(self.accounts)
        self.dead_letters = DeadLetters(self.database, max_bytes=max_bytes)
        self.waits: list[float] = []
        # the examples' times are in the past, so any clock lets them pass
        self.decoder = BatchDecoder(
            registry=self.registry, store=self.store, ahead_s=600, offsets=Offsets(self.database)
        )
        self.writer = BatchWriter(
            decoder=self.decoder,
            store=self.store,
            database=self.database,
            dead_letters=self.dead_letters,
            accounts=self.accounts,
            newest=self.newest,
            metrics=self.metrics,
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def __aenter__(self) -> "Workshop":
        await self.database.open()
        await self.store.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()
        await self.database.close()

    async def letters(self) -> list[tuple[str, str, int]]:
        """(gateway, reason, count) of each dead letter, the oldest first."""
        return [(each.gateway, each.reason, each.count) for each in reversed(await self.dead_letters.page())]

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


UNAVAILABLE = StoreUnavailable("the store is away")
