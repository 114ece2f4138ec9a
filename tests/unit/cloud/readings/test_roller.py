import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.readings.blocks import Block
from cloud.readings.contract import StoreUnavailable
from cloud.readings.roller import FEW_READINGS, Roller
from cloud.readings.rollups import GRACE_MS
from cloud.readings.sqlite import SqliteStore
from wire import Domain
from wire.durations import DAY_MS, HOUR_MS

NOON = 1_764_028_800_000
"""2025-11-25 00:00 UTC."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "readings.db")
    await opened.open()
    yield opened
    await opened.close()


async def write(store: SqliteStore, *times_ms: int, sensor: str = "air") -> None:
    blocks = [Block("daruba", sensor, "gw", Domain.AIR, 0, list(times_ms), (("pm10", [1.0] * len(times_ms)),))]
    await store.write([store.encode(blocks)])


class Clock:
    """A clock that is set, and sleep that moves nothing and is noted."""

    def __init__(self) -> None:
        self.now_ms = NOON
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def roller(self, store: SqliteStore, *, is_own: bool = True) -> Roller:
        return Roller(store, is_own=is_own, clock=lambda: self.now_ms, sleep=self.sleep)


async def hours(store: SqliteStore, sensor: str = "air") -> set[int]:
    return set((await store.rollups.held(sensor, "pm10", NOON - 400 * DAY_MS, NOON + DAY_MS)).hours)


async def test_an_hour_is_rolled_ten_minutes_after_its_end_and_not_before(store: SqliteStore):
    clock = Clock()
    roller = clock.roller(store)
    await roller.once()
    await write(store, NOON + 1)
    clock.now_ms = NOON + HOUR_MS + GRACE_MS - 1
    await roller.once()
    assert await hours(store) == set()
    clock.now_ms += 1
    await roller.once()
    assert await hours(store) == {NOON}


async def test_the_first_start_waits_until_every_process_knows_of_it(store: SqliteStore):
    clock = Clock()
    await clock.roller(store).once()
    assert clock.slept == [120.0]
    await clock.roller(store).once()
    assert clock.slept == [120.0]


async def test_hours_that_ended_while_nothing_ran_are_rolled_at_the_next_start(store: SqliteStore):
    clock = Clock()
    await clock.roller(store).once()
    await write(store, NOON + 1, NOON + 30 * HOUR_MS)
    clock.now_ms = NOON + 3 * DAY_MS
    await clock.roller(store).once()
    held = await store.rollups.held("air", "pm10", NOON, NOON + 2 * DAY_MS)
    assert set(held.hours) == {NOON, NOON + 30 * HOUR_MS}


async def test_the_past_is_filled_to_the_oldest_reading_and_goes_on_after_a_restart(store: SqliteStore):
    clock = Clock()
    past = (NOON - 300 * DAY_MS, NOON - 299 * DAY_MS, NOON - 3 * HOUR_MS)
    await write(store, *past)
    roller = clock.roller(store)
    await roller.once()
    await roller.fill()
    assert "the past is being filled" in roller.component().detail
    roller = clock.roller(store)
    await roller.once()
    while roller.has_past:
        await roller.fill()
    assert await hours(store) == set(past)
    assert roller.component().detail == "rollups of hours and minutes hold until 2025-11-24T23:00:00.000Z"


async def test_a_store_without_readings_has_no_past(store: SqliteStore):
    clock = Clock()
    roller = clock.roller(store)
    await roller.once()
    await roller.fill()
    assert not roller.has_past


async def test_what_comes_late_into_a_rolled_hour_is_rolled_again(store: SqliteStore):
    clock = Clock()
    await write(store, NOON - 5 * HOUR_MS)
    roller = clock.roller(store)
    await roller.once()
    while roller.has_past:
        await roller.fill()
    await write(store, NOON - 5 * HOUR_MS + 1)
    assert await hours(store) == set()
    await roller.once()
    held = await store.rollups.held("air", "pm10", NOON - DAY_MS, NOON)
    assert [hour.count for hour in held.hours.values()] == [2]


async def test_work_leaves_others_three_times_as_long(store: SqliteStore):
    clock, times = Clock(), iter([10.0, 14.0, 20.0, 21.0])
    await write(store, NOON - 2 * HOUR_MS)
    await clock.roller(store).once()
    roller = Roller(store, clock=lambda: NOON, sleep=clock.sleep, timer=lambda: next(times))
    await roller.once()
    await roller.fill()
    assert clock.slept[-2:] == [12.0, 3.0]


async def test_stretches_of_the_past_are_longer_where_there_is_little(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
):
    clock = Clock()
    await write(store, NOON - 400 * DAY_MS)
    stretches: list[int] = []
    found = [0, 0, FEW_READINGS, FEW_READINGS, 0]

    async def active(start_ms: int, end_ms: int) -> dict[tuple[str, str], int]:
        stretches.append((end_ms - start_ms) // HOUR_MS)
        return {("air", "pm10"): count} if (count := found.pop(0)) else {}

    monkeypatch.setattr(store.rollups, "active", active)
    roller = clock.roller(store)
    await roller.once()
    for _ in range(5):
        await roller.fill()
    assert stretches == [1, 2, 4, 2, 1]


async def test_a_store_that_does_not_answer_is_told_in_health_and_asked_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
):
    clock, asked = Clock(), asyncio.Event()

    async def away() -> None:
        raise StoreUnavailable("the store is away")

    async def pause(_seconds: float) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(store.rollups, "sweep", away)
    roller = Roller(store, clock=lambda: clock.now_ms, sleep=pause)
    running = asyncio.create_task(roller.run())
    await asked.wait()
    running.cancel()
    health = roller.component()
    assert health.status is Condition.DEGRADED
    assert "the store is away" in health.detail


async def test_a_process_without_shard_0_rolls_nothing(store: SqliteStore):
    asked = asyncio.Event()

    async def pause(_seconds: float) -> None:
        asked.set()
        await asyncio.Event().wait()

    await write(store, NOON - HOUR_MS)
    roller = Roller(store, is_own=False, clock=lambda: NOON, sleep=pause)
    running = asyncio.create_task(roller.run())
    await asked.wait()
    running.cancel()
    assert await store.rollups.sweep() is None
    assert "another process" in roller.component().detail
