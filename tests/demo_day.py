"""A day of the demo's city in a real InfluxDB, by the cloud's own parts on a clock that runs ahead: for dashboards.

simulated island ─► batches ─► checks ─► InfluxDB: readings        a week before it for what looks back,
                                  └─► rules, derived series, reports     the same Sunday 2, 3 and 52 weeks before

Sunday, 15 March 2026, 15:00 in Morotai. The river at Daruba was over Siaga 1 in the morning, fell, and rises again;
gw-utara was cut off from 10:00 to 12:00 and has sent half of what it kept; air-bere-bere fell silent at 13:20; Dodola
is crowded, and a sensor that nobody knows sends through gw-daruba. Sensors measure once a minute.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Self

import msgspec
from sqlalchemy import Connection

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.listening_time import ListeningTime
from cloud.database.engine import Database
from cloud.derived.gauges import gauges_of
from cloud.derived.recompute_queue import time_range_of
from cloud.derived.service import Derivations
from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.stages.validate import ValidatedBatch
from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite
from cloud.readings.influx import InfluxStore
from cloud.readings.lines import lines_of as lines_of_readings
from cloud.readings.newest import Newest, newest_of
from cloud.readings.settings import InfluxSettings
from cloud.readings.sqlite import SqliteStore
from cloud.registry.city_file import read_city_file
from cloud.registry.rows import save_registry
from cloud.registry.snapshot import Registry
from cloud.reports.alarms import alarm_points, event_points
from cloud.reports.city import city_point
from cloud.reports.fleet import fleet_points
from cloud.reports.ingest import IngestWork, ingest_points
from cloud.reports.lists import list_points
from cloud.reports.next_level import next_level_points
from cloud.reports.outbox import UnreportedEvent, ended_alarms, open_alarms, record_reported, unreported
from cloud.reports.platform_snapshot import take_snapshot
from cloud.reports.points import ReportPoint, lines_of
from cloud.reports.presence import presence_points
from cloud.reports.situation import situation_points
from cloud.reports.span_history import AlarmSpans
from cloud.reports.thresholds import threshold_points
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.seed_rules import seed_rules_in
from tests.simulated_island import Island
from tests.unit.cloud.examples import validated
from wire import (
    BUILT_IN,
    Clock,
    Lost,
    Reading,
    SourceState,
    SourceStatus,
    SpoolState,
    Status,
    encode_batch,
    encode_status,
)
from wire.topics import SHARDS

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOW_MS = int(datetime(2026, 3, 15, 6, tzinfo=UTC).timestamp() * 1000)
"""15:00 in Morotai."""
WEEK_MS = NOW_MS - 8 * DAY
SEASON_MS = NOW_MS - 52 * 7 * DAY
"""The same hour of a Sunday a year before."""
WEEK = 7 * DAY
USUAL_WEEKS = (3, 2)
"""The same day of these weeks before: with that of the week itself enough to say what is usual."""
CLOSE_MS = NOW_MS - 26 * HOUR
"""From here on everything is looked at every `STEP_MS`; before it four times a day."""
STEP_MS, FAR_STEP_MS = 30 * MINUTE, 6 * HOUR
LAST_MS = NOW_MS - 30 * MINUTE
"""From here on every minute: what is asked of now finds reports of the last minutes."""

CITY = Path(__file__).parents[1] / "demo" / "city"
INTERVAL_S = 60.0
AWAY = "gw-utara"
CUT_OFF_MS, BACK_MS = NOW_MS - 5 * HOUR, NOW_MS - 3 * HOUR
BACKLOG_SENT_MS = NOW_MS - HOUR
"""When the first hour of what was kept goes up."""
DROWNED, DROWNED_MS = "air-bere-bere", NOW_MS - 100 * MINUTE
LOST_MS = NOW_MS - 20 * HOUR
LOST_READINGS = 40
PORTIONS_A_WRITE = 500
SIMULATED_DELAY_MS = (420.0, 1_900.0)
"""Nothing is on its way here, so the delay from sensor to store is made up: median and 99th percentile."""
SIMULATED_STREAMS = {"gw-daruba": "9f3c21d07ab4e815", AWAY: "0c55a1e0b7d24f19"}


def demo_registry() -> Registry:
    """The demo's city, its sensors measuring once a minute."""
    city = read_city_file(CITY / "city.toml")
    sensors = [sensor for sensor in city.sensors() if city.gateway(sensor.id) is None]
    slow = [msgspec.structs.replace(sensor, interval_s=INTERVAL_S) for sensor in sensors]
    return Registry(city=city.city, sites=city.sites(), gateways=city.gateways(), sensors=slow)


