"""A city with rules on real databases, on a clock that the test moves.

async with Town(tmp_path) as town:   await town.rule(limit=150);  await town.send(level(160, at=0))
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, select

from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.listening_time import ListeningTime
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.alarms.tables import AlarmEventRow
from cloud.core.latest import Latest, latest_by_our_clock
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.gateways.accounting import Accounts
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.manual.records import EnteredReading
from cloud.ingest.manual.rows import values_since
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.review import Review
from cloud.metrics.exposition import Metrics
from cloud.readings.contract import Verdict
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from tests.registries import registry_in
from wire import Reading, encode_batch

T0 = 1_764_000_000_000
ANI = Actor("ani", "10.0.0.7")
STREAM = "9f3c21d07ab4e815"
ZONE = "Asia/Jayapura"

RIVER: dict[str, Any] = {
    "quantity": "water_level",
    "kind": "above",
    "title": "River is high",
    "levels": [
        {"name": "Siaga 3", "severity": "moderate", "limit": 150.0},
        {"name": "Siaga 2", "severity": "severe", "limit": 250.0},
    ],
    "hysteresis": 10.0,
    "reject": ["clock_unknown"],
}
SILENT: dict[str, Any] = {
    "quantity": "",
    "kind": "silence",
    "title": "Nothing comes",
    "levels": [{"name": "Silent", "severity": "minor", "limit": 5.0}],
}


def city(*more: Sensor) -> Registry:
    return Registry(
        city=City("Morotai", ZONE),
        sites=[Site("daruba", "Daruba", "Daruba", 2.05, 128.29, ZONE), Site("wayabula", "W", "W", 2.2, 128.2, ZONE)],
        gateways=[Gateway("gw-daruba", "Daruba", "daruba"), Gateway("gw-west", "West", "wayabula")],
        sensors=[
            Sensor("river", "River", "daruba", "gw-daruba", ("water_level",), interval_s=60, groups=("rivers",)),
            Sensor("rain", "Rain", "daruba", "gw-daruba", ("rainfall",), interval_s=60),
            Sensor("creek", "Creek", "wayabula", "gw-west", ("water_level",), interval_s=60, groups=("rivers",)),
            *more,
        ],
    )


def level(value: float, *, at: float, sensor: str = "river", backfill: bool = False) -> Reading:
    """`at` in seconds after T0."""
    return Reading(sensor, "water_level", T0 + int(at * 1000), value, backfill=backfill)


class Town:
    """One instance of the cloud's ingest; a second one on the same folder is another process."""

    def __init__(self, folder: Path, *, registry: Registry | None = None, shards: range = range(64)) -> None:
        self.now_ms = T0
        self.boot_ms = 0
        self.registry = registry or city()
        self.store = SqliteStore(folder / "readings.db")
        self.database = Database(registry_in(folder))
        self.latest_ms: Latest = latest_by_our_clock
        self.accounts, self.newest = Accounts(), Newest(lambda: self.latest_ms())
        self.metrics = Metrics(self.accounts)
        self.rule_store = RuleStore(self.database, self.registry, clock=self.clock)
        self.alarm_service = AlarmService(self.database, clock=self.clock)
        self.nudges = 0
        self.hears = True
        self.lost: Exception | None = None
        self.lately = RecentRejections()
        self.evaluator = RuleEvaluator(
            rejected_series=self.lately.series, database=self.database,
            rule_store=self.rule_store, newest=self.newest, store=self.store, shards=shards,
            can_receive=lambda: self.hears, on_change=self._nudge, clock=self.clock, check_lease=self._confirm,
            manual_values=values_since,
            listening_time=ListeningTime(grace_ms=30_000, boot_ms=lambda: self.boot_ms),
        )  # fmt: skip
        self.review = Review(self.registry, self.store, on_verdicts=self._tell, database=self.database, quiet_passes=1)
        self.decoder = BatchDecoder(
            registry=self.registry,
            store=self.store,
            ahead_s=600,
            newest=self.newest,
            rule_input_of=self.evaluator.input_of,
            recent_rejections=self.lately,
        )
        self.writer = BatchWriter(
            decoder=self.decoder, store=self.store, database=self.database,
            dead_letters=DeadLetters(self.database, max_bytes=2**20), accounts=self.accounts, newest=self.newest,
            metrics=self.metrics, evaluator=self.evaluator, confirm=self._confirm, review=self.review,
            recent_rejections=self.lately,
        )  # fmt: skip
        self.manual_readings = ManualReadings(self.registry, self.newest, self.database, clock=self.clock)
        self._seq = 0

    async def __aenter__(self) -> Self:
        await self.store.open()
        await self.database.open()
        await self.database.run(self.accounts.load)
        await self.rule_store.load()
        await self.writer.load_newest()
        await self.evaluator.start()
        await self.review.load_notes()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()
        await self.database.close()

    def clock(self) -> int:
        return self.now_ms

    def _confirm(self, _connection: Connection) -> None:
        if self.lost is not None:
            raise self.lost

    def _nudge(self) -> None:
        self.nudges += 1

    async def rule(self, family: str = "river-level", scope: str = "all", **fields: Any) -> None:
        """Save a rule that holds from the beginning of the test's time on."""
        now, self.now_ms = self.now_ms, T0 - 86_400_000
        base = RIVER if scope == "all" else {}
        await self.rule_store.save(family, scope, base | fields, actor=ANI, reason="test")
        self.now_ms = now

    async def silence_rule(self, **fields: Any) -> None:
        await self.rule_store.save("silence", "all", SILENT | fields, actor=ANI, reason="test")

    async def send(self, *readings: Reading, first: int | None = None, backfill: bool = False) -> None:
        """A batch arrives, the clock being at its last reading unless it is further already; `first`: once more."""
        if first is None:
            first, self._seq = self._seq + 1, self._seq + len(readings)
        self.now_ms = max(self.now_ms, *(reading.time_ms for reading in readings))
        self.listen()
        payload = encode_batch(STREAM, first, readings, backfill=backfill)
        gateway = self.registry.sensor(readings[0].sensor).gateway
        await self.writer.write([self.decoder.prepare(payload, gateway)])

    async def enter(self, key: str, value: float, *, read: float, now: float, sensor: str = "river") -> int:
        """Ani reads a level, and her reading comes `now` (both in seconds after T0); its number. A tick looks at it."""
        self.now_ms = T0 + int(now * 1000)
        entry = EnteredReading(key, sensor, "water_level", T0 + int(read * 1000), value, sure=True)
        (outcome,) = await self.manual_readings.enter(
            [entry], actor=ANI, sent_ms=self.now_ms, may_see=lambda _site: True
        )
        await self.evaluator.read_manual_values()
        await self.tick(at=now)
        assert outcome.reading is not None
        return outcome.reading.id

    async def _tell(self, verdicts: Sequence[Verdict]) -> None:
        self.newest.apply_verdicts(verdicts)
        await self.evaluator.reevaluate(verdicts)

    async def settle(self) -> None:
        """Let the review look at all that is noted."""
        for _ in range(3):
            await self.review.tick()

    async def marks(self, sensor: str = "river", quantity: str = "water_level") -> list[int]:
        """The marks that hold, in the order of time."""
        return [point.marks for point in await self.store.history(sensor, quantity, start_ms=0, end_ms=2 * T0)]

    async def tick(self, *, at: float) -> None:
        """Time passes until `at` seconds after T0, without a reading."""
        self.now_ms = T0 + int(at * 1000)
        self.listen()
        await self.evaluator.tick()

    def listen(self) -> None:
        """Count the seconds up to now as the evaluator would."""
        while self.boot_ms < self.now_ms - T0:
            self.boot_ms = min(self.boot_ms + 1_000, self.now_ms - T0)
            self.evaluator.listening_time.tick(listening=self.hears)

    async def sleep(self, *, seconds: float) -> None:
        """The process, or its machine, is stopped for so long, and goes on."""
        self.now_ms += int(seconds * 1000)
        self.boot_ms = self.now_ms - T0
        await self.evaluator.tick()

    async def alarms(self, **wanted: Any) -> list[Alarm]:
        """The oldest first."""
        return list(reversed(await self.alarm_service.alarms(AlarmFilter(**wanted))))

    async def events_to_tell(self) -> list[str]:
        """The kinds of the events that are no late news."""
        query = select(AlarmEventRow.kind).where(AlarmEventRow.late.is_(False)).order_by(AlarmEventRow.id)
        return list(await self.database.run(lambda connection: connection.execute(query).scalars().all()))

    async def events(self) -> list[tuple[str, float, int]]:
        """(kind, seconds after T0, level) of every event, as they were written."""
        query = select(AlarmEventRow.kind, AlarmEventRow.time_ms, AlarmEventRow.level).order_by(AlarmEventRow.id)
        rows: Sequence[Any] = await self.database.run(lambda connection: connection.execute(query).all())
        return [(kind, (time_ms - T0) / 1000, number) for kind, time_ms, number in rows]
