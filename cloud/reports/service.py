"""The service: takes a snapshot of the platform each half minute, and writes it into InfluxDB beside the readings.

every SAMPLE_S: alarms (database) ─► snapshot ─► situation, alarm, alarm_event, … ─► store ─► events recorded
                counters ─► ingest, refused, again as they were until the store has them
an alarm opens or ends: situation and alarms at once          each second: thresholds whose turn it is

Nothing waits for this: health says when the store is away, and the next sample tries again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import chain

import msgspec

from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.metrics.exposition import Metrics
from cloud.readings.contract import StoreRejected, StoreUnavailable
from cloud.readings.influx import InfluxStore
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from cloud.reports.alarms import alarm_points, event_points
from cloud.reports.city import city_point
from cloud.reports.fleet import fleet_points
from cloud.reports.ingest import CounterTally
from cloud.reports.lists import list_points
from cloud.reports.next_level import next_level_points
from cloud.reports.outbox import EVENTS_AT_ONCE, UnreportedEvent, ended_alarms, open_alarms, record_reported, unreported
from cloud.reports.platform_snapshot import PlatformSnapshot, SnapshotParts, instance_of, take_snapshot
from cloud.reports.points import ReportPoint, line_of
from cloud.reports.presence import presence_points
from cloud.reports.situation import situation_points
from cloud.reports.span_history import AlarmSpans
from cloud.reports.thresholds import ThresholdSchedule, threshold_points
from cloud.rulebook.limited_series import LimitedSeries
from cloud.rulebook.rule_store import RuleStore
from i18n.message import LocalizedMessage, sentence_of
from rules.rule import Rule
from runtime.clock import wall_ms
from wire import shard_of
from wire.measurements import LIST_S, SAMPLE_S, THRESHOLD_SAMPLE_S

TICK_S = 1.0
EARLY_MS = 5_000
"""How long after a sample the next may be taken early, because an alarm has changed."""
LINES_A_WRITE = 5_000
POINTS_IN_A_ROW = 100
"""Points that are made in a row, before other tasks of the process get their turn."""
SENSORS_IN_A_ROW = 200
"""Sensors whose rules are looked up in a row, before other tasks of the process get their turn."""
LAST_S = 0.7
"""How long the last sample may take when the process ends."""
_log = logging.getLogger(__name__)


class Reports:
    """Writes for the gateways of `shards` what dashboards read."""

    def __init__(
        self,
        *,
        store: InfluxStore,
        registry: Registry,
        newest: Newest,
        accounts: Accounts,
        statuses: Statuses,
        database: Database,
        rule_store: RuleStore,
        dead_letters: DeadLetters,
        metrics: Metrics,
        shards: range,
        refused: Callable[[], frozenset[tuple[str, str]]] = frozenset,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self._refused = refused
        self._store = store
        self._sources = SnapshotParts(registry, newest, accounts, statuses)
        self._database = database
        self._rule_store = rule_store
        self._limited = LimitedSeries(rule_store)
        self._dead_letters = dead_letters
        self._shards = shards
        self._clock = clock
        self._tally = CounterTally(metrics, instance=instance_of(shards), since_ms=clock())
        self._statuses = statuses
        self._thresholds = ThresholdSchedule()
        self._spans = AlarmSpans()
        self._edition: object = None  # of the rules that the schedule has
        self._renewed_ms = self._sampled_ms = self._alarms_ms = self._listed_ms = 0
        self._nudged = False
        self._problem: str = LocalizedMessage(
            "nothing is written for dashboards yet: the readings store was not opened"
        )
        self._lock = asyncio.Lock()
        self._is_running = False

    def nudge(self) -> None:
        """An alarm has changed: do not wait for the next sample."""
        self._nudged = True

    def component(self) -> Component:
        """Return how the reports do."""
        if self._problem:
            return Component(Condition.DEGRADED, self._problem)
        said = LocalizedMessage(
            "situation, alarms and fleet are written for dashboards every {seconds} s", seconds=SAMPLE_S
        )
        return Component(Condition.OK, said)

    async def run(self) -> None:
        """Work until cancelled, on a store that is open."""
        self._is_running = True
        while True:
            async with self._lock:
                await self.tick()
            await asyncio.sleep(TICK_S)

    async def finish(self) -> None:
        """Write what is not written yet, if the store takes it soon."""
        if self._is_running:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_S), self._lock:
                    await self._try(self._sample)

    async def tick(self) -> None:
        """Write what is due."""
        now = self._clock()
        # abs: a clock that is set back must not hold a sample up until it is there again
        if abs(now - self._sampled_ms) >= SAMPLE_S * 1_000:
            self._sampled_ms = now
            await self._try(self._sample)
        elif self._nudged and not self._problem and abs(now - self._alarms_ms) >= EARLY_MS:
            await self._try(self._write_early)
        if not self._problem:
            await self._try(self._write_thresholds)

    async def _try(self, write: Callable[[int], Awaitable[object]]) -> None:
        """Write, and keep what became of it for health; what could not be written is due again."""
        try:
            await write(self._clock())
        except StoreUnavailable as error:
            self._set_problem(
                LocalizedMessage(
                    "{problem}; dashboards wait, and it is tried again every {seconds} s",
                    problem=sentence_of(error),
                    seconds=SAMPLE_S,
                )
            )
            if isinstance(error, StoreRejected):  # somebody may have mended the credentials
                with contextlib.suppress(StoreUnavailable):
                    await self._store.open()
        except DatabaseUnavailable as error:
            self._set_problem(LocalizedMessage("{problem}; dashboards wait for it", problem=sentence_of(error)))
        except Exception as error:
            _log.exception("writing for dashboards failed in a way that nobody foresaw; the next sample tries again")
            self._set_problem(
                LocalizedMessage(
                    "writing for dashboards failed with {error}; its log has the details", error=type(error).__name__
                )
            )
        else:
            self._set_problem("")

    async def _sample(self, now: int) -> None:
        """Write everything but thresholds."""
        snapshot = await self._write_alarms(now)
        await self._write(situation_points(snapshot))
        rates = {gateway: rate for gateway in snapshot.statuses if (rate := self._statuses.rates.rate(gateway))}
        await self._write_lists(snapshot)
        await self._write(fleet_points(msgspec.structs.replace(snapshot, reading_rates=rates)))
        gauges = next_level_points(snapshot, self._rules_of)
        await self._write(chain([city_point(snapshot)], gauges, presence_points(snapshot)))
        was_pending = self._tally.is_pending
        await self._write_work(now)
        if was_pending:
            await self._write_work(now)  # that was the sample of long ago: what came since is due too

    def _rules_of(self, sensor: str) -> list[Rule]:
        return [resolved.rule for resolved in self._rule_store.resolved(sensor)]

    async def _write_early(self, now: int) -> None:
        """Write the alarms before their sample is due, and the situation where they have changed."""
        sites: set[str] = set()
        snapshot = await self._write_alarms(now, changed_at=sites)
        await self._write(situation_points(snapshot, at=sites))

    async def _write_alarms(self, now: int, *, changed_at: set[str] | None = None) -> PlatformSnapshot:
        """Write the alarms, and their events until all are reported; return the snapshot.

        The sites where one has changed are put into `changed_at`.
        """
        self._nudged, self._alarms_ms = False, now
        while True:
            unwritten = await self._database.run(lambda connection: unreported(connection, self._shards))
            # read after the events: an alarm that an event says is over may be open again
            alarms = await self._database.run(open_alarms)
            snapshot = take_snapshot(
                self._sources,
                now_ms=now,
                shards=self._shards,
                alarms=alarms,
                ended=ended_alarms(unwritten),
                refused=self._refused(),
                limited=self._limited.current(),
            )
            events = event_points(((each.alarm, each.change) for each in unwritten), snapshot.registry)
            changed = {each.alarm.id: each.alarm for each in unwritten}.values()
            if changed_at is not None:
                changed_at.update(alarm.site for alarm in changed)
            spans = await self._database.run(partial(self._spans.points, snapshot=snapshot, changed=changed))
            await self._write(chain(alarm_points(snapshot), events, spans))
            await self._record_reported(unwritten, now)
            if len(unwritten) < EVENTS_AT_ONCE:
                return snapshot

    async def _write_lists(self, snapshot: PlatformSnapshot) -> None:
        if abs(snapshot.now_ms - self._listed_ms) >= LIST_S * 1_000:
            await self._write(list_points(snapshot))
            self._listed_ms = snapshot.now_ms

    async def _record_reported(self, events: Sequence[UnreportedEvent], now: int) -> None:
        if events:
            ids = [each.id for each in events]
            await self._database.run(lambda connection: record_reported(connection, ids, now_ms=now))

    async def _write_work(self, now: int) -> None:
        dead_letters = await self._dead_letters.count()
        await self._write(self._tally.due(now, dead_letters_open=dead_letters))
        self._tally.record_written()

    async def _write_thresholds(self, now: int) -> None:
        edition = self._rule_store.edition
        if edition != self._edition or abs(now - self._renewed_ms) >= THRESHOLD_SAMPLE_S * 1_000:
            self._thresholds.replace(await self._in_force(now))
            self._edition, self._renewed_ms = edition, now
        due = self._thresholds.due(now)
        await self._write(due)
        self._thresholds.record_written(due)

    async def _in_force(self, now: int) -> list[ReportPoint]:
        points: list[ReportPoint] = []
        for number, target in enumerate(self._rule_store.targets.all()):
            if number % SENSORS_IN_A_ROW == 0:
                await asyncio.sleep(0)
            if shard_of(target.gateway) in self._shards:
                rules = (resolved.rule for resolved in self._rule_store.resolved(target.id))
                points += threshold_points(target, rules, now, self._sources.registry.quantities)
        return points

    async def _write(self, points: Iterable[ReportPoint]) -> None:
        """Make points and write them: a city has thousands of them, and ingest shares the process."""
        lines: list[bytes] = []
        for point in points:
            lines.append(line_of(point))
            if len(lines) % POINTS_IN_A_ROW == 0:
                await asyncio.sleep(0)
            if len(lines) == LINES_A_WRITE:
                await self._write_lines(lines)
                lines = []
        if lines:
            await self._write_lines(lines)

    async def _write_lines(self, lines: Sequence[bytes]) -> None:
        bad = await self._store.write_lines(lines)
        if bad:
            number, reason = next(iter(bad.items()))
            _log.warning(
                "the store will never take %d points for dashboards, such as %s: %s",
                len(bad), lines[number].decode()[:200], reason,
            )  # fmt: skip

    def _set_problem(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        if self._problem and not problem:
            _log.info("dashboards are written for")
        self._problem = problem
