"""(y) A chart of a year of one sensor at one reading a minute, a thousand pixels wide, from the rollups of a store.

525,600 readings ─► filled as the past of an older installation is ─► buckets_of(a year, 1,000 points) ─► JSON
"""

import asyncio
import math
import statistics
import time
from pathlib import Path

import msgspec

from cloud.api.schemas.readings import BucketsAnswer
from cloud.core.times import step_text
from cloud.readings.blocks import Block
from cloud.readings.bucket_history import buckets_of
from cloud.readings.buckets import step_of
from cloud.readings.contract import ReadingsStore
from cloud.readings.influx import InfluxStore
from cloud.readings.roller import Roller
from cloud.readings.settings import InfluxSettings
from cloud.readings.sqlite import SqliteStore
from wire import Domain
from wire.durations import DAY_MS, MINUTE_MS

DAYS = 365
POINTS = 1_000
REPEATS = 9
_START_MS = 1_764_000_000_000 // DAY_MS * DAY_MS
_END_MS = _START_MS + DAYS * DAY_MS


class YearFigures(msgspec.Struct, frozen=True):
    """How long a chart of a year takes, at the median and at worst, and the filling of its past, in seconds."""

    chart_s: float
    worst_s: float
    fill_s: float
    points: int


def of_sqlite(folder: Path) -> YearFigures:
    """Measure on a file of its own."""
    folder.mkdir()
    return asyncio.run(_measure(SqliteStore(folder / "readings.db")))


def of_influx(port: int) -> YearFigures:
    """Measure on the InfluxDB at `port`, in a database of its own."""
    return asyncio.run(_measure(InfluxStore(InfluxSettings(url=f"http://127.0.0.1:{port}", database="year"))))


async def _measure(store: ReadingsStore) -> YearFigures:
    await store.open()
    try:
        for day_ms in range(_START_MS, _END_MS, DAY_MS):
            await store.write([store.encode([_day(day_ms)])])
        began_s = time.perf_counter()
        await _fill(store)
        fill_s = time.perf_counter() - began_s
        taken = [await _chart(store) for _ in range(REPEATS)]
        seconds = [each for each, _ in taken]
        return YearFigures(statistics.median(seconds), max(seconds), fill_s, taken[0][1])
    finally:
        await store.close()


def _day(day_ms: int) -> Block:
    times_ms = list(range(day_ms, day_ms + DAY_MS, MINUTE_MS))
    levels = [round(100 + 60 * math.sin(time_ms / 21_600_000 * math.pi), 1) for time_ms in times_ms]
    return Block("bench", "river", "gw", Domain.FLOOD, 0, times_ms, (("water_level", levels),))


async def _fill(store: ReadingsStore) -> None:
    async def at_once(_seconds: float) -> None:
        """Fill without leaving others their time."""

    roller = Roller(store, clock=lambda: _END_MS + DAY_MS, sleep=at_once)
    await roller.once()
    while roller.has_past:
        await roller.fill()


async def _chart(store: ReadingsStore) -> tuple[float, int]:
    began_s = time.perf_counter()
    step_ms = step_of(_START_MS, _END_MS, POINTS)
    found = await buckets_of(store, "river", "water_level", start_ms=_START_MS, end_ms=_END_MS, step_ms=step_ms)
    answer = BucketsAnswer(
        sensor="river", quantity="water_level", unit="cm", start=_START_MS, end=_END_MS, every=step_text(step_ms),
        buckets=found,
    )  # fmt: skip
    answer.model_dump_json()
    taken_s = time.perf_counter() - began_s
    if sum(bucket.count for bucket in found) != DAYS * 1_440:
        raise RuntimeError("the chart of the year does not hold every reading")
    return taken_s, len(found)
