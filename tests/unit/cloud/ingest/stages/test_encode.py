"""What a message is once it is encoded: whether its readings were sent as they were taken."""

from pathlib import Path

import msgspec
import pytest

from cloud.ingest.stages.encode import LIVE_WITHIN_MS, PreparedWrite
from tests.unit.cloud.examples import GATEWAY, T0, Workshop, payload, reading
from wire import Clock

DAY_MS = 86_400_000


def arrived(write: PreparedWrite) -> PreparedWrite:
    return msgspec.structs.replace(write, arrived_ms=T0 + 1_000)


async def test_a_reading_that_a_device_kept_for_a_month_makes_no_live_batch_late(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        kept, fresh = reading(at=-30 * DAY_MS), reading(at=0)
        write = arrived(workshop.decoder.prepare(payload(kept, fresh, first=1), GATEWAY))
        assert write.is_live
        assert write.live_range(kept.time_ms, fresh.time_ms) == (fresh.time_ms, fresh.time_ms)
        near = write.arrived_ms - LIVE_WITHIN_MS
        assert write.live_range(near, fresh.time_ms) == (near, fresh.time_ms)


@pytest.mark.parametrize(("clock", "asks"), [(Clock.SYNCED, False), (Clock.ESTIMATED, True), (Clock.UNKNOWN, True)])
async def test_who_does_not_know_the_time_asks_for_it_with_each_batch(tmp_path: Path, clock: Clock, asks: bool):
    async with Workshop(tmp_path) as workshop:
        known, other = reading(at=0), msgspec.structs.replace(reading(at=1_000), clock=clock)
        assert workshop.decoder.prepare(payload(known, other, first=1), GATEWAY).asks_for_time is asks


async def test_a_batch_of_old_readings_alone_is_no_live_one_whatever_it_says(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        write = arrived(workshop.decoder.prepare(payload(reading(at=-30 * DAY_MS), first=1), GATEWAY))
        assert write.live
        assert not write.is_live
