"""Live readings and the backlog on links that carry little, in made-up time, with the real uplink and a real spool."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from edge.link.meter import bytes_on_the_link
from edge.link.pace import LEAST_BYTES, MOST_BYTES, MOST_READINGS, BacklogPace
from edge.settings import UplinkSettings
from tests.slow_link import Gateway, try_link
from wire.batch import MAX_BATCH_BYTES

HOUR_MS = 3_600_000


async def live_beside_a_backlog(gateway: Gateway) -> None:
    await gateway.outage(15_000)
    await gateway.read_every(0.5, 2, for_s=20.0)


def test_on_a_link_of_2_kb_a_second_a_live_reading_overtakes_the_backlog(tmp_path: Path):
    gateway = try_link(tmp_path, live_beside_a_backlog, bytes_s=2_000)
    delays = gateway.live_delays_s()
    assert len(delays) >= 76
    assert max(delays) < 2.1  # of the first seconds: what the link carries is not known yet
    assert max(delays[20:]) < 1.3
    assert len(gateway.numbers()) - len(delays) > 10_000
    assert gateway.numbers() == sorted(set(gateway.numbers()))


def test_a_satellites_delay_is_not_taken_for_a_queue(tmp_path: Path):
    gateway = try_link(tmp_path, live_beside_a_backlog, delay_s=0.8, bytes_s=50_000)
    assert len(gateway.numbers()) >= 15_000 + 76
    assert max(gateway.live_delays_s()) < 0.8 + 1.0


def test_a_good_link_drains_in_large_batches(tmp_path: Path):
    async def large(gateway: Gateway) -> None:
        await gateway.outage(60_000)
        await gateway.read_every(0.1, 2, for_s=2.0)

    gateway = try_link(tmp_path, large)
    backlog = [batch for batch in gateway.link.came if batch.backfill]
    assert sum(len(batch.readings) for batch in backlog) == 60_000
    assert len(backlog) < 40
    assert max(len(batch.readings) for batch in backlog) == MOST_READINGS
    assert max(gateway.live_delays_s()) < 0.1


def test_a_cloud_that_is_slow_by_itself_does_not_starve_the_backlog(tmp_path: Path):
    async def slower_soon(gateway: Gateway) -> None:
        await gateway.outage(30_000)
        await gateway.read_every(0.1, 2, for_s=0.3)
        gateway.link.cloud_s = 1.5
        await gateway.read_every(1.0, 2, for_s=39.0)

    gateway = try_link(tmp_path, slower_soon, bytes_s=20_000)
    assert len(gateway.numbers()) > 30_000


@pytest.mark.parametrize("max_kbit_s", [4.0, 16.0])
def test_no_more_is_sent_than_may_be_and_live_readings_go_first(tmp_path: Path, max_kbit_s: float):
    gateway = try_link(tmp_path, live_beside_a_backlog, UplinkSettings(max_kbit_s=max_kbit_s))
    sent = bytes_on_the_link(gateway.link.published_messages, gateway.link.published_bytes, tls=False)
    assert 0.9 * 20 * max_kbit_s * 125 < sent <= 22 * max_kbit_s * 125 + 1_000
    assert max(gateway.live_delays_s()) <= 1.0 + 2 * LEAST_BYTES / (max_kbit_s * 125)
    assert any(batch.backfill for batch in gateway.link.came)


def test_live_readings_that_fill_the_limit_leave_an_eighth_to_the_backlog(tmp_path: Path):
    async def too_many(gateway: Gateway) -> None:
        await gateway.outage(5_000)
        await gateway.read_every(0.1, 100, for_s=20.0)

    gateway = try_link(tmp_path, too_many, UplinkSettings(max_kbit_s=16))
    of_backlog = sum(batch.size for batch in gateway.link.came if batch.backfill)
    share = of_backlog / sum(batch.size for batch in gateway.link.came)
    assert 0.08 < share < 0.6
    pauses = [after.at_s - before.at_s for before, after in pairwise(b for b in gateway.link.came if not b.backfill)]
    assert max(pauses) < 3.0


async def from_21_to_23_oclock(gateway: Gateway) -> None:
    gateway.day_ms = 12 * HOUR_MS  # 21 o'clock at +09:00
    await gateway.outage(2_000)
    await gateway.read_every(60.0, 2, for_s=7_200.0)


NIGHT = UplinkSettings(quiet_hours=("22:00-05:00",), zone="+09:00")


def test_the_backlog_waits_for_its_hours_and_live_readings_do_not(tmp_path: Path):
    gateway = try_link(tmp_path, from_21_to_23_oclock, NIGHT)
    backlog = [batch.at_s for batch in gateway.link.came if batch.backfill]
    assert min(backlog) >= 3_600
    assert max(backlog) < 3_640
    assert max(gateway.live_delays_s()) < 0.5
    assert len(gateway.numbers()) == 2_000 + 240


def test_what_waits_is_said(tmp_path: Path):
    notes: list[str] = []

    async def noted(gateway: Gateway) -> None:
        gateway.day_ms = 12 * HOUR_MS
        await gateway.outage(2_000)
        await asyncio.sleep(10)
        notes.append(gateway.uplink.catch_up.note)
        await asyncio.sleep(3_630)
        notes.append(gateway.uplink.catch_up.note)

    try_link(tmp_path, noted, NIGHT)
    assert notes == ["the backlog waits for the quiet hours of the link (22:00-05:00 at +09:00); live readings go", ""]


@pytest.mark.parametrize(("known_s", "first_s"), [(3_600.0, 2 * 3_600), (float("inf"), 24 * 3_600)])
def test_while_the_time_is_not_known_no_hour_is_quiet_for_a_day_at_most(tmp_path: Path, known_s: float, first_s: int):
    async def unknown(gateway: Gateway) -> None:
        gateway.knows_the_time = False
        gateway.day_ms = 11 * HOUR_MS  # 20 o'clock at +09:00
        await gateway.outage(100)
        await asyncio.sleep(10.0)
        assert gateway.uplink.catch_up.note.startswith("the backlog waits until the gateway knows the time")
        await asyncio.sleep(min(known_s, 25 * 3_600.0))
        gateway.knows_the_time = True
        await asyncio.sleep(2 * 3_600.0)

    gateway = try_link(tmp_path, unknown, NIGHT)
    assert first_s <= gateway.link.came[0].at_s <= first_s + 60
    assert len(gateway.numbers()) == 100


def test_a_spool_that_is_nearly_full_waits_for_no_hour(tmp_path: Path):
    async def at_noon(gateway: Gateway) -> None:
        await gateway.outage(30_000)
        await asyncio.sleep(600.0)

    gateway = try_link(tmp_path, at_noon, NIGHT, max_bytes=1_400_000)
    assert len(gateway.numbers()) == 30_000
    assert gateway.spooler.spool.losses.ever == 0


def test_limits_change_while_it_runs(tmp_path: Path):
    async def later_more(gateway: Gateway) -> None:
        await gateway.outage(5_000)
        await asyncio.sleep(8.0)
        before = len(gateway.numbers())
        gateway.uplink.use(UplinkSettings(batch_s=5.0))
        await asyncio.sleep(20.0)
        assert before < 4_900
        assert len(gateway.numbers()) == 5_000
        gateway.read(1)
        await asyncio.sleep(4.0)
        assert len(gateway.numbers()) == 5_000
        await asyncio.sleep(2.0)
        gateway.uplink.use(NIGHT)
        await gateway.outage(5)
        await asyncio.sleep(60.0)

    gateway = try_link(tmp_path, later_more, UplinkSettings(max_kbit_s=8))
    assert len(gateway.numbers()) == 5_001


def test_a_pace_never_falls_below_what_a_batch_needs():
    pace = BacklogPace()
    pace.acked(900, sent_s=0.0, now_s=0.1, alone=True)
    for _ in range(50):
        pace.failed()
    assert (pace.budget, pace.may_send(0, now_s=0.2), pace.may_send(LEAST_BYTES, now_s=0.2)) == (
        LEAST_BYTES,
        True,
        False,
    )
    pace.restart()
    assert pace.budget > LEAST_BYTES
    pace.acked(200_000, sent_s=0.0, now_s=0.001, alone=True)
    pace.sent(200_000, 100_000, now_s=1.0)
    assert (pace.budget, pace.batch_readings(MAX_BATCH_BYTES)) == (MOST_BYTES, MOST_READINGS)


def test_a_delay_that_is_not_the_backlogs_doing_is_seen_anew():
    pace, now_s = BacklogPace(), 0.0
    for delay_s in [0.01] * 5 + [1.5] * 60:
        sizes: list[int] = []
        while pace.may_send(sum(sizes), now_s=now_s) and len(sizes) < 7:
            sizes.append(int(pace.batch_bytes))
            pace.sent(sizes[-1], sizes[-1] // 10, now_s=now_s)
        for at, size in enumerate(sizes, 1):
            pace.acked(size, sent_s=now_s, now_s=now_s + delay_s, alone=at == len(sizes))
        now_s += delay_s
    assert pace.budget > 100_000
