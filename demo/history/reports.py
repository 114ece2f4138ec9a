"""What dashboards read of the past besides readings, made when it is whole: samples on a coarse grid, alarms exactly.

14:00 ─── 16:00 ─16:12─ 18:00 ──     2 h apart, lately half an hour; and the situation where an alarm changes
└ newest readings up to then, alarms as they stood ─► the cloud's own points, at the time of the sample
14:00 ·· 14:15 ·· 14:30 ··           between them, what charts of states show is said again as it was, so that they have
                                     no gaps, which would mean that the platform was down
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import chain

import msgspec
from sqlalchemy import Connection

from cloud.alarms.records import Alarm
from cloud.gateways.accounting import Account
from cloud.process.parts import Foundation
from cloud.readings.contract import StoredReading
from cloud.reports.alarms import alarm_points, event_points
from cloud.reports.city import city_point
from cloud.reports.fleet import fleet_points
from cloud.reports.ingest import IngestWork, ingest_points
from cloud.reports.lists import list_points
from cloud.reports.next_level import next_level_points
from cloud.reports.outbox import UnreportedEvent, record_reported, unreported
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from cloud.reports.presence import presence_points
from cloud.reports.situation import situation_points
from cloud.reports.span_history import AlarmSpans
from cloud.reports.thresholds import threshold_points
from demo.history.copied import CopiedStore
from demo.history.past_alarms import PastAlarms
from demo.history.past_readings import PastReadings
from demo.history.tally import SLOT_MS
from rules.rule import Rule
from wire import Clock, SpoolState, Status
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS
from wire.measurements import EVERYWHERE
from wire.status import SPOOL_BYTES_A_READING
from wire.topics import SHARDS

SAMPLE_MS, FINE_SAMPLE_MS = 2 * HOUR_MS, 2 * SLOT_MS
AGAIN_MS, FINE_AGAIN_MS = SLOT_MS, MINUTE_MS
"""How often states are said again: as often as a chart of 30 days, and one of the last day, has a step of its own."""
SPOOL_MAX_BYTES = 64 * 2**20
WINDOW_MS = DAY_MS
"""What is looked at in one go: memory holds the readings of no more."""


class PastReports:
    """Makes the points of the past from `since_ms` to `until_ms` (UTC), finer from `fine_from_ms` on."""

    def __init__(
        self, base: Foundation, store: CopiedStore, *, since_ms: int, fine_from_ms: int, until_ms: int
    ) -> None:
        self._base = base
        self._store = store
        self._since_ms = since_ms
        self._until_ms = until_ms
        self._told_ms = self._sampled_ms = since_ms
        self._states: dict[str, list[ReportPoint]] = {}
        coarse = range(_next(since_ms, SAMPLE_MS), fine_from_ms, SAMPLE_MS)
        day = range(_next(until_ms - DAY_MS, FINE_AGAIN_MS), until_ms, FINE_AGAIN_MS)
        self._again = {*range(_next(since_ms, AGAIN_MS), until_ms - DAY_MS, AGAIN_MS), *day}
        self._grid = {*coarse, *range(_next(fine_from_ms, FINE_SAMPLE_MS), until_ms, FINE_SAMPLE_MS), until_ms}

    async def parts(self) -> AsyncIterator[Iterable[ReportPoint]]:
        """All of them, made as they are asked for, a window of time at once; the alarms' events count as reported."""
        events = await self._base.database.run(self._reported)
        past = PastAlarms(events)
        readings = PastReadings(self._store)
        for start_ms in range(self._since_ms, self._until_ms + 1, WINDOW_MS):
            await readings.read(start_ms, start_ms + WINDOW_MS)
            yield self._samples(past, readings, start_ms)
        yield event_points(((each.alarm, each.change) for each in events), self._base.registry)
        last = self._snapshot(self._until_ms, past)
        yield await self._base.database.run(lambda connection: AlarmSpans().points(connection, last, past.alarms))
        yield list_points(last)

    def _samples(self, past: PastAlarms, readings: PastReadings, start_ms: int) -> Iterator[ReportPoint]:
        window = range(start_ms, start_ms + WINDOW_MS)
        sampled = self._grid | past.times_ms()
        for time_ms in sorted(time_ms for time_ms in sampled | self._again if time_ms in window):
            points: list[ReportPoint] = []
            if time_ms in sampled:
                snapshot = self._snapshot(
                    time_ms, past, readings=readings.at(time_ms), ended=past.ended(self._told_ms, time_ms)
                )
                self._told_ms = time_ms
                points += (*situation_points(snapshot), *alarm_points(snapshot))
            if time_ms in self._grid:
                points += self._on_the_grid(snapshot, time_ms - self._sampled_ms)
                self._sampled_ms = time_ms
            told = dict(_states(points))
            yield from points
            if time_ms in self._again:
                unchanged = (self._states[measurement] for measurement in self._states.keys() - told.keys())
                yield from (_at(point, time_ms) for point in chain(*unchanged))
            self._states |= told

    def _on_the_grid(self, snapshot: PlatformSnapshot, elapsed_ms: int) -> Iterator[ReportPoint]:
        """What is not told at each change of an alarm."""
        now_ms, stored = snapshot.now_ms, self._store.tally.until(snapshot.now_ms)
        accounts = {gateway: Account(received=received) for gateway, received in stored.of_gateway.items()}
        statuses = {gateway.id: _status(gateway.id, snapshot) for gateway in snapshot.gateways()}
        known = msgspec.structs.replace(snapshot, accounts=accounts, statuses=statuses)
        yield from fleet_points(known)
        yield city_point(known)
        yield from next_level_points(known, self._rules_of)
        yield from presence_points(known)
        work = IngestWork(seconds=elapsed_ms / 1_000, stored=stored.of_domain)
        yield from ingest_points(work, instance=known.instance, now_ms=now_ms)
        for sensor in self._base.rule_store.targets.all():
            yield from threshold_points(sensor, self._rules_of(sensor.id), now_ms, self._base.registry.quantities)

    def _snapshot(
        self, time_ms: int, past: PastAlarms, *, readings: Sequence[StoredReading] = (), ended: Sequence[Alarm] = ()
    ) -> PlatformSnapshot:
        registry = self._base.registry
        return PlatformSnapshot(
            now_ms=time_ms, registry=registry, readings=readings, alarms=past.at(time_ms), ended=ended
        )

    def _rules_of(self, sensor: str) -> list[Rule]:
        return [resolved.rule for resolved in self._base.rule_store.resolved(sensor)]

    def _reported(self, connection: Connection) -> list[UnreportedEvent]:
        """Every event, in the order in which they were found."""
        found: list[UnreportedEvent] = []
        while events := unreported(connection, range(SHARDS)):
            record_reported(connection, [each.id for each in events], now_ms=self._until_ms)
            found += events
        return found


