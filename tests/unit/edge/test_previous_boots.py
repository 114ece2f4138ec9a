"""Readings of starts that never knew the time: moved before this start, each boot behind the other; on a real file."""

from itertools import pairwise
from pathlib import Path

from edge import previous_boots
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spans import SeqRange
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from wire import Clock, Reading

LIMITS = Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=60.0)
BOOT_MS = 1_764_000_000_000


async def a_start(path: Path, boot: str, readings: list[Reading]) -> None:
    spooler = Spooler(Spool(Origin(f"stream-{boot}", boot, 0), LIMITS), SpoolFile(path), on_change=lambda: None)
    await spooler.start()
    spooler.append(readings)
    await spooler.stop()


async def placed(path: Path, *, free_after_ms: int = 0) -> list[Reading]:
    spooler = Spooler(Spool(Origin("now", "boot-3", 0), LIMITS), SpoolFile(path), on_change=lambda: None)
    await spooler.start()
    await previous_boots.place(spooler, boot_ms=BOOT_MS, free_after_ms=free_after_ms)
    await spooler.keep({"done": "1"})
    found: list[Reading] = []
    for boot in ("boot-1", "boot-2"):
        found += await spooler.read(SeqRange(f"stream-{boot}", 1, 3)) or []
    await spooler.stop()
    return found


def in_1970(first_ms: int) -> list[Reading]:
    return [Reading("river-1", "water_level", first_ms + n * 1_000, float(n), Clock.UNKNOWN) for n in range(3)]


async def test_starts_that_believed_in_1970_lie_before_this_one_in_their_order(tmp_path: Path):
    async def scenario() -> list[Reading]:
        path = tmp_path / "spool.db"
        await a_start(path, "boot-1", in_1970(40_030))
        await a_start(path, "boot-2", in_1970(38_014))
        return await placed(path)

    found = await scenario()
    times = [reading.time_ms for reading in found]
    assert {reading.clock for reading in found} == {Clock.ESTIMATED}
    assert sorted(set(times)) == times
    assert times[0] > BOOT_MS - 10_000
    assert times[-1] < BOOT_MS
    assert [later - earlier for earlier, later in pairwise(times[:3])] == [1_000, 1_000]


async def test_a_start_whose_time_can_be_is_left_as_it_is(tmp_path: Path):
    async def scenario() -> list[Reading]:
        path = tmp_path / "spool.db"
        await a_start(path, "boot-1", in_1970(BOOT_MS - 86_400_000))
        await a_start(path, "boot-2", in_1970(38_014))
        return await placed(path, free_after_ms=BOOT_MS - 1_000)

    assert await scenario() == [*in_1970(BOOT_MS - 86_400_000), *in_1970(38_014)]