class DemoDay:
    """The cloud's parts around the InfluxDB at `url`; `async with DemoDay(…) as day: await day.fill()`."""

    def __init__(self, folder: Path, url: str, *, database: str = "siaga") -> None:
        self.now_ms = SEASON_MS - DAY
        self.registry = demo_registry()
        self._gateways = {sensor.id: sensor.gateway for sensor in self.registry.sensors()}
        self.newest, self.accounts, self.statuses = Newest(), Accounts(), Statuses()
        self._influx = InfluxStore(InfluxSettings(engine="influxdb", url=url, database=database))
        self._store = _Copied(folder / "readings.db")
        self._database = Database(f"sqlite:///{folder / 'registry.db'}")
        self._rule_store = RuleStore(self._database, self.registry, clock=self._clock)
        self._evaluator = RuleEvaluator(
            database=self._database, rule_store=self._rule_store, newest=self.newest, store=self._store,
            clock=self._clock, listening_time=ListeningTime(grace_ms=0, late_ms=DAY, boot_ms=self._clock),
        )  # fmt: skip
        self._derivations = Derivations(
            self.registry, self._store, self.newest, gauges=gauges_of(self._rule_store), observe=self._tell
        )
        self._dead_letters = DeadLetters(self._database, max_bytes=2**24)
        self._spans = AlarmSpans()
        self._watched = False
        self._seq = dict.fromkeys(SIMULATED_STREAMS, 0)
        self._kept: list[tuple[int, list[Reading]]] = []
        self._report_points: list[ReportPoint] = []
        self._done = _Done(self.now_ms)

    async def __aenter__(self) -> Self:
        await self._influx.open()
        await self._store.open()
        await self._database.open()
        await self._database.run(lambda connection: save_registry(connection, self.registry))
        await self._rule_store.add_missing(seed_rules_in(CITY / "rules.toml", self.registry))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._influx.close()
        await self._store.close()
        await self._database.close()

    async def fill(self) -> None:
        """Write the season, the week and the day."""
        await self._pass(SEASON_MS, Island(self.now_ms / 1000), step_ms=FAR_STEP_MS)
        for weeks in USUAL_WEEKS:
            self.now_ms = NOW_MS - weeks * WEEK - DAY
            await self._pass(self.now_ms + DAY + FAR_STEP_MS, Island(self.now_ms / 1000), step_ms=FAR_STEP_MS)
        self._watched = True
        await self._evaluator.start()
        self.now_ms = WEEK_MS
        island = Island(WEEK_MS / 1000)
        await self._pass(CLOSE_MS, island, step_ms=FAR_STEP_MS)
        await self._pass(LAST_MS, island, step_ms=STEP_MS)
        await self._pass(NOW_MS, island, step_ms=MINUTE)
        await self._write_all()

    async def _pass(self, until_ms: int, island: Island, *, step_ms: int) -> None:
        """Let time pass: readings come, rules and computations look at them, people are told."""
        while self.now_ms < until_ms:
            measured = list(_measured(island, self.now_ms, self.now_ms + step_ms))
            self.now_ms += step_ms
            for gateway in SIMULATED_STREAMS:
                await self._send(gateway, [each for each in measured if self._gateways[each.sensor] == gateway])
            if self.now_ms % HOUR == 0:
                await self._derivations.compute(self.now_ms)
            if self._watched:
                await self._evaluator.tick()
                await self._report()

    async def _send(self, gateway: str, readings: list[Reading]) -> None:
        """A gateway does with its readings what the link allows."""
        stream, first = SIMULATED_STREAMS[gateway], self._seq[gateway] + 1
        lost: tuple[Lost, ...] = ()
        if gateway != AWAY:
            readings = [*readings, *_faulty(self.now_ms)]
            if self.now_ms == LOST_MS:
                lost = (Lost(stream, first, first + LOST_READINGS - 1, "the spool was full"),)
                first += LOST_READINGS
        self._seq[gateway] = first + len(readings) - 1
        if gateway == AWAY and CUT_OFF_MS < self.now_ms <= BACK_MS:
            self._kept.append((first, readings))
            return
        if readings:
            await self._take(gateway, encode_batch(stream, first, readings, lost=lost))
        if gateway == AWAY and self.now_ms == BACKLOG_SENT_MS:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """The first half of what was kept goes up."""
        half = len(self._kept) // 2
        for first, readings in self._kept[:half]:
            await self._take(AWAY, encode_batch(SIMULATED_STREAMS[AWAY], first, readings, backfill=True))
        self._kept = self._kept[half:]

    async def _take(self, gateway: str, payload: bytes) -> None:
        """The cloud takes a batch in, as its writer does."""
        batch = validated(payload, gateway=gateway, registry=self.registry, arrived_ms=self.now_ms)
        assert batch.decoded.receipt is not None
        plan = self.accounts.plan([batch.decoded.receipt])
        begun_s = time.perf_counter()
        await self._store.write([self._store.encode(batch.blocks)])
        self._done.count(batch, write_ms=(time.perf_counter() - begun_s) * 1000)
        self.newest.load(newest_of(batch.blocks))
        if batch.rejections:
            await self._database.run(
                lambda connection: self._dead_letters.write(connection, batch.rejections, now_ms=self.now_ms)
            )
        self.accounts.apply(plan)
        if self._watched:
            await self._evaluator.observe([self._evaluator.input_of(batch.blocks)])
        time_range = time_range_of(batch.blocks)
        if time_range is not None:
            self._derivations.on_stored(gateway, *time_range)

    async def _tell(self, blocks: Sequence[Block]) -> None:
        """The rules look at what was computed."""
        if self._watched:
            await self._evaluator.observe_derived(blocks)

    async def _report(self) -> None:
        """Write what dashboards read besides readings."""
        for gateway in SIMULATED_STREAMS:
            self.statuses.on_status(gateway, encode_status(self._status(gateway)))
        alarms = await self._database.run(open_alarms)
        events = await self._unreported()
        snapshot = take_snapshot(
            self, now_ms=self.now_ms, alarms=alarms, ended=ended_alarms(events), reading_rates=_rates(self)
        )
        work = self._done.work(self.now_ms, dead_letters_open=await self._dead_letters.count())
        self._done = _Done(self.now_ms)
        sensors = self._rule_store.targets.all()
        thresholds = [
            threshold_points(
                sensor, [found.rule for found in self._rule_store.resolved(sensor.id)], self.now_ms, BUILT_IN
            )
            for sensor in sensors
        ]
        changed = {each.alarm.id: each.alarm for each in events}.values()
        spans = await self._database.run(partial(self._spans.points, snapshot=snapshot, changed=changed))
        self._report_points += [
            *spans,
            *list_points(snapshot),
            *situation_points(snapshot),
            *alarm_points(snapshot),
            *event_points(((each.alarm, each.change) for each in events), self.registry),
            *fleet_points(snapshot),
            *next_level_points(snapshot, lambda sensor: [found.rule for found in self._rule_store.resolved(sensor)]),
            *presence_points(snapshot),
            city_point(snapshot),
            *ingest_points(work, instance="0-63", now_ms=self.now_ms),
            *chain.from_iterable(thresholds),
        ]

    async def _unreported(self) -> list[UnreportedEvent]:
        """The events of alarms that dashboards have not had yet."""

        def read(connection: Connection) -> list[UnreportedEvent]:
            found = unreported(connection, range(SHARDS))
            record_reported(connection, [each.id for each in found], now_ms=self.now_ms)
            return found

        return await self._database.run(read)

    async def _write_all(self) -> None:
        """Everything goes to InfluxDB, in few writes."""
        lines = self._store.lines
        for start in range(0, len(lines), PORTIONS_A_WRITE):
            result = await self._influx.write([EncodedWrite(part) for part in lines[start : start + PORTIONS_A_WRITE]])
            assert not result.rejected, result.rejected
        refused = await self._influx.write_lines(lines_of(self._report_points))
        assert not refused, refused

    def _status(self, gateway: str) -> Status:
        """What a gateway, or the broker for it, last said of itself."""
        cut_off = gateway == AWAY and CUT_OFF_MS < self.now_ms <= BACK_MS
        kept = [reading for _, readings in self._kept for reading in readings] if gateway == AWAY else []
        oldest_ms = min((reading.time_ms for reading in kept), default=None)
        drowned = gateway == AWAY and self.now_ms > DROWNED_MS + 15 * MINUTE
        return Status(
            v=1,
            online=not cut_off,
            gateway=gateway,
            version="0.1.0",
            boot="simulated",
            stream=SIMULATED_STREAMS[gateway],
            time_ms=CUT_OFF_MS if cut_off else self.now_ms,
            clock=Clock.SYNCED,
            spool=SpoolState(
                depth=0 if cut_off else len(kept),
                oldest_ms=None if cut_off else oldest_ms,
                lost=0 if gateway == AWAY or self.now_ms < LOST_MS else LOST_READINGS,
                bytes=len(kept) * 60,
                max_bytes=64 * 2**20,
            ),
            sources=(
                SourceState("first", SourceStatus.OK, noise_bytes=137),
                SourceState("second", SourceStatus.SILENT if drowned else SourceStatus.OK),
            ),
        )

    def _clock(self) -> int:
        return self.now_ms


