"""Derived series on a real store: after a restart, in any order, and where the store or the rules fail."""

import asyncio
import math
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cloud.core.health import Condition
from cloud.derived.progress import BEHIND_S
from cloud.derived.service import PASS_S, Derivations
from cloud.readings.contract import Point, SeriesRange, StoreUnavailable
from rules import ispu
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, Island, every


async def test_a_restart_computes_what_the_last_run_missed_and_writes_nothing_twice(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 30 * HOUR, NINE, 20.0), note=False)
    await island.store_readings("pier", "people_in", every(MINUTE, NINE - HOUR, NINE, 1), note=False)
    island.derivations.look_back(NINE)
    await island.derivations.compute(NINE)
    assert (await island.series("daruba", "ispu"))[NINE] == ispu.sub_index("pm2_5", 20.0).index
    assert (await island.series("dodola", "visitors_present"))[NINE] == 60

    island.told.clear()
    island.start()
    island.derivations.look_back(NINE)
    await island.derivations.compute(NINE)
    assert island.told == []


async def test_a_start_computes_the_present_hour_before_the_past_and_tells_how_far_it_is(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 30 * HOUR, NINE, 20.0), note=False)
    derivations = island.derivations
    derivations.look_back(NINE)
    assert "indices: 0 % of the last two days, present hour not computed yet" in derivations.component().detail
    await derivations.compute_present(NINE)
    assert sorted(await island.series("air", "pm2_5_hour")) == [NINE - HOUR, NINE]
    assert "indices: 0 % of the last two days, present hour up to date" in derivations.component().detail
    assert not await derivations.compute_past(NINE, until_s=0)
    assert len(await island.series("air", "pm2_5_hour")) == 2, "the next pass of the present is due"
    assert await derivations.compute_past(NINE)
    assert len(await island.series("air", "pm2_5_hour")) == 30
    assert "indices: 100 % of the last two days, present hour up to date" in derivations.component().detail


async def test_a_present_hour_that_lags_is_a_degraded_part(island: Island):
    assert island.derivations.component().status is Condition.OK
    island.derivations._progress._clock = lambda: time.monotonic() + BEHIND_S
    assert island.derivations.component().status is Condition.DEGRADED


async def test_what_a_start_looks_back_on_waits_with_the_store(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 30 * HOUR, NINE, 20.0), note=False)
    island.derivations.look_back(NINE)
    whole, island.store.histories = island.store.histories, unavailable
    await island.derivations.compute(NINE)
    assert "no answer; indices wait" in island.derivations.component().detail
    island.store.histories = whole
    await island.derivations.compute(NINE + 15_000)
    assert len(await island.series("air", "pm2_5_hour")) == 30


