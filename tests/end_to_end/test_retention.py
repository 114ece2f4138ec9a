"""A cloud that keeps readings for forty days, as a real process: what goes, what it says of itself, what it refuses."""

import asyncio
import time
from pathlib import Path

import pytest

from cloud.core.times import rfc_3339
from cloud.readings.blocks import Block
from cloud.readings.retention import LOOKBACK_MS
from cloud.readings.roller import Roller
from cloud.readings.sqlite import SqliteStore
from tests.end_to_end.test_cloud import GATEWAY, Town, batch
from tests.servers import wait_until
from wire import Clock, Domain, Reading
from wire.durations import DAY_MS, HOUR_MS

pytestmark = pytest.mark.proof
NOW_MS = int(time.time() * 1_000)
OLDEST_MS = NOW_MS - 160 * DAY_MS
KEPT_MS = (NOW_MS - 40 * DAY_MS) // DAY_MS * DAY_MS - LOOKBACK_MS


async def _no_sleep(_seconds: float) -> None:
    """Wait no time at all."""


async def _measured(folder: Path) -> int:
    """How many readings of 160 days there are now, the first day of them every 5 s, all with their rollups."""
    store = SqliteStore(folder / "readings.db", durable=False)
    await store.open()
    times_ms = [*range(OLDEST_MS, OLDEST_MS + DAY_MS, 5_000), *range(OLDEST_MS + DAY_MS, NOW_MS, HOUR_MS)]
    values = [number % 50 / 2 for number in range(len(times_ms))]
    block = Block("daruba", "air-market", GATEWAY, Domain.AIR, 0, times_ms, (("pm2_5", values),))
    await store.write([store.encode([block])])
    roller = Roller(store, sleep=_no_sleep)
    await roller.once()
    while roller.has_past:
        await roller.fill()
    await store.close()
    return len(times_ms)


def _said(town: Town) -> str:
    return str(town.health()["components"].get("retention", {}).get("detail", ""))


def test_readings_go_once_their_hours_stand_and_what_is_older_is_refused_with_a_sentence(tmp_path: Path):
    town = Town(tmp_path, engine="sqlite")
    with (tmp_path / "cloud.toml").open("a") as settings:
        settings.write('keep_readings = "40d"\n')  # of [store], the last table
    measured = asyncio.run(_measured(tmp_path))
    with town.running(town.broker, town.cloud):
        wait_until(lambda: "are refused" in _said(town), "the limit is noted", patience_s=120)
        assert "removed" not in _said(town), "nothing goes before the pass after that"
    with town.running(town.broker, town.cloud) as gateways:
        gone = f"before {rfc_3339(KEPT_MS)} minutes and hours stand for readings; removed so far: 17"
        wait_until(lambda: gone in _said(town), "the next pass removes", patience_s=120)
        answer = town.api(f"/readings?sensor=air-market&quantity=pm2_5&start={OLDEST_MS}&points=1000")
        assert answer["readings_kept_from"] == rfc_3339(KEPT_MS)
        assert sum(bucket["count"] for bucket in answer["buckets"]) == measured
        gateways.send(batch(1, Reading("air-market", "pm2_5", NOW_MS - 60 * DAY_MS, 12.5, Clock.SYNCED)))
        gateways.wait_for_ack(1)
        (letter,) = town.api("/dead-letters?limit=10")["letters"]
        assert letter["reason"] == "store_rejected"
        assert "readings are kept since then (store.keep_readings)" in letter["sentence"]