def _states(points: Sequence[ReportPoint]) -> Iterator[tuple[str, list[ReportPoint]]]:
    """What charts of states show: how each site was, and what each gateway said of itself, where `points` tell it."""
    for measurement in ("situation", "fleet"):
        found = [
            point for point in points
            if point.measurement == measurement and point.tags.get("domain", EVERYWHERE) == EVERYWHERE
        ]  # fmt: skip
        if found:
            yield measurement, found


def _at(point: ReportPoint, time_ms: int) -> ReportPoint:
    return msgspec.structs.replace(point, time_ms=time_ms)


def _next(time_ms: int, step_ms: int) -> int:
    """The first whole multiple of a step after a time."""
    return (time_ms // step_ms + 1) * step_ms


def _status(gateway: str, snapshot: PlatformSnapshot) -> Status:
    """What a gateway would have said of itself: its own readings tell what waited there."""
    depths = (one.value for one in snapshot.readings if (one.sensor, one.quantity) == (gateway, "spool_depth"))
    depth = int(next(depths, 0))
    return Status(
        v=1, online=True, gateway=gateway, version="simulated", boot="simulated", stream=f"simulated-{gateway}",
        time_ms=snapshot.now_ms, clock=Clock.SYNCED,
        spool=SpoolState(depth=depth, bytes=depth * SPOOL_BYTES_A_READING, max_bytes=SPOOL_MAX_BYTES),
    )  # fmt: skip
