"""Who watches a source sees it from its first message on, and goes on with the source that comes in its place."""

from collections.abc import Sequence
from pathlib import Path

from edge.check import check_file
from tests.unit.edge.test_systemd import AIR, manager
from tests.virtual_time import run
from wire import Clock, Reading

READING = Reading("air-1", "pm2_5", 7, 12.5, Clock.SYNCED)


class Watcher:
    """Keeps the readings that it sees."""

    def __init__(self) -> None:
        self.seen: list[Reading] = []

    def on_bytes(self, data: bytes, topic: str = "") -> None:
        pass

    def on_noise(self, size: int, reason: str) -> None:
        pass

    def on_readings(self, readings: Sequence[Reading]) -> None:
        self.seen.extend(readings)


def test_a_source_is_watched_from_its_first_reading_and_after_each_change_of_it(tmp_path: Path):
    async def scenario() -> list[int]:
        sources, watcher = await manager(tmp_path, ""), Watcher()
        sources.watch("air", watcher)
        counts = []
        for silent_s, sensor in ((60, "air-1"), (60, "air-2"), (90, "air-2")):
            table = AIR.format(port=tmp_path / "none").replace("air-1", sensor)
            (tmp_path / "edge.toml").write_text(f'[gateway]\nid = "gw-1"\n{table}silent_s = {silent_s}\n')
            await sources.use(check_file(tmp_path / "edge.toml"))
            (air,) = sources.tallies
            air.keep_values([READING], now_s=0.0)
            counts.append(len(watcher.seen))
        await sources.close_lines()
        return counts

    assert run(scenario()) == [1, 2, 3]
