"""Stored values converted by another calibration: the line of before is taken off each, the one of now is put on.

calibration +2 ─► −3     pm2_5 14.0 becomes 9.0

A converted value cannot be told from one that is not: what is about to be written is recorded first (`CorrectionStep`),
and looked for in the store after a crash, so that no value is converted twice.
"""

from collections.abc import Set

import msgspec

from cloud.derived.level_correction import LevelCorrection
from cloud.derived.stored_series import StoredSeries
from cloud.readings.contract import Point
from cloud.registry.fact_service import FactService
from cloud.registry.facts import Fact, Timeline, changed_ms
from cloud.registry.history import calibration_from
from cloud.registry.records import NO_CALIBRATION, Sensor


class CorrectionStep(msgspec.Struct, frozen=True):
    """What is about to be written: up to `until_ms`, and by one of its values one can tell whether it was."""

    until_ms: int
    probe_ms: int
    probe: float


class CalibrationCorrection:
    """Converts what is stored; how far it is, is kept with the fact."""

    def __init__(self, facts: FactService, series: StoredSeries, levels: LevelCorrection) -> None:
        self._facts, self._series, self._levels = facts, series, levels

    async def compute(self, fact: Fact, sensor: Sensor, quantity: str, *, until_ms: int, late: Set[int]) -> None:
        """Convert a series an hour at a time up to `until_ms`, but readings that came `late`: they came converted."""
        before, after = self._lines(fact)
        fact = await self._finish_step(fact, sensor, quantity)
        for first_ms, end_ms in await self._series.chunks(sensor.id, quantity, fact.due_ms or 0, until_ms):
            made = await self._levels.made_of_distance(sensor, quantity, first_ms, end_ms)
            fresh = [
                msgspec.structs.replace(point, value=value)
                for point in await self._series.read(sensor.id, quantity, first_ms, end_ms)
                if point.time_ms not in late and point.time_ms not in made
                and (value := _converted(point, before, after)) != point.value
            ]  # fmt: skip
            if fresh:
                step = CorrectionStep(end_ms, fresh[0].time_ms, fresh[0].value)
                await self._facts.record_progress(fact, due_ms=first_ms, step=msgspec.json.encode(step).decode())
                await self._series.write(sensor, quantity, fresh)
            await self._facts.record_progress(fact, due_ms=end_ms)

    async def _finish_step(self, fact: Fact, sensor: Sensor, quantity: str) -> Fact:
        """After a crash: go on behind the step that was under way if the store has it."""
        if fact.step is None:
            return fact
        step = msgspec.json.decode(fact.step, type=CorrectionStep)
        stored = await self._series.read(sensor.id, quantity, step.probe_ms, step.probe_ms + 1)
        if not any(point.value == step.probe for point in stored):
            return fact
        return await self._facts.record_progress(fact, due_ms=step.until_ms)

    def _lines(self, fact: Fact) -> tuple[Timeline, Timeline]:
        """The calibrations as they were known just before a fact changed them, and after it."""
        changed, facts = changed_ms(fact), self._facts.registry.facts
        before = facts.timeline_as_known(fact.subject, fact.what, changed - 1)
        after = facts.timeline_as_known(fact.subject, fact.what, changed)
        return _as_lines(before), _as_lines(after)


def _converted(point: Point, before: Timeline, after: Timeline) -> float:
    old, new = before.at(point.time_ms) or NO_CALIBRATION, after.at(point.time_ms) or NO_CALIBRATION
    return point.value if old == new else float(new.of((point.value - old.offset) / old.scale))


def _as_lines(held: Timeline) -> Timeline:
    return Timeline(zip(held.starts_ms, map(calibration_from, held.values), strict=True))
