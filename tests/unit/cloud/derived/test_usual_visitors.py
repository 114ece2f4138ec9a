"""The usual visitors of an hour on a real store: of the weeks before, after a restart, and of weeks that come late."""

import pytest

from tests.unit.cloud.derived.examples import HOUR, MIDNIGHT, MINUTE, NINE, Island, every, ms
from wire.durations import DAY_MS

WEEK = 7 * DAY_MS
CLOSED = ms("2026-11-23T18:00:00+09:00")
"""When the place of this day's visitors last closed."""


async def a_week_ago(island: Island, weeks: int, people: int) -> None:
    """The same day so many weeks ago: counters heard all day at each door, and `people` who came in before nine."""
    first, end = CLOSED - weeks * WEEK, NINE + 2 * HOUR - weeks * WEEK
    for door in ("gate", "pier"):
        await island.store_readings(door, "people_in", every(MINUTE, first, end, 0))
    await island.store_readings("gate", "people_in", {NINE - HOUR - weeks * WEEK: people})
    await island.derivations.compute(NINE - weeks * WEEK + 3 * HOUR)


async def now(island: Island) -> None:
    await island.store_readings("pier", "people_in", {NINE + MINUTE: 1})
    await island.derivations.compute(NINE + 3 * MINUTE)


async def test_the_usual_is_the_median_of_the_same_hour_of_the_weeks_before(island: Island):
    for weeks, people in ((4, 38), (3, 41), (2, 207), (1, 44)):
        await a_week_ago(island, weeks, people)
    await now(island)
    found = {
        name: (await island.series("dodola", name))[NINE]
        for name in ("visitors_usual", "visitors_usual_low", "visitors_usual_high", "visitors_usual_weeks")
    }
    assert found["visitors_usual"] == pytest.approx(42.5)
    assert found["visitors_usual_weeks"] == 4
    assert found["visitors_usual_low"] < found["visitors_usual"] < found["visitors_usual_high"] < 207
    assert island.newest.series("dodola", "visitors_usual").time_ms == NINE


async def test_a_place_that_fills_in_the_course_of_an_hour_is_compared_with_the_same_minutes(island: Island):
    for weeks in (4, 3, 2, 1):
        await a_week_ago(island, weeks, 10)
        await island.store_readings("gate", "people_in", {NINE + 20 * MINUTE - weeks * WEEK: 50})
        await island.derivations.compute(NINE - weeks * WEEK + 3 * HOUR)
    await now(island)
    latest = max(await island.series("dodola", "visitors_usual"))
    assert latest == NINE, "no part of the hour that is still to come"
    await island.store_readings("pier", "people_in", {NINE + 31 * MINUTE: 1})
    await island.derivations.compute(NINE + 32 * MINUTE)
    usual = await island.series("dodola", "visitors_usual")
    assert [usual[NINE + minute * MINUTE] for minute in (0, 10, 20, 30)] == [10, 10, 60, 60]


async def test_two_weeks_are_no_usual(island: Island):
    for weeks in (2, 1):
        await a_week_ago(island, weeks, 40)
    await now(island)
    assert NINE not in await island.series("dodola", "visitors_usual")


async def test_a_week_in_which_the_counters_were_hardly_heard_counts_for_nothing(island: Island):
    for weeks in (4, 3, 2):
        await a_week_ago(island, weeks, 40)
    await island.store_readings("gate", "people_in", every(MINUTE, NINE - WEEK, NINE + HOUR - WEEK, 9))
    await now(island)
    assert (await island.series("dodola", "visitors_usual_weeks"))[NINE] == 3
    assert (await island.series("dodola", "visitors_usual"))[NINE] == 40


async def test_a_week_that_comes_late_changes_what_is_usual_now_and_after_a_restart(island: Island):
    for weeks in (4, 3, 2):
        await a_week_ago(island, weeks, 40)
    await now(island)
    island.start()
    await a_week_ago(island, 1, 80)
    await island.derivations.compute(NINE + 4 * MINUTE)
    assert (await island.series("dodola", "visitors_usual_weeks"))[NINE] == 3, "of a week ago nothing was due yet"
    await island.store_readings("gate", "people_in", {NINE - HOUR - WEEK: 80})
    await island.derivations.compute(NINE + 5 * MINUTE)
    assert (await island.series("dodola", "visitors_usual_weeks"))[NINE] == 4


async def test_a_late_count_changes_what_is_usual_of_the_hour_under_way(island: Island):
    for weeks in (4, 3, 2, 1):
        await a_week_ago(island, weeks, 40)
    await now(island)
    await island.store_readings("pier", "people_in", {NINE + 2 * MINUTE - WEEK: 20})
    await island.derivations.compute(NINE + 4 * MINUTE)
    # of the week before eight of the ten minutes have 60: quartiles of 40, 40, 40, 56
    assert (await island.series("dodola", "visitors_usual_high"))[NINE] == pytest.approx(44)


async def test_an_hour_is_asked_of_the_store_once(island: Island):
    for weeks in (4, 3, 2):
        await a_week_ago(island, weeks, 40)
    await now(island)
    asked: list[int] = []
    whole = island.store.histories

    async def counted(ranges):
        asked.extend(each.start_ms for each in ranges)
        return await whole(ranges)

    island.store.histories = counted
    await now(island)
    assert min(asked) > MIDNIGHT - WEEK, "no week before is read again"