SERIES = (
    ("air", "pm2_5_hour"), ("air", "pm2_5_day"), ("air", "ispu_pm2_5"), ("air", "ispu_pm2_5_completeness"),
    ("daruba", "ispu"), ("daruba", "us_aqi"), ("rain", "rain_hour"), ("rain", "rain_day"),
    ("dodola", "visitors_present"), ("dodola", "visitors_day"), ("dodola", "capacity_used"),
    ("dodola", "visitors_completeness"),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_in_whatever_order_readings_come_the_series_are_the_same(tmp_path, seed):
    chance = random.Random(seed)
    air = {time_ms: chance.uniform(5, 90) for time_ms in range(NINE - 30 * HOUR, NINE + 6 * HOUR, 600_000)}
    rain = dict.fromkeys(range(NINE - 30 * HOUR, NINE + 6 * HOUR, 600_000), 0.2)
    came = {time_ms: float(chance.randrange(4)) for time_ms in range(NINE - 5 * HOUR, NINE + 6 * HOUR, MINUTE)}
    went = {time_ms: float(chance.randrange(4)) for time_ms in came}
    now = NINE + 6 * HOUR
    pieces = [
        (sensor, quantity, dict(list(points.items())[first : first + 37]))
        for sensor, quantity, points in (
            ("air", "pm2_5", air), ("rain", "rainfall", rain),
            ("gate", "people_in", came), ("gate", "people_out", went),
        )
        for first in range(0, len(points), 37)
    ]  # fmt: skip

    async def told_in(order: list[int], folder: Path, *, each: bool) -> dict[tuple[str, str], dict[int, float]]:
        async with Island(folder) as island:
            for number in order:
                await island.store_readings(*pieces[number])
                if each and number % 5 == 0:
                    await island.derivations.compute(now)
            await island.derivations.compute(now)
            return {name: await island.series(*name) for name in SERIES}

    async def told_over_restarts(order: list[int], folder: Path) -> dict[tuple[str, str], dict[int, float]]:
        """The process is killed now and then: before it computed, within the past of its start, or after both."""
        async with Island(folder) as island:
            for number in order:
                await island.store_readings(*pieces[number])
                done = chance.randrange(12)
                if done < 3:
                    await island.derivations.compute_present(now)
                if done < 2:
                    await island.derivations.compute_past(now, until_s=chance.choice([0, math.inf]))
                if done < 1 or number == order[-1]:
                    island.start()
                    island.derivations.look_back(now)
            await island.derivations.compute(now)
            return {name: await island.series(*name) for name in SERIES}

    in_order = await told_in(list(range(len(pieces))), tmp_path / "ordered", each=False)
    shuffled = chance.sample(range(len(pieces)), len(pieces))
    out_of_order = await told_in(shuffled, tmp_path / "shuffled", each=True)
    assert all(in_order.values())
    assert out_of_order == in_order
    assert await told_over_restarts(shuffled, tmp_path / "killed") == in_order


async def test_what_the_store_could_not_give_is_computed_when_it_can(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 20.0))
    whole, island.store.histories = island.store.histories, unavailable
    await island.derivations.compute(NINE)
    assert "no answer; indices wait" in island.derivations.component().detail
    island.store.histories = whole
    await island.derivations.compute(NINE + 15_000)
    assert "wait" not in island.derivations.component().detail
    assert (await island.series("daruba", "ispu"))[NINE] > 0


async def test_nothing_is_stored_that_the_rules_were_not_told_of(island: Island):
    island.rules_fail = True
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 20.0))
    await island.derivations.compute(NINE)
    assert await island.series("air", "pm2_5_hour") == {}
    assert "does not answer; indices wait" in island.derivations.component().detail
    island.rules_fail = False
    await island.derivations.compute(NINE + 15_000)
    told = {(block.sensor, name) for block in island.told for name, _ in block.fields}
    assert ("daruba", "ispu") in told
    assert (await island.series("daruba", "ispu"))[NINE] > 0


async def test_a_mistake_of_ours_stops_no_other_site_and_health_tells_of_it(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 2 * HOUR, NINE, 20.0))
    await island.store_readings("pier", "people_in", every(MINUTE, NINE - HOUR, NINE, 1))
    whole = island.store.histories

    async def broken(ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        if any(asked.sensor == "air" for asked in ranges):
            raise ZeroDivisionError
        return await whole(ranges)

    island.store.histories = broken
    await island.derivations.compute(NINE)
    health = island.derivations.component()
    assert health.status is Condition.DEGRADED
    assert "site daruba fail with ZeroDivisionError" in health.detail
    island.store.histories = whole
    assert (await island.series("dodola", "visitors_present"))[NINE] == 60


async def unavailable(*_args: object, **_more: object) -> Any:
    raise StoreUnavailable("the store gives no answer")


async def test_what_nothing_follows_from_is_not_noted(island: Island):
    for quantity in ("temperature", "ispu_pm2_5", "spool_depth"):
        island.derivations.on_series_changed("air", quantity, NINE, NINE)
    assert island.derivations.component().detail.endswith(": 0")


async def test_running_looks_back_and_then_pauses_between_passes(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - HOUR, NINE, 20.0), note=False)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if pauses.count(PASS_S) == 2:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Derivations(island.registry, island.store, island.newest, sleep=pause, clock=lambda: NINE).run()
    assert pauses[0] == pauses[-1] == PASS_S
    assert len(pauses) > 2  # between one series and the next it leaves the process to others
