"""Corrections: what is stored, computed again because of a dated fact that reaches into the past.

a fact is due ─► wait until the writes of before it are over ─┬─ height ──────► level_correction ───────┐
                                                              ├─ calibration ─► calibration_correction ─┼─► indices
                                                              ├─ official ISPU table, site, correction ─┘
                                                              └─ another device ─► judged again by itself (review)
Nothing of this reaches the alarm rules: they judge what is live, and nobody is paged for last Tuesday.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from cloud.derived.calibration_correction import CalibrationCorrection
from cloud.derived.level_correction import DISTANCE, LEVEL, LevelCorrection
from cloud.derived.stored_series import StoredSeries
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore
from cloud.readings.newest import Newest
from cloud.registry.air_corrections import corrected_quantity
from cloud.registry.devices import DEVICE
from cloud.registry.fact_service import FactService
from cloud.registry.facts import CITY, Fact
from cloud.registry.history import GATEWAY, MOUNTING_HEIGHT, calibrated_quantity, subject_of
from cloud.registry.records import Sensor
from runtime.clock import wall_ms
from wire import AIR_PARAMETERS
from wire.durations import HOUR_MS

SETTLE_S = 10.0
"""How long after a fact became known here the writes of before it may still be under way."""
CITY_SETTLES = 3
"""How many times as long a fact of the whole city stays due: so that every process that takes in sees it."""
JUDGED_AGAIN_MS = 6 * HOUR_MS
"""For how long after another device took its place its readings may have been judged by the one before."""
LATE_KEPT = 200_000
"""Late readings remembered while a correction waits, so that none of them is corrected twice."""


class KnownSince(msgspec.Struct, frozen=True):
    """Since when a fact is known here: by the monotonic clock in s, and by the wall clock in ms."""

    since_s: float
    since_ms: int


class Corrections:
    """Computes again what the due facts of `facts` reach; `on_changed` tells which series changed, from when to when.

    `is_own(gateway)`: whether this process is the one that takes in what a gateway sends. `on_written` is told what is
    written at once, and not only when all of it is.
    """

    def __init__(
        self,
        facts: FactService,
        store: ReadingsStore,
        newest: Newest,
        *,
        on_changed: Callable[[str, str, int, int], None],
        on_written: Callable[[str, str, int, int], object] = lambda _sensor, _quantity, _first_ms, _last_ms: None,
        is_own: Callable[[str], bool] = lambda _gateway: True,
        clock: Callable[[], int] = wall_ms,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._facts, self._registry = facts, facts.registry
        self._on_changed, self._is_own, self._clock, self._settle_s = on_changed, is_own, clock, settle_s
        self._series = StoredSeries(facts.registry, store, newest, clock=clock, on_written=on_written)
        self.levels = LevelCorrection(facts.registry, self._series)
        self._calibrations = CalibrationCorrection(facts, self._series, self.levels)
        self.on_replaced: Callable[[str, str, int, int], None] = lambda _sensor, _quantity, _first_ms, _last_ms: None
        """Told which series are of another device, from when to when (UTC): they are to be judged again."""
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
        sensor = self._registry.sensor(fact.subject.partition(":")[2])
        return sensor if sensor is not None and subject_of(sensor) == fact.subject else None

    def _series_of(self, facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
        """The series whose values are converted because of `facts`, not made again."""
        for fact in facts:
            sensor, quantity = self._sensor(fact), calibrated_quantity(fact.what)
            if sensor is not None and quantity is not None:
                yield sensor.id, quantity

    async def _compute(self, fact: Fact, known: KnownSince) -> None:
        sensor, quantity = self._sensor(fact), calibrated_quantity(fact.what)
        if sensor is not None and fact.due_ms is not None:
            if quantity is not None:
                late = self._late[sensor.id, quantity]
                await self._calibrations.compute(fact, sensor, quantity, until_ms=known.since_ms, late=late)
            if quantity in (DISTANCE, LEVEL) or fact.what == MOUNTING_HEIGHT:
                await self.levels.compute_since(sensor, fact.due_ms, now_ms=self._clock())
            for each in sensor.quantities if fact.what == DEVICE else ():
                self.on_replaced(sensor.id, each, fact.due_ms, min(fact.due_ms + JUDGED_AGAIN_MS, self._clock()))
            for each in _reached(fact, sensor):
                first_ms = await self._series.first_ms(sensor.id, each, fact.due_ms)
                self._on_changed(sensor.id, each, first_ms, self._clock())
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
                        first_ms = await self._series.first_ms(sensor.id, parameter, fact.due_ms or 0)
                        # what ended with the hour before stands at the very moment from which the fact holds
                        self._on_changed(sensor.id, parameter, first_ms - 1, self._clock())
        if is_last:
            await self._done(fact)


def _reached(fact: Fact, sensor: Sensor) -> Sequence[str]:
    """The quantities of a sensor whose indices are to be computed again because of a fact."""
    corrected = corrected_quantity(fact.what)
    if corrected is not None:
        return [corrected]
    return () if fact.what in (GATEWAY, DEVICE) else sensor.quantities
