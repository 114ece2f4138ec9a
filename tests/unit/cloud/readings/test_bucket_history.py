from pathlib import Path

import pytest

from cloud.readings import bucket_history
from cloud.readings.blocks import Block
from cloud.readings.bucket_history import buckets_of
from cloud.readings.buckets import TimeBucket, fold, merged
from cloud.readings.contract import Point
from cloud.readings.roller import Roller
from cloud.readings.sqlite import SqliteStore
from rules.marks import Mark
from wire import Domain
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

START = 1_764_000_000_000 // HOUR_MS * HOUR_MS
POINTS = [
    Point(START + number * 7 * MINUTE_MS, number % 11 / 3, int(Mark.SPIKE) if number % 5 == 0 else 0)
    for number in range(1_000)
]
END = POINTS[-1].time_ms + 1


async def no_sleep(_seconds: float) -> None:
    """Wait no time at all."""


@pytest.fixture
async def store(tmp_path: Path):
    """What was measured in five days, all but the last hours of it rolled."""
    store = SqliteStore(tmp_path / "readings.db", durable=False)
    await store.open()
    for marks in (0, int(Mark.SPIKE)):
        of_marks = [point for point in POINTS if point.marks == marks]
        times, values = [point.time_ms for point in of_marks], [point.value for point in of_marks]
        block = Block("daruba", "river", "gw", Domain.FLOOD, marks, times, (("water_level", values),))
        await store.write([store.encode([block])])
    roller = Roller(store, clock=lambda: END - 3 * HOUR_MS, sleep=no_sleep)
    await roller.once()
    while roller.has_past:
        await roller.fill()
    yield store
    await store.close()


@pytest.mark.parametrize("at_once", [2, 30, 4_000])
@pytest.mark.parametrize(("step_ms", "offset_ms", "unit_ms"), [
    (DAY_MS, 9 * HOUR_MS, HOUR_MS), (7 * DAY_MS, 0, HOUR_MS), (5 * HOUR_MS, 7 * HOUR_MS, HOUR_MS),
    (30 * MINUTE_MS, 9 * HOUR_MS, MINUTE_MS), (DAY_MS, 5 * HOUR_MS + 30 * MINUTE_MS, MINUTE_MS),
], ids=["day", "week", "odd", "half-hour", "half-hour-zone"])  # fmt: skip
async def test_a_long_time_is_put_together_in_pieces_that_nobody_sees(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, at_once: int, step_ms: int, offset_ms: int, unit_ms: int
):
    monkeypatch.setattr(bucket_history, "_PARTS_AT_ONCE", at_once)
    found = await buckets_of(
        store, "river", "water_level", start_ms=START, end_ms=END, step_ms=step_ms, offset_ms=offset_ms
    )
    assert found == list(merged(fold(POINTS, unit_ms), step_ms, offset_ms=offset_ms))
    assert all((bucket.time_ms + offset_ms) % step_ms == 0 for bucket in found)


async def test_doubted_readings_are_apart_in_what_was_rolled_too(store: SqliteStore):
    hours: list[TimeBucket] = await buckets_of(
        store, "river", "water_level", start_ms=START, end_ms=START + DAY_MS, step_ms=DAY_MS * 7
    )
    first_day = [point for point in POINTS if point.time_ms < START + DAY_MS]
    believed = [point.value for point in first_day if not point.marks]
    assert sum(bucket.doubted for bucket in hours) == len(first_day) - len(believed)
    assert max(bucket.max or 0.0 for bucket in hours) == max(believed)
