"""What follows from imported readings: judged again, derived series, alarms found late; some hours at a time.

imported_ranges ─► of the sensors whose gateways are ours ─► review, derivations, newest, rules        nobody is paged

The rules see so many readings at once as the loop can be held for: live ones and screens have their turn between them.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.state_recovery import columns_of
from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.derived.recompute_queue import hours_of
from cloud.derived.service import Derivations
from cloud.ingest.historical.imported_ranges import ImportedRange, ready_ranges, record_followed_up
from cloud.ingest.review import Review
from cloud.ingest.review_notes import keep_notes
from cloud.readings.contract import Point, ReadingsStore, StoredReading, StoreUnavailable
from cloud.readings.newest import Newest
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from rules.marks import Mark
from runtime.clock import wall_ms
from wire.durations import DAY_MS

TICK_S = 5.0
RANGES_A_TICK = 100
SPAN_MS = 2 * DAY_MS
"""So much of a range is handed on in a tick, so that the present is not computed behind ten years of the past."""
POINTS_A_QUESTION = 5_000
POINTS_A_TURN = 500
"""Readings that rules are shown before other tasks have their turn: some 10 ms on a small server."""
_BACKFILL = int(Mark.BACKFILL)

_log = logging.getLogger(__name__)


class FollowUp:
    """Hands what was imported of the sensors whose gateways are `is_own` to those who compute from it."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: ReadingsStore,
        database: Database,
        newest: Newest,
        review: Review,
        derivations: Derivations,
        evaluator: RuleEvaluator,
        is_own: Callable[[str], bool] = lambda _gateway: True,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self._registry = registry
        self._store = store
        self._database = database
        self._newest = newest
        self._review = review
        self._derivations = derivations
        self._evaluator = evaluator
        self._is_own = is_own
        self._clock = clock
        self._waiting = 0
        self._fault = ""

    async def run(self) -> None:
        """Follow up until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.tick()
                self._fault = ""
            except (StoreUnavailable, DatabaseUnavailable):
                pass  # whose own component tells of it
            except Exception as error:
                _log.exception("following up what was imported failed; the next try begins where this one did")
                self._fault = LocalizedMessage(
                    "following up imports fails with {error}; see the log", error=type(error).__name__
                )

    async def tick(self) -> None:
        """Follow up the next hours of what is ready."""
        now_ms = self._clock()

        def read(connection: Connection) -> list[ImportedRange]:
            return ready_ranges(connection, now_ms=now_ms, most=RANGES_A_TICK)

        ready = await self._database.run(read)
        self._waiting = len(ready)
        for each in ready:
            sensor = self._registry.sensor(each.sensor)
            if sensor is None or self._is_own(sensor.gateway):
                until_ms = each.last_ms + 1 if sensor is None else min(each.first_ms + SPAN_MS, each.last_ms + 1)
                if sensor is not None:
                    await self._follow(each, sensor, until_ms)
                await self._record(each, until_ms)

    async def _record(self, done: ImportedRange, until_ms: int) -> None:
        """Keep how far it is, with the notes on what is to be judged again: a kill between the two forgets nothing."""
        hours = hours_of(done.first_ms, min(done.last_ms, until_ms - 1))
        notes = {(done.sensor, done.quantity, hour) for hour in hours}

        def write(connection: Connection) -> None:
            keep_notes(connection, notes)
            record_followed_up(connection, done, until_ms=until_ms)

        await self._database.run(write)
        self._review.add(notes)

    async def _follow(self, each: ImportedRange, sensor: Sensor, until_ms: int) -> None:
        self._derivations.on_series_changed(each.sensor, each.quantity, each.first_ms, until_ms - 1)
        start_ms, last = each.first_ms, None
        while points := await self._store.history(
            each.sensor, each.quantity, start_ms=start_ms, end_ms=until_ms, limit=POINTS_A_QUESTION
        ):
            for first in range(0, len(points), POINTS_A_TURN):
                some = points[first : first + POINTS_A_TURN]
                past = [point for point in some if point.marks & _BACKFILL]
                await self._evaluator.observe_past(columns_of(each.sensor, each.quantity, past))
                await asyncio.sleep(0)
            last, start_ms = points[-1], points[-1].time_ms + 1
        if last is not None:
            self._newest.load([_newest_reading(sensor, each.quantity, last)])

    def component(self) -> Component:
        """How following up is doing."""
        if self._fault:
            return Component(Condition.DEGRADED, self._fault)
        return Component(Condition.OK, LocalizedMessage("imported ranges to follow up: {count}", count=self._waiting))


def _newest_reading(sensor: Sensor, quantity: str, point: Point) -> StoredReading:
    return StoredReading(sensor.site, sensor.id, sensor.gateway, quantity, point.time_ms, point.value, point.marks)
