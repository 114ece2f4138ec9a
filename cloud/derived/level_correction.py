"""Levels made again of the distances that are stored: doing it again changes nothing.

height 450 ─► 420 since Tuesday      distance 123.4 ─► water_level 326.6 becomes 296.6, of every reading since Tuesday
"""

from cloud.derived.stored_series import StoredSeries
from cloud.readings.contract import Point
from cloud.registry.facts import Timeline
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.level import level_cm

DISTANCE, LEVEL = "distance", "water_level"


class LevelCorrection:
    """Makes levels of distances by the heights and calibrations that `registry` knows."""

    def __init__(self, registry: Registry, series: StoredSeries) -> None:
        self._registry, self._series = registry, series

    async def compute(self, sensor: Sensor, first_ms: int, until_ms: int) -> bool:
        """Make the levels of a time range again of the distances that are stored; whether any of them was another."""
        heights = self._heights(sensor)
        if DISTANCE not in sensor.quantities or not any(heights.values):
            return False
        stored = await self._series.read(sensor.id, LEVEL, first_ms, until_ms)
        distances = await self._series.read(sensor.id, DISTANCE, first_ms, until_ms)
        lines = self._registry.history.calibration(sensor, LEVEL)
        made = {
            point.time_ms: lines.at(point.time_ms).of(level_cm(height, point.value))
            for point in distances
            if (height := heights.at(point.time_ms)) is not None
        }
        held = {point.time_ms: point.value for point in stored}
        marks = {point.time_ms: point.marks for point in (*distances, *stored)}
        fresh = [Point(time_ms, level, marks[time_ms]) for time_ms, level in made.items() if held.get(time_ms) != level]
        await self._series.write(sensor, LEVEL, fresh)
        return bool(fresh)

    async def compute_since(self, sensor: Sensor, due_ms: int, *, now_ms: int) -> None:
        """Make every level from `due_ms` on again, an hour at a time."""
        for first_ms, until_ms in await self._series.chunks(sensor.id, DISTANCE, due_ms, now_ms):
            await self.compute(sensor, first_ms, until_ms)

    async def made_of_distance(self, sensor: Sensor, quantity: str, first_ms: int, until_ms: int) -> set[int]:
        """The times (UTC, ms) of levels that are made of their distance, and need no converting."""
        if quantity != LEVEL or DISTANCE not in sensor.quantities:
            return set()
        heights = self._heights(sensor)
        distances = await self._series.read(sensor.id, DISTANCE, first_ms, until_ms)
        return {point.time_ms for point in distances if heights.at(point.time_ms) is not None}

    def _heights(self, sensor: Sensor) -> Timeline:
        return self._registry.history.mounting_height_cm(sensor)
