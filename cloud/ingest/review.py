"""The review: readings judged again in their place in time, from what is stored; what comes out otherwise is a verdict.

add(notes) ─► every 2 s: the history around each ─► judged again ─► verdicts ─► on_verdicts
 late, doubted, shown in another light, the end of a backlog           └► stored beside the readings

The marks that hold then depend on the readings alone, and not on the order in which they came or on the batches that
they came in. What is reviewed costs a question to the store; nothing else costs anything.
"""

import asyncio
import logging
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

import msgspec

from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.derived.recompute_queue import Hours, Key, RecomputeQueue
from cloud.derived.spans import spans
from cloud.ingest.manual.confirmation import without_seen
from cloud.ingest.review_notes import END_OF_BACKLOG, Note, forget_notes, read_notes
from cloud.ingest.twins import twins_of
from cloud.readings.contract import Point, ReadingsStore, StoreUnavailable, Verdict
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, sentence_of
from rules.marks import QUALITY, Mark
from rules.quality import UNJUDGED, verdicts
from rules.quality_policies import Policy, policy_of
from rules.twins import TWIN_WITHIN_MS, Readings, twin_marks
from wire.durations import HOUR_MS

PASS_S = 2.0
REST = 2.0
"""How much longer it rests than it works."""
QUIET_PASSES = 30
"""A backlog has ended when nothing of it came for so many passes, a minute: over a slow link messages come seldom."""
AROUND_READINGS = 500
"""So many intervals of a sensor are read before and after a time range, within the two bounds below."""
AROUND_LEAST_MS = HOUR_MS
AROUND_MOST_MS = 6 * HOUR_MS
MOST_UNREPORTED = 100_000
"""Verdicts kept for `on_verdicts` while the database that it needs could not be used; the oldest go first."""
MOST_READINGS = 100_000
"""Of one series in one question; a longer time range is cut."""
_STUCK = int(Mark.STUCK)
_EVER_MS, _END_MS = -(1 << 62), 1 << 62

_log = logging.getLogger(__name__)


class _Backlog(NamedTuple):
    """The hour in which the backlog of a gateway ends, as far as it has come."""

    hour: int
    quiet_passes: int = 0


_NO_BACKLOG = _Backlog(-1)


async def _report_to_nobody(_verdicts: Sequence[Verdict]) -> None: ...


