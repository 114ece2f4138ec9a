"""What was the newest reading at a time of the past, window by window."""

from pathlib import Path

from cloud.readings.blocks import Block
from cloud.readings.sqlite import SqliteStore
from demo.history.past_readings import PastReadings
from wire import Domain

HOUR_MS = 3_600_000


async def test_a_series_that_is_silent_for_windows_is_still_known_by_its_last_reading(tmp_path: Path):
    store = SqliteStore(tmp_path / "readings.db", durable=False)
    await store.open()
    often = Block(
        "daruba", "river", "gw", Domain.FLOOD, 0, [0, HOUR_MS, 2 * HOUR_MS], (("water_level", [1.0, 2.0, 3.0]),)
    )
    once = Block("daruba", "rain", "gw", Domain.FLOOD, 0, [10], (("rainfall", [0.2]),))
    await store.write([store.encode([often, once])])
    readings, found = PastReadings(store), []
    for start_ms in range(0, 3 * HOUR_MS, HOUR_MS):
        await readings.read(start_ms, start_ms + HOUR_MS)
        found.append({(one.sensor, one.time_ms, one.value) for one in readings.at(start_ms + HOUR_MS - 1)})
        assert {one.sensor for one in readings.at(start_ms)} == ({"river"} if start_ms == 0 else {"river", "rain"})
    await store.close()
    assert found == [
        {("river", 0, 1.0), ("rain", 10, 0.2)},
        {("river", HOUR_MS, 2.0), ("rain", 10, 0.2)},
        {("river", 2 * HOUR_MS, 3.0), ("rain", 10, 0.2)},
    ]