class _Copied(SqliteStore):
    """Keeps what is written to it as lines for InfluxDB as well: thousands of questions cost little in SQLite."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lines: list[bytes] = []

    async def open(self) -> None:
        await super().open()
        # nothing of it has to survive a power cut, and a disk that others keep busy makes each forced write slow
        await self._writer.run(lambda connection: connection.execute("PRAGMA synchronous = OFF"))

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        self.lines.append(lines_of_readings(blocks))
        return super().encode(blocks)


class _Done:
    """What ingest has done since `since_ms`."""

    def __init__(self, since_ms: int) -> None:
        self._since_ms = since_ms
        self._stored: Counter[str] = Counter()
        self._backlog = 0
        self._refused: Counter[str] = Counter()
        self._write_ms: list[float] = []

    def count(self, batch: ValidatedBatch, *, write_ms: float) -> None:
        for block in batch.blocks:
            self._stored[block.domain] += block.size
        if batch.decoded.batch is not None and batch.decoded.batch.backfill:
            self._backlog += sum(block.size for block in batch.blocks)
        for rejection in batch.rejections:
            self._refused[rejection.reason] += rejection.readings
        self._write_ms.append(write_ms)

    def work(self, now_ms: int, *, dead_letters_open: int) -> IngestWork:
        writes = sorted(self._write_ms)
        return IngestWork(
            seconds=(now_ms - self._since_ms) / 1000,
            stored=dict(self._stored),
            backlog=self._backlog,
            batches=len(writes),
            duplicates=0,
            dead_letters=dict(self._refused),
            dead_letters_open=dead_letters_open,
            shed=0,
            store_errors=0,
            queue_bytes=0,
            write_ms=(writes[len(writes) // 2], writes[-1]) if writes else None,
            delay_ms=SIMULATED_DELAY_MS if writes else None,
        )


def _measured(island: Island, from_ms: int, until_ms: int) -> Iterator[Reading]:
    """What all sensors measure after `from_ms` and until `until_ms`, and gateways of themselves."""
    for time_ms in range((from_ms // MINUTE + 1) * MINUTE, until_ms + 1, MINUTE):
        for sensor, values in island.minute(time_ms / 1000):
            if sensor != DROWNED or time_ms <= DROWNED_MS:
                yield from (Reading(sensor, quantity, time_ms, value) for quantity, value in values.items())
        for gateway in SIMULATED_STREAMS:
            yield from (Reading(gateway, quantity, time_ms, value) for quantity, value in _OF_ITSELF.items())


_OF_ITSELF = {
    "spool_depth": 14.0, "spool_age": 0.4, "lost": 0.0, "disk_free": 21_400.0, "memory_used": 46.5,
    "cpu_temperature": 51.3, "uptime": 864_000.0, "noise_bytes": 137.0,
    "under_voltage": 0.0, "mobile_generation": 4.0, "signal_quality": 64.0, "rsrp": -98.0, "rsrq": -11.0,
    "signal": -71.0, "signal_to_noise": 7.4, "sim_data_used": 3_120.0, "sim_quota_left": 68.8,
}  # fmt: skip
"""What a gateway measures of itself."""


def _faulty(time_ms: int) -> Iterator[Reading]:
    """What the checks refuse: half-hourly from a sensor that nobody knows, hourly a bucket that cannot be right."""
    if time_ms % (30 * MINUTE) == 0:
        yield Reading("people-pier", "people_in", time_ms, 3.0)
    if time_ms % HOUR == 0:
        yield Reading("rain-daruba", "rainfall", time_ms - 1, 900.0)


def _rates(day: DemoDay) -> dict[str, float]:
    """Readings a second of each gateway, as its sensors' quantities and intervals have it."""
    counted = Counter({gateway: len(_OF_ITSELF) for gateway in SIMULATED_STREAMS})
    for sensor in day.registry.sensors():
        if sensor.gateway != sensor.id:
            counted[sensor.gateway] += len(sensor.quantities)
    return {gateway: count / INTERVAL_S for gateway, count in counted.items()}
