"""What is held of computed series is what is stored of them."""

from cloud.derived import stored_tails
from cloud.derived.grouped_reads import GroupedReads
from cloud.derived.stored_tails import StoredTails
from cloud.readings.blocks import Block
from cloud.readings.contract import Point, Verdict
from rules.marks import Mark
from tests.unit.cloud.derived.examples import HOUR, NINE, Island
from wire import Domain


def tails(island: Island) -> StoredTails:
    found = StoredTails(GroupedReads(island.store), is_own=lambda name: name != "far")
    found.now_ms = NINE
    return found


def block(time_ms: int, value: float) -> Block:
    return Block("daruba", "air", "computed", Domain.AIR, 0, [time_ms], (("pm2_5_hour", [value]),))


async def ask(held: StoredTails, *, sensor: str = "air") -> list[Point]:
    return await held.history(sensor, "pm2_5_hour", start_ms=NINE - 4 * HOUR, end_ms=NINE + HOUR)


async def test_a_series_is_read_once_and_then_kept_up_with_what_is_written(island: Island):
    held = tails(island)
    await island.write("air", "daruba", "pm2_5_hour", {NINE - HOUR: 5.0})
    assert await ask(held) == [Point(NINE - HOUR, 5.0)]
    held.record([block(NINE, 7.0), block(NINE - 2 * HOUR, 3.0), block(NINE - HOUR, 6.0)])
    held.record_verdicts([Verdict("air", "pm2_5_hour", NINE, int(Mark.WITHDRAWN))])
    expected = [Point(NINE - 2 * HOUR, 3.0), Point(NINE - HOUR, 6.0), Point(NINE, 7.0, int(Mark.WITHDRAWN))]
    assert await ask(held) == expected
    held.record([block(NINE, 8.0)])
    assert (await ask(held))[-1] == Point(NINE, 8.0, int(Mark.WITHDRAWN)), "a verdict stays beside its reading"


async def test_what_another_process_writes_is_asked_each_time(island: Island):
    held = tails(island)
    await ask(held, sensor="far")
    await island.write("far", "daruba", "pm2_5_hour", {NINE: 5.0})
    assert await ask(held, sensor="far") == [Point(NINE, 5.0)]


async def test_what_may_have_been_written_is_read_again(island: Island):
    held = tails(island)
    await ask(held)
    await island.write("air", "daruba", "pm2_5_hour", {NINE: 5.0})
    held.forget({"air"})
    assert await ask(held) == [Point(NINE, 5.0)]


async def test_what_is_written_while_a_series_is_read_is_not_lost(island: Island):
    held, whole = tails(island), island.store.histories

    async def and_then_written(ranges):
        found = await whole(ranges)
        await island.write("air", "daruba", "pm2_5_hour", {NINE: 5.0})
        held.record([block(NINE, 5.0)])
        return found

    island.store.histories = and_then_written
    await ask(held)
    island.store.histories = whole
    assert await ask(held) == [Point(NINE, 5.0)]


async def test_series_over_the_bound_are_dropped(island: Island, monkeypatch):
    monkeypatch.setattr(stored_tails, "MOST_POINTS", 0)
    held = tails(island)
    await island.write("air", "daruba", "pm2_5_hour", {NINE: 5.0})
    await ask(held)
    held.bound()
    assert held.held("air", "pm2_5_hour", NINE, NINE + HOUR) is None
