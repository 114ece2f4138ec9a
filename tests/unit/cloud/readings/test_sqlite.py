"""Readings in SQLite: what the contract suite does not show."""

import sqlite3
from pathlib import Path

import pytest

from cloud.readings.blocks import Block
from cloud.readings.contract import StoreUnavailable
from cloud.readings.sqlite import SqliteStore
from rules.marks import Mark
from wire import Domain

T0 = 1_764_000_000_000


def block(times_ms: list[int], values: list[float], *, site: str = "daruba", marks: int = 0) -> Block:
    return Block(site, "air-market", "gw-daruba", Domain.AIR, marks, times_ms, (("pm2_5", values),))


async def test_a_folder_that_is_not_there_is_unavailable_in_one_sentence(tmp_path: Path):
    store = SqliteStore(tmp_path / "nowhere" / "readings.db")
    with pytest.raises(StoreUnavailable, match=r"readings\.db: unable to open database file"):
        await store.open()
    await store.close()


async def test_a_write_that_fails_stores_nothing_and_the_next_one_works(tmp_path: Path):
    store = SqliteStore(tmp_path / "readings.db")
    await store.open()
    with pytest.raises(StoreUnavailable):
        await store.write([store.encode([block([T0], [1.0]), block([T0 + 1], [float("nan")])])])
    assert await store.count("air-market", "pm2_5") == 0
    await store.write([store.encode([block([T0], [1.0])])])
    assert await store.count("air-market", "pm2_5") == 1
    await store.close()


async def test_a_sensor_that_moves_keeps_one_series_and_its_newest_place(tmp_path: Path):
    store = SqliteStore(tmp_path / "readings.db")
    await store.open()
    await store.write([store.encode([block([T0], [1.0])])])
    await store.write([store.encode([block([T0 + 1], [2.0], site="pier")])])
    assert await store.count("air-market", "pm2_5") == 2
    assert [each.site for each in await store.newest()] == ["pier"]
    await store.close()


async def test_a_step_carries_the_marks_of_all_its_readings(tmp_path: Path):
    store = SqliteStore(tmp_path / "readings.db")
    await store.open()
    marked = [block([T0], [1.0], marks=Mark.BACKFILL), block([T0 + 1], [1.0], marks=Mark.CLOCK_UNKNOWN)]
    await store.write([store.encode([*marked, block([T0 + 60_000], [1.0])])])
    points = await store.history("air-market", "pm2_5", start_ms=T0, end_ms=T0 + 90_000, every_ms=60_000)
    await store.close()
    assert [point.marks for point in points] == [Mark.BACKFILL | Mark.CLOCK_UNKNOWN, 0]


async def test_a_write_is_forced_to_disk_before_it_returns(tmp_path: Path):
    store = SqliteStore(tmp_path / "readings.db")
    await store.open()
    setting = await store._writer.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0])
    await store.close()
    assert setting == 2  # FULL
    with sqlite3.connect(tmp_path / "readings.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
