from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.readings.blocks import Block
from cloud.readings.contract import StoreUnavailable
from cloud.readings.removal import LOOK_S, PASS_S, Removal
from cloud.readings.retention import Keep, KeptFrom
from cloud.readings.roller import Roller
from cloud.readings.sqlite import SqliteStore
from wire import Domain
from wire.durations import DAY_MS, HOUR_MS

NOW = 1_764_028_800_000
"""2025-11-25 00:00 UTC."""
IN_2036 = NOW + 10 * 366 * DAY_MS
KEEP = Keep(50 * DAY_MS, 50 * DAY_MS)


async def write(store: SqliteStore, times_ms: list[int]) -> None:
    block = Block("d", "a", "gw", Domain.AIR, 0, times_ms, (("pm10", [1.0] * len(times_ms)),))
    await store.write([store.encode([block])])


class Stopped(Exception):
    """The end of a run."""


class House:
    """A store with a reading each hour of the last 200 days, and clocks that are set."""

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.now_ms, self.passed_s = store, NOW, 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def stop(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds >= LOOK_S:  # between passes, not within one
            raise Stopped

    async def rolled(self) -> Roller:
        roller = Roller(self.store, clock=lambda: self.now_ms, sleep=self.sleep)
        await roller.once()
        while roller.has_past:
            await roller.fill()
        return roller

    def removal(self, roller: Roller, *, keep: Keep = KEEP, is_own: bool = True) -> Removal:
        return Removal(
            self.store, keep, roller, is_own=is_own, clock=lambda: self.now_ms, sleep=self.stop,
            timer=lambda: self.passed_s,
        )  # fmt: skip

    async def passes(self, removal: Removal, count: int) -> None:
        for _ in range(count):
            with pytest.raises(Stopped):
                await removal.run()
            self.passed_s += PASS_S

    async def oldest_ms(self) -> int | None:
        return await self.store.rollups.oldest_ms()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = SqliteStore(tmp_path / "readings.db", durable=False)
    await store.open()
    times_ms = list(range(NOW - 200 * DAY_MS, NOW, HOUR_MS))
    await write(store, times_ms)
    yield House(store)
    await store.close()


async def test_what_is_old_goes_a_pass_after_it_was_refused(house: House):
    removal = house.removal(await house.rolled())
    await house.passes(removal, 1)
    assert await house.oldest_ms() == NOW - 200 * DAY_MS
    await house.passes(removal, 1)
    assert await house.oldest_ms() == NOW - 121 * DAY_MS  # 50 and 70 days before the newest reading's day
    component = removal.component()
    assert component.status is Condition.OK
    assert "before 2025-07-27T00:00:00.000Z hours alone are kept; removed so far: 1896 readings" in component.detail


async def test_a_server_and_its_gateways_in_2036_remove_no_more_than_is_due_soon(house: House):
    removal = house.removal(await house.rolled())
    await house.passes(removal, 2)
    house.now_ms = IN_2036
    await write(house.store, [IN_2036])
    await house.passes(removal, 24)
    kept = await house.store.retention.kept()
    assert kept.clock_ms == NOW - HOUR_MS + 48 * HOUR_MS
    assert (await house.oldest_ms() or 0) <= NOW - 119 * DAY_MS


@pytest.mark.parametrize("is_rolled", [False, True], ids=["past not rolled", "all kept"])
async def test_nothing_goes_before_its_time(house: House, is_rolled: bool):
    roller = await house.rolled() if is_rolled else Roller(house.store)
    removal = house.removal(roller, keep=Keep() if is_rolled else KEEP)
    await house.passes(removal, 3)
    assert await house.store.retention.kept() == KeptFrom()
    said = "all readings are kept" + ("" if is_rolled else "; nothing is removed before the past is rolled up")
    assert removal.component().detail == said
    assert house.slept[-1] == LOOK_S


async def test_another_process_looks_and_removes_nothing(house: House):
    removal = house.removal(await house.rolled(), is_own=False)
    await house.store.retention.note(KeptFrom(admits_ms=NOW - 100 * DAY_MS, clock_ms=NOW))
    await house.passes(removal, 2)
    assert await house.oldest_ms() == NOW - 200 * DAY_MS
    assert removal.component().detail.startswith("readings before 2025-08-17T00:00:00.000Z are refused")


async def test_a_store_that_is_away_is_said_and_tried_again(house: House, monkeypatch: pytest.MonkeyPatch):
    removal = house.removal(await house.rolled())

    async def away() -> KeptFrom:
        raise StoreUnavailable("no answer")

    with monkeypatch.context() as while_away:
        while_away.setattr(house.store.retention, "kept", away)
        await house.passes(removal, 1)
    component = removal.component()
    assert (component.status, component.detail) == (
        Condition.DEGRADED, "removal waits: no answer; all readings are kept"
    )  # fmt: skip
    await house.passes(removal, 2)
    assert removal.component().status is Condition.OK
