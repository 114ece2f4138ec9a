"""Writes the past through the real ingest, derivations and rules, each step at its own time.

Past ─► a day ─┬─► foreseen: when would the rules raise or clear something? ─► moments
               └─► up to each moment: encode ─► BatchDecoder ─► BatchWriter ─► Derivations ─► Staff

Between moments nothing happens that anybody would be told of, so hours go in one write; at a moment the clock stands
where an alarm is raised, acknowledged or cleared, and so nothing is late.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from operator import attrgetter
from random import Random

from sqlalchemy import func, select

from cloud.alarms.rule_input import RuleInput, WatchedColumn
from cloud.alarms.tables import AlarmRow
from cloud.database.steady_clock import Moment
from cloud.notify.router import Router
from cloud.notify.settings import NotifySettings
from cloud.process.parts import Services
from cloud.rulebook.rule_targets import is_derived
from demo.history.clock import SetClock
from demo.history.readings import Past
from demo.history.staff import Staff
from demo.island.city import SEED
from wire import Reading, encode_batch
from wire.batch import MAX_READINGS
from wire.durations import DAY_MS, MINUTE_MS

LONGEST_MS = 2 * DAY_MS
"""No stretch is longer: what follows from its readings is computed at its end, and is not late."""
NOTICED_MS = 2_000
"""How long after a reading the platform says what it means."""
COMPUTED_MS = MINUTE_MS + NOTICED_MS
"""The same of what is computed, which belongs to the end of a minute."""
_time_ms = attrgetter("time_ms")

Waiting = dict[str, list[Reading]]
"""By gateway what is not written yet, the oldest first."""


class HistoryWriter:
    """Writes `past` with `services`, which run on `clock`."""

    def __init__(self, services: Services, clock: SetClock, past: Past) -> None:
        self.readings = 0
        self.services = services
        """What writes; whoever hands the past over asks them."""
        self._clock = clock
        self._past = past
        dice = Random(SEED)  # noqa: S311 - a simulation
        self._staff = Staff(services.platform.alarm_service, services.foundation.database, clock, dice)
        self._sent: defaultdict[str, int] = defaultdict(int)
        services.alarms.changed.subscribe(self._staff.nudge)
        services.alarms.derivations.set_late_ms(LONGEST_MS)

    async def write(self, until_s: int) -> None:
        """Write what happened until then (UTC, s)."""
        waiting = {gateway: sorted(readings, key=_time_ms) for gateway, readings in self._past.stretch(until_s).items()}
        foreseen = await self._foreseen(waiting)
        table = self.services.foundation.registry.quantities
        computed = {time_ms + COMPUTED_MS for time_ms, quantity in foreseen if is_derived(quantity, table)}
        computed.add(until_s * 1_000 + NOTICED_MS)
        for moment_ms in sorted({*computed, *(time_ms + NOTICED_MS for time_ms, _ in foreseen)}):
            while (action_ms := self._staff.next_ms) is not None and action_ms < moment_ms:
                await self._step(waiting, action_ms)
            await self._step(waiting, moment_ms)
            if moment_ms in computed:
                await self.services.ingest.review.tick()  # a doubt that falls is no doubt of what is computed
                await self.services.alarms.derivations.compute(moment_ms)
                await self._staff.note_new()

    async def close(self) -> None:
        """Let nobody be notified of what is over: the past's events are routed to no step."""
        router, now = Router(NotifySettings()), Moment(self._clock.time_ms, self._clock.time_ms)
        while await self.services.foundation.database.run(lambda connection: router.route(connection, now)):
            pass

    async def count_alarms(self) -> int:
        """How many alarms there were."""
        query = select(func.count()).select_from(AlarmRow)
        return await self.services.foundation.database.run(lambda connection: connection.execute(query).scalar_one())

    async def _step(self, waiting: Waiting, moment_ms: int) -> None:
        """Let time go on to a moment: what was measured by then is written, computed and seen to."""
        self._clock.time_ms = moment_ms
        ingest = self.services.ingest
        payloads = [(gateway, self._payloads(gateway, waiting, moment_ms - NOTICED_MS)) for gateway in waiting]
        writes = [ingest.decoder.prepare(one, gateway) for gateway, found in payloads for one in found]
        if writes:
            await ingest.writer.write(writes)
        await self._staff.note_new()
        await self._staff.act()

    def _payloads(self, gateway: str, waiting: Waiting, until_ms: int) -> Iterator[bytes]:
        place = bisect_right(waiting[gateway], until_ms, key=_time_ms)
        now, waiting[gateway] = waiting[gateway][:place], waiting[gateway][place:]
        self.readings += len(now)
        for start in range(0, len(now), MAX_READINGS):
            part = now[start : start + MAX_READINGS]
            yield encode_batch(f"simulated-{gateway}", self._sent[gateway] + 1, part)
            self._sent[gateway] += len(part)

    async def _foreseen(self, waiting: Waiting) -> list[tuple[int, str]]:
        """When the rules will say something, as far as they know now, and of which quantity."""
        columns: dict[tuple[str, str], WatchedColumn] = {}
        for reading in chain.from_iterable(waiting.values()):
            sensor, quantity, value = self._as_judged(reading)
            key = (sensor, quantity)
            column = columns.setdefault(key, WatchedColumn(sensor, quantity, 0, [], []))
            column.times_ms.append(reading.time_ms)
            column.values.append(value)
        evaluator = self.services.alarms.evaluator
        async with evaluator.turn:
            plan = evaluator.plan([RuleInput(tuple(columns.values()))], now_ms=self._clock.time_ms)
        return [(record.event.time_ms, record.binding.watched.rule.quantity) for record in plan.records]

    def _as_judged(self, reading: Reading) -> tuple[str, str, float]:
        """The series on which a rule looks at a reading: how full a site is follows from who is inside."""
        if reading.quantity != "occupancy":
            return reading.sensor, reading.quantity, reading.value
        registry = self.services.foundation.registry
        sensor = registry.sensor(reading.sensor)
        site = None if sensor is None else registry.site(sensor.site)
        if site is None or not site.capacity:
            return reading.sensor, reading.quantity, reading.value
        return site.id, "capacity_used", 100.0 * reading.value / site.capacity
