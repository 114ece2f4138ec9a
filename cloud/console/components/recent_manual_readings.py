"""What people read at a place within a day, each beside what the sensor said then; asked once for all who look.

of("daruba", ["river", …]) -> (BesideSensor(reading=ManualReading(…), point=Point(…)), …)      the newest first
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.manual.records import CONFIRMS_WITHIN_MS, ManualReading
from cloud.readings.contract import Point, ReadingsStore, SeriesRange
from runtime.clock import wall_ms
from wire.durations import DAY_MS

MOST_SHOWN = 50
_FEW_S = 2.0
_POINTS_HOLD_S = 30.0
_PLACES_KEPT = 64
_POINTS_KEPT = 2_000
Key = TypeVar("Key")
Value = TypeVar("Value")


class BesideSensor(msgspec.Struct, frozen=True):
    """A reading by a person, and the sensor's nearest in time; None where it said nothing then."""

    reading: ManualReading
    point: Point | None


class RecentManualReadings:
    """Asks the database for the readings and the store for the points, and holds both for a while."""

    def __init__(self, manual: ManualReadings, store: ReadingsStore) -> None:
        self._manual, self._store = manual, store
        self._held: OrderedDict[str, tuple[float, tuple[BesideSensor, ...]]] = OrderedDict()
        self._points: OrderedDict[int, tuple[float, Point | None]] = OrderedDict()

    async def of(self, site: str, sensors: Sequence[str]) -> tuple[BesideSensor, ...]:
        """The newest readings at a site, whose sensors these are; StoreUnavailable, DatabaseUnavailable."""
        held = self._held.get(site)
        if held is not None and time.monotonic() - held[0] < _FEW_S:
            return held[1]
        now_ms = wall_ms()
        readings = await self._manual.of(
            sensors, start_ms=now_ms - DAY_MS, end_ms=now_ms + 1, most=MOST_SHOWN, withdrawn=True
        )
        await self._find_points(readings)
        found = tuple(BesideSensor(one, self._points.get(one.id, (0.0, None))[1]) for one in readings)
        _hold(self._held, site, (time.monotonic(), found), most=_PLACES_KEPT)
        return found

    def forget(self, site: str) -> None:
        """Somebody has entered or withdrawn a reading there: ask again."""
        self._held.pop(site, None)

    async def _find_points(self, readings: Sequence[ManualReading]) -> None:
        since_s = time.monotonic() - _POINTS_HOLD_S
        asked = [one for one in readings if one.id not in self._points or self._points[one.id][0] < since_s]
        ranges = [
            SeriesRange(one.sensor, one.quantity, one.time_ms - CONFIRMS_WITHIN_MS, one.time_ms + CONFIRMS_WITHIN_MS)
            for one in asked
        ]
        histories = await self._store.histories(ranges) if ranges else []
        for reading, points in zip(asked, histories, strict=True):
            _hold(self._points, reading.id, (time.monotonic(), _nearest(reading, points)), most=_POINTS_KEPT)


def _nearest(reading: ManualReading, points: Sequence[Point]) -> Point | None:
    return min(points, key=lambda point: abs(point.time_ms - reading.time_ms), default=None)


def _hold(held: OrderedDict[Key, Value], key: Key, value: Value, *, most: int) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > most:
        held.popitem(last=False)
