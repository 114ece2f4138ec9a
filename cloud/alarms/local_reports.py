"""What gateways say of alarms that they raised by themselves: adopted where they stand, and when people heard of them.

…/status "alarms":[…] ─► newest of each gateway waits ─► one transaction: adoption, "sounded", "texted" ─► evaluator

Each alarm is adopted once, by family, sensor and opening: one that the cloud has ended by its readings stays ended,
whatever an older status says. Its opening there may lie some ms beside that of the readings that came of it, so one
that was open here while it stood is the same. A gateway speaks of its own sensors alone, and of times that can be.
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, select

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.upsert import insert_statement
from runtime.clock import wall_ms
from wire import Clock, Status
from wire.durations import DAY_MS
from wire.local_alarms import RaisedAlarm

SOUNDED, TEXTED = "sounded", "texted"
"""The kinds of events that say when an alarm's outputs had answered at the gateway, and when it told people by SMS.

They page nobody.
"""
AHEAD_MS = 60_000
GIVEN_UP_MS = 7 * DAY_MS
MOST_WAITING = 1_000
AGAIN_S = 2.0
Opening = tuple[str, str, int]
_log = logging.getLogger(__name__)


class LocalReport(msgspec.Struct, frozen=True):
    """What a gateway said at `time_ms` (UTC)."""

    gateway: str
    time_ms: int
    alarms: tuple[RaisedAlarm, ...]


class LocalReports:
    """Applies what comes with statuses; `confirm` raises LeaseLost in a transaction that is not ours to write."""

    def __init__(
        self,
        database: Database,
        evaluator: RuleEvaluator,
        *,
        confirm: Callable[[Connection], None] = lambda _connection: None,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self._database = database
        self._evaluator = evaluator
        self._confirm = confirm
        self._clock = clock
        self._waiting: dict[str, LocalReport] = {}
        self._done: dict[str, tuple[RaisedAlarm, ...]] = {}
        self._came = asyncio.Event()

    def on_status(self, gateway: str, status: Status) -> None:
        """Take a status that was not kept by the broker: what it says of alarms is of now."""
        if not status.online or status.clock is Clock.UNKNOWN or not self._evaluator.own.has_gateway(gateway):
            return
        if status.alarms == self._done.get(gateway, ()):
            return
        if gateway in self._waiting or len(self._waiting) < MOST_WAITING:
            self._waiting[gateway] = LocalReport(gateway, status.time_ms, status.alarms)
            self._came.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._came.wait()
            self._came.clear()
            while self._waiting:
                gateway = next(iter(self._waiting))
                try:
                    await self.apply(self._waiting[gateway])
                except DatabaseUnavailable as error:
                    _log.warning("%s; what gateway %s says of its alarms waits for it", error, gateway)
                    await asyncio.sleep(AGAIN_S)

    async def apply(self, report: LocalReport) -> None:
        """Adopt what stands, and write down when people heard of it there; DatabaseUnavailable: nothing of it was."""
        now = self._clock()
        own = [each for each in report.alarms if self._is_believed(each, report.gateway, now)]
        async with self._evaluator.turn:
            known = await self._database.run(lambda connection: _known(connection, own, until_ms=report.time_ms))
            fresh = [each for each in own if not each.closed_ms and _opening(each) not in known]
            plan = self._evaluator.plan_adoption(fresh, heard_ms=min(report.time_ms, now), now_ms=now)

            def write(connection: Connection) -> bool:
                self._confirm(connection)
                self._evaluator.write(connection, plan, now_ms=now)
                told = [(each, kind, time_ms) for each in own for kind, time_ms in _told_at(each) if time_ms]
                written = [_write_told(connection, each, kind, time_ms, now) for each, kind, time_ms in told]
                return all(written)

            all_written = await self._database.run(write) if own else True
            self._evaluator.accept(plan)
        if all_written:  # else the readings of one are still on their way: the next status says it again
            self._done[report.gateway] = report.alarms
        if self._waiting.get(report.gateway) is report:
            del self._waiting[report.gateway]

    def _is_believed(self, alarm: RaisedAlarm, gateway: str, now: int) -> bool:
        latest_ms = max(alarm.opened_ms, alarm.raised_ms, alarm.sounded_ms, alarm.texted_ms)
        return latest_ms <= now + AHEAD_MS and self._evaluator.own.gateway_of(alarm.sensor) == gateway


def _opening(alarm: RaisedAlarm) -> Opening:
    return alarm.family, alarm.sensor, alarm.opened_ms


def _known(connection: Connection, alarms: list[RaisedAlarm], *, until_ms: int) -> set[Opening]:
    """Which of them the cloud has already: open, or ended since they began; they stood until `until_ms` (UTC)."""
    known: set[Opening] = set()
    for alarm in alarms:
        ended = (
            AlarmRow.withdrawn.is_(False) & (AlarmRow.opened_ms <= until_ms) & (AlarmRow.closed_ms >= alarm.opened_ms)
        )
        same = select(AlarmRow.id).where(
            AlarmRow.family == alarm.family, AlarmRow.sensor == alarm.sensor,
            (AlarmRow.opened_ms == alarm.opened_ms) | ended,
        )  # fmt: skip
        if connection.execute(same.limit(1)).first() is not None:
            known.add(_opening(alarm))
    return known


def _told_at(alarm: RaisedAlarm) -> tuple[tuple[str, int], ...]:
    """When people heard of it at the gateway, by the kind of the event; 0: not yet."""
    return (SOUNDED, alarm.sounded_ms), (TEXTED, alarm.texted_ms)


def _write_told(connection: Connection, alarm: RaisedAlarm, kind: str, time_ms: int, now: int) -> bool:
    """Say so on the alarm of that opening, else on the one that was open then; whether it is here.

    What is older than any spool is given up.
    """
    held = select(AlarmRow.id).where(
        AlarmRow.family == alarm.family, AlarmRow.sensor == alarm.sensor, AlarmRow.opened_ms <= alarm.opened_ms,
        AlarmRow.closed_ms.is_(None) | (AlarmRow.closed_ms >= alarm.opened_ms),
    )  # fmt: skip
    row = connection.execute(held.order_by(AlarmRow.opened_ms.desc()).limit(1)).first()
    if row is None:
        return now - alarm.opened_ms > GIVEN_UP_MS
    event = {
        "alarm": row.id, "kind": kind, "time_ms": time_ms, "level": alarm.level, "value": alarm.value,
        "late": False, "at_ms": now, "routed_ms": now, "reported_ms": now,
    }  # fmt: skip
    known = select(AlarmEventRow.id).where(AlarmEventRow.alarm == row.id, AlarmEventRow.kind == kind)
    if connection.execute(known.where(AlarmEventRow.time_ms == time_ms)).first() is None:
        connection.execute(insert_statement(connection, AlarmEventRow.__table__).on_conflict_do_nothing(), [event])
    return True
