"""What was imported of long ago: found late where the rule had gone on since, and never news."""

from pathlib import Path

from cloud.alarms.rule_input import WatchedColumn
from rules.marks import Mark
from tests.unit.cloud.alarms.town import T0, Town, level
from wire import Reading, encode_batch

BACKFILL = int(Mark.BACKFILL)


def imported(*seconds: int, value: float = 300.0) -> WatchedColumn:
    times_ms = [T0 + second * 1_000 for second in seconds]
    return WatchedColumn("river", "water_level", BACKFILL, times_ms, [value] * len(times_ms))


async def test_a_flood_of_last_year_is_no_alarm_of_a_rule_that_has_seen_nothing_yet(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.evaluator.observe_past([imported(-9_000, -8_940)])
        assert await town.alarms() == []
        await town.send(level(100, at=0))
        assert await town.alarms() == []


async def test_what_fills_a_hole_is_found_late_and_pages_nobody(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(100, at=0))
        await town.send(level(100, at=36_000))
        await town.evaluator.observe_past([imported(600, 660, 720)])
        (alarm,) = await town.alarms()
        assert (alarm.late, alarm.opened_ms) == (True, T0 + 600_000)
        assert await town.events_to_tell() == []


async def test_what_is_younger_than_all_that_was_heard_is_left_to_live_readings(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(100, at=0))
        await town.evaluator.observe_past([imported(60, 120)])
        assert await town.alarms() == []


async def test_a_restart_takes_what_was_imported_of_long_ago_for_no_news(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(at_least={"n": 2, "m": 3})
        old = [level(300, at=second, backfill=True) for second in (0, 60, 120)]
        write = town.decoder.prepare_dead_letter(_payload(old), "gw-daruba", arrived_ms=T0)
        assert write.encoded is not None
        await town.store.write([write.encoded])
    again = Town(tmp_path)
    again.now_ms = T0 + 2 * 86_400_000
    async with again:
        assert await again.alarms() == []


def _payload(readings: list[Reading]) -> bytes:
    return encode_batch("import", 1, readings, backfill=True)
