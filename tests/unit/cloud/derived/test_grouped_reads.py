"""What is asked in one turn of the event loop reaches the store as one question."""

import asyncio
from collections.abc import Sequence

import pytest

from cloud.derived.grouped_reads import RANGES_AT_ONCE, GroupedReads
from cloud.derived.grouping import together
from cloud.readings.contract import Aggregate, Point, SeriesRange, StoreUnavailable
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, Island, every

Groups = list[list[str]]


def counted(island: Island, broken: frozenset[str] = frozenset(), error: type[Exception] = StoreUnavailable) -> Groups:
    """The sensors of each question that reaches the store, which always fails for those that are `broken`."""
    groups: Groups = []
    whole = island.store.histories

    async def histories(ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        groups.append([each.sensor for each in ranges])
        if broken & {each.sensor for each in ranges}:
            raise error("no answer")
        return await whole(ranges)

    island.store.histories = histories
    return groups


async def values(reads: GroupedReads, sensor: str) -> list[float]:
    points = await reads.history(sensor, "pm2_5", start_ms=NINE - HOUR, end_ms=NINE)
    return [point.value for point in points]


async def test_tasks_that_ask_in_one_turn_share_a_question_and_each_gets_its_own_answer(island: Island):
    for number, sensor in enumerate(("air", "air-2")):
        await island.store_readings(sensor, "pm2_5", {NINE - MINUTE: float(number)})
    groups, reads = counted(island), GroupedReads(island.store)

    async def twice(sensor: str) -> list[float]:
        return [*await values(reads, sensor), *await values(reads, sensor)]

    assert await together(map(twice, ("air", "air-2", "gas"))) == [[0, 0], [1, 1], []]
    assert groups == [["air", "air-2", "gas"]] * 2


async def test_no_question_has_more_ranges_than_an_answer_may_cost(island: Island):
    groups, reads = counted(island), GroupedReads(island.store)
    await together(values(reads, "air") for _ in range(2 * RANGES_AT_ONCE + 1))
    assert [len(group) for group in groups] == [RANGES_AT_ONCE, RANGES_AT_ONCE, 1]


@pytest.mark.parametrize("error", [StoreUnavailable, ZeroDivisionError])
async def test_a_range_that_always_fails_stops_no_other(island: Island, error: type[Exception]):
    await island.store_readings("air-2", "pm2_5", {NINE - MINUTE: 7.0})
    counted(island, broken=frozenset({"air"}), error=error)
    reads = GroupedReads(island.store)
    asked = [asyncio.create_task(values(reads, sensor)) for sensor in ("air-2", "air", "gas")]
    await asyncio.wait(asked)
    assert [type(task.exception()) for task in asked] == [type(None), error, type(None)]
    assert asked[0].result() == [7.0]


async def test_a_store_that_is_away_is_not_asked_for_each_range(island: Island):
    groups, reads = counted(island, broken=frozenset({"air", "gas"})), GroupedReads(island.store)
    asked = [asyncio.create_task(values(reads, sensor)) for sensor in ("air", "gas", "gas", "gas")]
    await asyncio.wait(asked)
    assert all(isinstance(task.exception(), StoreUnavailable) for task in asked)
    assert groups == [["air", "gas", "gas", "gas"], ["air"]]


async def test_one_who_no_longer_waits_disturbs_no_other(island: Island):
    await island.store_readings("air-2", "pm2_5", {NINE - MINUTE: 7.0})
    reads = GroupedReads(island.store)
    asked = [asyncio.create_task(values(reads, sensor)) for sensor in ("air", "air-2")]
    await asyncio.sleep(0)
    asked[0].cancel()
    assert await asked[1] == [7.0]


async def test_steps_are_summed_by_the_store_in_the_same_question(island: Island):
    await island.store_readings("pier", "people_in", every(MINUTE, NINE - HOUR, NINE, 2))
    groups, reads = counted(island), GroupedReads(island.store)
    hour = {"start_ms": NINE - HOUR, "end_ms": NINE, "every_ms": HOUR}
    found = await together(
        reads.history("pier", "people_in", agg=agg, **hour) for agg in (Aggregate.SUM, Aggregate.MAX)
    )
    assert [point.value for points in found for point in points] == [120, 2]
    assert groups == [["pier", "pier"]]