class Review:
    """Judges again what was noted; `on_verdicts` gets the verdicts that are new.

    What `database` keeps of the notes on the gateways that are `is_own` is loaded at the start. A backlog is over
    once nothing of it came for `quiet_passes`.
    """

    def __init__(
        self,
        registry: Registry,
        store: ReadingsStore,
        *,
        on_verdicts: Callable[[Sequence[Verdict]], Awaitable[None]] = _report_to_nobody,
        database: Database | None = None,
        is_own: Callable[[str], bool] = lambda _gateway: True,
        quiet_passes: int = QUIET_PASSES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._quiet_passes = quiet_passes
        self._database = database
        self._is_own = is_own
        self._on_verdicts = on_verdicts
        self._registry = registry
        self._sleep = sleep
        self._twin_of = twins_of(registry)
        self._around_ms = {sensor.id: _around_ms(sensor.interval_s) for sensor in registry.sensors()}
        self._pending = RecomputeQueue()
        self._backlogs: dict[str, _Backlog] = {}
        self._rests = False
        self._unreported: list[Verdict] = []
        self._waits_for = ""
        self._fault = ""

    def request(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        """Have a time range of a series judged again, from `first_ms` to `last_ms` (UTC, both included)."""
        if policy_of(self._registry.quantities.get(quantity)) is not None:
            self._pending.add(sensor, quantity, first_ms, last_ms)

    def add(self, notes: Iterable[Note]) -> None:
        """Have judged again what was noted of messages that are stored."""
        for sensor, quantity, hour in notes:
            if quantity == END_OF_BACKLOG:
                self._backlogs[sensor] = _Backlog(max(hour, self._backlogs.get(sensor, _NO_BACKLOG).hour))
            else:
                self._pending.add_hours(sensor, quantity, [hour])

    async def run(self) -> None:
        """Review for ever, first what was noted before the start."""
        self._rests = True
        known = self._database is None
        while True:
            await self._sleep(PASS_S)
            known = known or await self.load_notes()
            await self.tick()

    async def tick(self) -> None:
        """Review all that is noted; what fails stays noted, and health says why."""
        ended = self._note_backlogs()
        self._waits_for, self._fault = "", ""
        noted = self._pending.pop(self._pending.keys())
        for key, hours in noted.items():
            began_s = time.monotonic()
            await self._review_hours(key, hours)
            if self._rests:
                await self._sleep(REST * (time.monotonic() - began_s))
        await self._report_verdicts()
        if not self._unreported:  # a restart must find the notes: nothing else repeats what was not reported
            await self._forget({**noted, **ended})

    async def _review_hours(self, key: Key, hours: Set[int]) -> None:
        try:
            for span in spans((hour * HOUR_MS for hour in hours), gap_ms=HOUR_MS):
                await self._review_range(*key, span[0], span[-1] + HOUR_MS)
        except (StoreUnavailable, DatabaseUnavailable) as error:
            self._pending.put_back({key: hours})
            self._waits_for = sentence_of(error)
        except Exception as error:
            self._fault = LocalizedMessage(
                "reviewing {quantity} of sensor {sensor} fails with {error}; see the log",
                quantity=key[1], sensor=key[0], error=type(error).__name__,
            )  # fmt: skip
            _log.exception("reviewing %s of sensor %s failed; its marks stay as they are", key[1], key[0])

    async def load_notes(self) -> bool:
        """Load what was noted before the start; False where the database cannot be used now."""
        try:
            kept = await self._database.run(read_notes) if self._database is not None else []
        except DatabaseUnavailable as error:
            self._waits_for = sentence_of(error)
            return False
        self.add(note for note in kept if self._is_ours(note[0]))
        return True

    def _is_ours(self, name: str) -> bool:
        sensor = self._registry.sensor(name)
        return self._is_own(name if sensor is None else sensor.gateway)

    async def _forget(self, reviewed: Hours) -> None:
        """Delete the notes on what was reviewed, except what was noted again meanwhile."""
        again = self._pending.pending(reviewed)
        done = {key: hours - again.get(key, set()) for key, hours in reviewed.items()}
        if self._database is None or not any(done.values()):
            return
        try:
            await self._database.run(lambda connection: forget_notes(connection, done))
        except DatabaseUnavailable as error:
            self._waits_for = sentence_of(error)  # reviewed once more after the next start

    def _note_backlogs(self) -> dict[Key, Set[int]]:
        """Note the ends of backlogs that no more comes of, since what came live after was judged without; which."""
        ended: dict[Key, Set[int]] = {}
        for gateway, backlog in list(self._backlogs.items()):
            if backlog.quiet_passes < self._quiet_passes:
                self._backlogs[gateway] = backlog._replace(quiet_passes=backlog.quiet_passes + 1)
                continue
            del self._backlogs[gateway]
            ended[gateway, END_OF_BACKLOG] = {backlog.hour}
            for sensor in self._registry.sensors():
                for quantity in sensor.quantities if sensor.gateway == gateway else ():
                    self.request(sensor.id, quantity, backlog.hour * HOUR_MS, (backlog.hour + 1) * HOUR_MS - 1)
        return ended

    async def _report_verdicts(self) -> None:
        if self._unreported:
            try:
                await self._on_verdicts(self._unreported)
            except DatabaseUnavailable as error:
                self._waits_for = sentence_of(error)
            else:
                self._unreported = []

    def component(self) -> Component:
        """How reviewing is doing."""
        if self._fault:
            return Component(Condition.DEGRADED, self._fault)
        if self._waits_for:  # whose own component says how bad that is
            wait = LocalizedMessage("{problem}; doubts are reviewed when it works", problem=self._waits_for)
            return Component(Condition.OK, wait)
        return Component(Condition.OK, LocalizedMessage("hours of series to review: {count}", count=len(self._pending)))

    async def _review_range(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> None:
        around_ms = self._around_ms.get(sensor, AROUND_MOST_MS)
        policy = policy_of(self._registry.quantities.get(quantity))
        if policy is None:
            return  # the city judges nothing of it any more
        first_ms, last_ms = start_ms - around_ms, end_ms + around_ms
        since_ms = start_ms - around_ms // 2
        while first_ms < last_ms:
            points = await self._history(sensor, quantity, first_ms, last_ms)
            twin = self._twin_of.get(sensor)
            beside = (
                await self._history(twin, quantity, first_ms - TWIN_WITHIN_MS, last_ms + TWIN_WITHIN_MS) if twin else []
            )
            judged = await asyncio.to_thread(
                _judged, sensor, quantity, policy, points, beside, self._replaced_ms(sensor, twin)
            )
            if self._database is not None:
                judged = await without_seen(self._database, policy, points, judged)
            found = [
                verdict
                for verdict, point in zip(judged, points, strict=True)
                if verdict.marks != point.marks & QUALITY and point.time_ms >= since_ms
            ]
            if found:
                await self._store.write_verdicts(found)
            # the newest that screens show may be one that was sent again, without the verdict that stands beside it
            self._unreported = [*self._unreported, *found, *judged[-1:]][-MOST_UNREPORTED:]
            if len(points) < MOST_READINGS:
                return
            first_ms = max(points[-1].time_ms - around_ms, points[len(points) // 2].time_ms)
            since_ms = (first_ms + points[-1].time_ms) // 2

    def _replaced_ms(self, *sensors: str | None) -> list[int]:
        """When (UTC) another device took its place at any of some sensors."""
        replacements = self._registry.replacements
        return sorted({start_ms for each in sensors if each is not None for start_ms in replacements.get(each, ())})

    async def _history(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[Point]:
        return await self._store.history(sensor, quantity, start_ms=start_ms, end_ms=end_ms, limit=MOST_READINGS)


def _around_ms(interval_s: float | None) -> int:
    wanted_ms = AROUND_MOST_MS if interval_s is None else int(AROUND_READINGS * interval_s * 1_000)
    return min(max(wanted_ms, AROUND_LEAST_MS), AROUND_MOST_MS)


def _judged(
    sensor: str, quantity: str, policy: Policy, points: Sequence[Point], beside: Sequence[Point],
    replaced_ms: Sequence[int],
) -> list[Verdict]:  # fmt: skip
    """The quality marks that hold of each reading; near the beginning the judge knows too little to say."""
    marks: list[int] = []
    for start_ms, end_ms in pairwise([_EVER_MS, *replaced_ms, _END_MS]):
        own, twin = _between(points, start_ms, end_ms), _between(beside, start_ms, end_ms)
        marks += quality_of(policy, own, twin, is_new=start_ms != _EVER_MS) if own else []
    return [Verdict(sensor, quantity, point.time_ms, mark) for point, mark in zip(points, marks, strict=True)]


def _between(points: Sequence[Point], start_ms: int, end_ms: int) -> Sequence[Point]:
    first, last = (bisect_left(points, edge_ms, key=lambda point: point.time_ms) for edge_ms in (start_ms, end_ms))
    return points[first:last]


def quality_of(policy: Policy, points: Sequence[Point], beside: Sequence[Point], *, is_new: bool = False) -> list[int]:
    """The quality marks of a time range of readings, from themselves and the twin's `beside` them.

    Whether a value was the same for long is known only of values that change within the range, or of all of them where
    the device `is_new` when the range begins.
    """
    own, twin = _readings(points), _readings(beside)
    _, spikes, _ = verdicts(policy, UNJUDGED, own.times_ms, own.values)
    twins = twin_marks(policy, own, twin) if beside else [Mark.NONE] * len(points)
    changed = 0 if is_new else next((n for n, value in enumerate(own.values) if value != own.values[0]), len(points))
    return [
        int(spike) | int(other) | (marks & _STUCK if number < changed else 0)
        for number, (spike, other, marks) in enumerate(zip(spikes, twins, own.marks, strict=True))
    ]


def _readings(points: Sequence[Point]) -> Readings:
    times_ms, values, marks = zip(*map(msgspec.structs.astuple, points), strict=True) if points else ((), (), ())
    return Readings(times_ms, values, marks)
