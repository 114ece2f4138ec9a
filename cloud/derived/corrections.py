"""Corrections: what is stored, computed again because of a dated fact that reaches into the past.

height 450 ─► 420 since Tuesday      distance 123.4 ─► water_level 326.6 becomes 296.6, of every reading since Tuesday
calibration +2 ─► −3                 pm2_5 14.0 becomes 9.0: the old line is taken off, the new one put on

A level is made of its stored distance, so doing it again changes nothing. A value without one is told from the value
before by its own step: what is about to be written is noted first, and looked for in the store after a crash. Nothing
of this reaches the alarm rules: they judge what is live, and nobody is paged for last Tuesday.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from cloud.readings.blocks import Block
from cloud.readings.contract import Point, ReadingsStore
from cloud.readings.newest import Newest, newest_of
from cloud.registry.fact_service import FactService
from cloud.registry.facts import CITY, Fact, Timeline, changed_ms
from cloud.registry.history import GATEWAY, MOUNTING_HEIGHT, calibrated_quantity, calibration_from, subject_of
from cloud.registry.records import NO_CALIBRATION, Calibration, Sensor
from cloud.registry.snapshot import Registry
from rules.level import level_cm
from runtime.clock import wall_ms
from wire import AIR_PARAMETERS, QUANTITIES
from wire.durations import HOUR_MS

DISTANCE, LEVEL = "distance", "water_level"
SETTLE_S = 10.0
"""How long after a fact became known here the writes of before it may still be under way."""
CHUNK_MS = HOUR_MS
"""What is computed in one go: an hour of readings is milliseconds of the event loop."""
PAGE_READINGS = 20_000
CITY_SETTLES = 3
"""How many times as long a fact of the whole city stays due: so that every process that takes in sees it."""
LATE_KEPT = 200_000
"""Late readings remembered while a correction waits, so that none of them is corrected twice."""
Converted = dict[int, float]
"""By time (UTC, ms) the value that is to stand there."""


class CorrectionStep(msgspec.Struct, frozen=True):
    """What is about to be written: up to `until_ms`, and by one of its values one can tell whether it was."""

    until_ms: int
    probe_ms: int
    probe: float


class KnownSince(msgspec.Struct, frozen=True):
    """Since when a fact is known here: by the monotonic clock in s, and by the wall clock in ms."""

    since_s: float
    since_ms: int


class Corrections:
    """Computes again what the due facts of `facts` reach; `on_changed` tells which series changed, from when to when.

    `is_own(gateway)`: whether this process is the one that takes in what a gateway sends.
    """

    def __init__(
        self,
        facts: FactService,
        store: ReadingsStore,
        newest: Newest,
        *,
        on_changed: Callable[[str, str, int, int], None],
        is_own: Callable[[str], bool] = lambda _gateway: True,
        clock: Callable[[], int] = wall_ms,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._facts, self._store, self._newest = facts, store, newest
        self._on_changed, self._is_own, self._clock, self._settle_s = on_changed, is_own, clock, settle_s
        self._known: dict[int, KnownSince] = {}
        self._reported: set[int] = set()
        self._converting: frozenset[tuple[str, str]] = frozenset()
        self._late: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        facts.registry.on_change(self._on_registry_changed)
        self._on_registry_changed()

    @property
    def waiting(self) -> int:
        """How many facts wait to be computed."""
        return len(self._known)

    def on_writing(self, blocks: Iterable[Block]) -> None:
        """Readings are on their way to the store, made by the facts as they are now."""
        for block in blocks if self._converting else ():
            for quantity, _ in block.fields:
                series = (block.sensor, quantity)
                if series in self._converting and len(self._late[series]) < LATE_KEPT:
                    self._late[series].update(block.times_ms)

    async def compute(self) -> None:
        """Compute what is due, the oldest fact first; StoreUnavailable or DatabaseUnavailable: the rest is left due."""
        for fact in self._registry.facts.due():
            known = self._known.get(fact.id)
            waited_s = 0.0 if known is None else time.monotonic() - known.since_s
            if known is None:
                continue
            if fact.subject == CITY:
                await self._report_city(fact, is_last=waited_s >= CITY_SETTLES * self._settle_s)
            elif waited_s >= self._settle_s:
                await self._compute(fact, known)
        if not self._known:
            self._late.clear()

    async def levels_again(self, sensor: Sensor, first_ms: int, until_ms: int) -> bool:
        """Make the levels of a stretch anew of the distances that are stored; whether any of them was another."""
        heights = self._registry.history.mounting_height_cm(sensor)
        if DISTANCE not in sensor.quantities or not any(heights.values):
            return False
        stored = await self._history(sensor.id, LEVEL, first_ms, until_ms)
        distances = await self._history(sensor.id, DISTANCE, first_ms, until_ms)
        lines, held = self._registry.history.calibration(sensor, LEVEL), {point.time_ms: point for point in stored}
        fresh = [
            Point(point.time_ms, level, held[point.time_ms].marks if point.time_ms in held else point.marks)
            for point in distances
            if (height := heights.at(point.time_ms)) is not None
            and (level := _on(lines.at(point.time_ms), level_cm(height, point.value))) is not None
            and (point.time_ms not in held or held[point.time_ms].value != level)
        ]
        await self._write(sensor, LEVEL, fresh)
        return bool(fresh)

    @property
    def _registry(self) -> Registry:
        return self._facts.registry

    def _on_registry_changed(self) -> None:
        """The registry has become another: facts that are due are known from this moment on."""
        due = {fact.id: fact for fact in self._registry.facts.due() if self._is_ours(fact)}
        now = KnownSince(time.monotonic(), self._clock())
        self._known = {number: self._known.get(number, now) for number in due}
        self._converting = frozenset(self._series_of(due.values()))

    def _is_ours(self, fact: Fact) -> bool:
        sensor = self._sensor(fact)
        return fact.subject == CITY or sensor is None or self._is_own(sensor.gateway)

    def _sensor(self, fact: Fact) -> Sensor | None:
        return next((each for each in self._registry.sensors() if subject_of(each) == fact.subject), None)

    def _series_of(self, facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
        """The series whose values are converted because of `facts`, not made anew."""
        for fact in facts:
            sensor, quantity = self._sensor(fact), calibrated_quantity(fact.what)
            if sensor is not None and quantity is not None:
                yield sensor.id, quantity

    async def _compute(self, fact: Fact, known: KnownSince) -> None:
        sensor, quantity = self._sensor(fact), calibrated_quantity(fact.what)
        if sensor is not None and fact.due_ms is not None:
            if quantity is not None:
                await self._convert(fact, sensor, quantity, known)
            if quantity in (DISTANCE, LEVEL) or fact.what == MOUNTING_HEIGHT:
                await self._level(sensor, fact.due_ms)
            for each in sensor.quantities if fact.what != GATEWAY else ():
                self._on_changed(sensor.id, each, await self._first_ms(sensor.id, each, fact.due_ms), self._clock())
        await self._done(fact)

    async def _done(self, fact: Fact) -> None:
        await self._facts.record_progress(fact, due_ms=None)
        self._known.pop(fact.id, None)
        self._reported.discard(fact.id)
        await self._facts.load()

    async def _report_city(self, fact: Fact, *, is_last: bool) -> None:
        """A fact of the whole city reaches every index of the air; each process notes those of its own sensors."""
        if fact.id not in self._reported:
            self._reported.add(fact.id)
            for sensor in self._registry.sensors():
                for parameter in AIR_PARAMETERS if self._is_own(sensor.gateway) else ():
                    if parameter in sensor.quantities:
                        first_ms = await self._first_ms(sensor.id, parameter, fact.due_ms or 0)
                        # what ended with the hour before stands at the very moment from which the fact holds
                        self._on_changed(sensor.id, parameter, first_ms - 1, self._clock())
        if is_last:
            await self._done(fact)

    async def _level(self, sensor: Sensor, due_ms: int) -> None:
        for first_ms, until_ms in await self._chunks(sensor.id, DISTANCE, due_ms, self._clock()):
            await self.levels_again(sensor, first_ms, until_ms)

    async def _convert(self, fact: Fact, sensor: Sensor, quantity: str, known: KnownSince) -> None:
        """Take the line of before off each value, and put the one of now on it, an hour at a time."""
        before, after = self._lines(fact)
        heights = self._registry.history.mounting_height_cm(sensor)
        fact = await self._finish_step(fact, sensor, quantity)
        for first_ms, until_ms in await self._chunks(sensor.id, quantity, fact.due_ms or 0, known.since_ms):
            made = await self._made_of_distance(sensor, quantity, heights, first_ms, until_ms)
            late = self._late[sensor.id, quantity]
            fresh = [
                msgspec.structs.replace(point, value=value)
                for point in await self._history(sensor.id, quantity, first_ms, until_ms)
                if point.time_ms not in late and point.time_ms not in made
                and (value := _converted(point, before, after)) != point.value
            ]  # fmt: skip
            if fresh:
                step = CorrectionStep(until_ms, fresh[0].time_ms, fresh[0].value)
                await self._facts.record_progress(fact, due_ms=first_ms, step=msgspec.json.encode(step).decode())
                await self._write(sensor, quantity, fresh)
            await self._facts.record_progress(fact, due_ms=until_ms)

    async def _finish_step(self, fact: Fact, sensor: Sensor, quantity: str) -> Fact:
        """After a crash: go on behind the step that was under way if the store has it."""
        if fact.step is None:
            return fact
        step = msgspec.json.decode(fact.step, type=CorrectionStep)
        stored = await self._history(sensor.id, quantity, step.probe_ms, step.probe_ms + 1)
        if not any(point.value == step.probe for point in stored):
            return fact
        return await self._facts.record_progress(fact, due_ms=step.until_ms)

    async def _made_of_distance(
        self, sensor: Sensor, quantity: str, heights: Timeline, first_ms: int, until_ms: int
    ) -> set[int]:
        """The times of levels that are made of their distance, and need no converting."""
        if quantity != LEVEL or DISTANCE not in sensor.quantities:
            return set()
        distances = await self._history(sensor.id, DISTANCE, first_ms, until_ms)
        return {point.time_ms for point in distances if heights.at(point.time_ms) is not None}

    def _lines(self, fact: Fact) -> tuple[Timeline, Timeline]:
        """The calibrations as they were known just before a fact changed them, and after it."""
        changed, facts = changed_ms(fact), self._registry.facts
        before = facts.timeline_as_known(fact.subject, fact.what, changed - 1)
        after = facts.timeline_as_known(fact.subject, fact.what, changed)
        return _as_lines(before), _as_lines(after)

    async def _chunks(self, sensor: str, quantity: str, due_ms: int, until_ms: int) -> list[tuple[int, int]]:
        """The stretches in which there may be readings, from `due_ms` on up to `until_ms`."""
        first_ms = await self._first_ms(sensor, quantity, due_ms)
        return [(start, min(start + CHUNK_MS, until_ms)) for start in range(first_ms, until_ms, CHUNK_MS)]

    async def _first_ms(self, sensor: str, quantity: str, due_ms: int) -> int:
        """When the first reading since `due_ms` was taken: nobody looks through the years before a sensor was there."""
        if quantity not in QUANTITIES:
            return due_ms
        first = await self._store.history(sensor, quantity, start_ms=due_ms, end_ms=self._clock() + HOUR_MS, limit=1)
        return max(due_ms, first[0].time_ms) if first else self._clock()

    async def _history(self, sensor: str, quantity: str, first_ms: int, until_ms: int) -> list[Point]:
        found: list[Point] = []
        while True:
            page = await self._store.history(sensor, quantity, start_ms=first_ms, end_ms=until_ms, limit=PAGE_READINGS)
            found += page
            if len(page) < PAGE_READINGS:
                return found
            first_ms = page[-1].time_ms + 1

    async def _write(self, sensor: Sensor, quantity: str, points: Sequence[Point]) -> None:
        blocks = self._blocks(sensor, quantity, points)
        if blocks:
            await self._store.write([self._store.encode(blocks)])
            self._newest.load(newest_of(blocks))

    def _blocks(self, sensor: Sensor, quantity: str, points: Sequence[Point]) -> list[Block]:
        """Points under the tags that they have: those of their own time."""
        sites, gateways = self._registry.history.site_tag(sensor), self._registry.history.gateway_tag(sensor)
        alike: defaultdict[tuple[str, str, int], list[Point]] = defaultdict(list)
        for point in points:
            alike[sites.at(point.time_ms), gateways.at(point.time_ms), point.marks].append(point)
        return [
            Block(
                site, sensor.id, gateway, QUANTITIES[quantity].domain, marks, [each.time_ms for each in found],
                ((quantity, [each.value for each in found]),),
            )
            for (site, gateway, marks), found in alike.items()
        ]  # fmt: skip


def _on(line: Calibration, value: float) -> float:
    return value if line == NO_CALIBRATION else line.of(value)


def _converted(point: Point, before: Timeline, after: Timeline) -> float:
    old, new = before.at(point.time_ms) or NO_CALIBRATION, after.at(point.time_ms) or NO_CALIBRATION
    return point.value if old == new else _on(new, (point.value - old.offset) / old.scale)


def _as_lines(held: Timeline) -> Timeline:
    return Timeline(zip(held.starts_ms, map(calibration_from, held.values), strict=True))
