"""The rate of rise of a gauge on a real store: live, late, doubted, and after a restart."""

import pytest

from rules.marks import Mark
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, Island

HALF = 30 * MINUTE


def rising(first_ms: int, end_ms: int, *, cm_a_minute: float = 0.5) -> dict[int, float]:
    return {at: 100 + cm_a_minute * (at - NINE) / MINUTE for at in range(first_ms, end_ms, 10 * MINUTE)}


async def test_the_rate_stands_at_the_end_of_each_minute_that_was_read(island: Island):
    await island.store_readings("river", "water_level", rising(NINE, NINE + HOUR))
    await island.derivations.compute(NINE + HOUR)
    rates = await island.series("river", "rise_rate")
    # ten minutes between readings make a window of forty
    assert set(rates) == {NINE + 30 * MINUTE + MINUTE, NINE + 40 * MINUTE + MINUTE, NINE + 50 * MINUTE + MINUTE}
    assert list(rates.values()) == [pytest.approx(30)] * 3
    assert island.newest.series("river", "rise_rate").value == pytest.approx(30)


async def test_the_hour_under_way_has_its_rate_at_once(island: Island):
    await island.store_readings("river", "water_level", rising(NINE - HOUR, NINE + 21 * MINUTE))
    await island.derivations.compute(NINE + 21 * MINUTE + 5_000)
    assert NINE + 21 * MINUTE in await island.series("river", "rise_rate")


async def test_readings_that_come_late_change_the_rates_that_look_back_on_them(island: Island):
    levels = rising(NINE - HOUR, NINE + HOUR)
    gap = {at: cm for at, cm in levels.items() if not NINE <= at < NINE + 40 * MINUTE}
    await island.store_readings("river", "water_level", gap)
    await island.derivations.compute(NINE + HOUR)
    assert NINE + 21 * MINUTE not in await island.series("river", "rise_rate")
    late = {at: cm for at, cm in levels.items() if at not in gap}
    await island.store_readings("river", "water_level", late, marks=int(Mark.BACKFILL))
    await island.derivations.compute(NINE + HOUR + 15_000)
    rates = await island.series("river", "rise_rate")
    assert rates[NINE + 21 * MINUTE] == rates[NINE + 51 * MINUTE] == pytest.approx(30)


async def test_late_readings_change_the_rates_of_the_hour_after_them_too(island: Island):
    levels = rising(NINE - HOUR, NINE + HOUR)
    late = {at: cm for at, cm in levels.items() if NINE - 40 * MINUTE <= at < NINE}
    await island.store_readings("river", "water_level", {at: cm for at, cm in levels.items() if at not in late})
    await island.derivations.compute(NINE + 2 * HOUR)
    assert NINE + 11 * MINUTE not in await island.series("river", "rise_rate")
    await island.store_readings("river", "water_level", late, marks=int(Mark.BACKFILL))
    await island.derivations.compute(NINE + 2 * HOUR + 15_000)
    assert (await island.series("river", "rise_rate"))[NINE + 11 * MINUTE] == pytest.approx(30)


async def test_what_was_computed_of_readings_that_nobody_believes_is_withdrawn(island: Island):
    levels = rising(NINE, NINE + HOUR, cm_a_minute=6)
    await island.store_readings("river", "water_level", levels)
    await island.derivations.compute(NINE + HOUR)
    await island.give_verdicts("river", "water_level", levels, int(Mark.TWINS_DISAGREE))
    await island.derivations.compute(NINE + HOUR)
    assert set((await island.marks("river", "rise_rate")).values()) == {int(Mark.WITHDRAWN)}
    assert island.newest.series("river", "rise_rate").marks & Mark.WITHDRAWN


async def test_a_restart_computes_what_was_missed_and_writes_nothing_twice(island: Island):
    await island.store_readings("river", "water_level", rising(NINE - HOUR, NINE + HALF), note=False)
    island.derivations.look_back(NINE + HALF)
    await island.derivations.compute(NINE + HALF)
    assert await island.series("river", "rise_rate")
    island.told.clear()
    island.start()
    island.derivations.look_back(NINE + HALF)
    await island.derivations.compute(NINE + HALF)
    assert island.told == []
