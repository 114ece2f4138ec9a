"""What a start leaves out of its look back: hours of sites that have said nothing for so long that nothing follows."""

from typing import Any

import pytest

from cloud.derived.recompute_queue import Hours
from cloud.derived.silence import PEOPLE_REACH_MS, REACHES_MS, measured, not_silent
from cloud.derived.site_sensors import SiteSensors
from cloud.readings.contract import LATEST_MS, StoredReading, StoreUnavailable
from cloud.registry.snapshot import Registry
from tests.own_quantities import TABLE
from tests.unit.cloud.derived.examples import DAY, HOUR, MINUTE, NINE, Island, every

LAST = NINE // HOUR
HOURS: Hours = {
    (sensor, quantity): frozenset(range(LAST - 48, LAST))
    for sensor, quantity in (("air", "pm2_5"), ("river", "water_level"), ("gate", "people_in"))
}


def kept(registry: Registry, **said_ms: int) -> dict[str, int]:
    """How many hours of each sensor are looked back on, where some said something last at some time."""
    newest = [StoredReading("", sensor, "gw", "pm2_5", time_ms, 1.0, 0) for sensor, time_ms in said_ms.items()]
    found = not_silent(HOURS, registry.sites(), SiteSensors(registry), newest)
    return {sensor: len(hours) for (sensor, _), hours in found.items() if hours}


def test_where_nothing_was_ever_stored_nothing_is_looked_back_on(island: Island):
    assert kept(island.registry) == {}


def test_whatever_one_sensor_said_all_of_its_site_are_looked_back_on(island: Island):
    assert kept(island.registry, gas=NINE - 30 * HOUR) == {"air": 48, "river": 48}
    assert kept(island.registry, pier=NINE - DAY) == {"gate": 48}


@pytest.mark.parametrize(("sensor", "reach_ms"), [("air", REACHES_MS), ("gate", PEOPLE_REACH_MS)])
def test_hours_that_no_reading_reaches_are_left_out(island: Island, sensor: str, reach_ms: int):
    half = kept(island.registry, **{sensor: (LAST - 24) * HOUR - reach_ms - 1_800_000 - 1})
    assert half[sensor] in (23, 24)
    assert sensor not in kept(island.registry, **{sensor: (LAST - 52) * HOUR - reach_ms - DAY})


def test_distances_and_what_the_city_added_are_measured_too():
    assert {"distance", "pm2_5", "people_out", *TABLE.own} <= measured(TABLE)


async def asked(island: Island, now_ms: int = NINE) -> int:
    """How many ranges of the store a start takes."""
    ranges, whole = 0, island.store.histories

    async def counted(questions):
        nonlocal ranges
        ranges += len(questions)
        return await whole(questions)

    island.store.histories = counted
    await island.derivations.compute(now_ms)
    island.store.histories = whole
    return ranges


async def test_a_start_of_a_silent_city_asks_for_no_history(island: Island):
    island.derivations.look_back(NINE)
    assert await asked(island) == 0
    assert "indices: 100 % of the last two days" in island.derivations.component().detail


async def test_one_reading_before_the_present_is_looked_back_on(island: Island):
    await island.store_readings("gas", "no2", every(HOUR, NINE - 5 * HOUR, NINE - 4 * HOUR, 20.0), note=False)
    island.derivations.look_back(NINE)
    assert await asked(island) > 0
    assert NINE - 4 * HOUR in await island.series("gas", "no2_hour_completeness")


async def test_of_a_city_that_spoke_in_this_hour_for_the_first_time_only_this_hour_is_looked_at(island: Island):
    await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + 20 * MINUTE, 2.0), note=False)
    await island.store_readings("air", "pm2_5", every(MINUTE, NINE, NINE + 20 * MINUTE, 20.0), note=False)
    island.derivations.look_back(NINE + 20 * MINUTE)
    ranges = await asked(island, NINE + 20 * MINUTE)
    assert (await island.series("dodola", "visitors_present"))[NINE + 20 * MINUTE] == 40
    assert ranges < 60


async def test_a_store_that_does_not_say_is_looked_through_as_a_whole(island: Island):
    async def unavailable(**_asked: object) -> list[StoredReading]:
        raise StoreUnavailable("no answer")

    await island.store_readings("air", "pm2_5", every(600_000, NINE - HOUR, NINE, 20.0), note=False)
    island.store.newest = unavailable
    island.derivations.look_back(NINE)
    assert await asked(island) > 1_000
    assert "100 %" in island.derivations.component().detail
    assert list(await island.series("air", "pm2_5_hour")) == [NINE]


async def test_a_start_asks_once_of_the_hour_under_way_and_once_of_those_before_it(island: Island):
    until_ms: list[int] = []
    whole = island.store.newest

    async def counted(**asked: Any) -> list[StoredReading]:
        until_ms.append(asked["until_ms"])
        return await whole(**asked)

    island.store.newest = counted
    island.derivations.look_back(NINE)
    for now_ms in (NINE, NINE + HOUR):
        await island.derivations.compute(now_ms)
    assert sorted(until_ms) == [NINE - 1, LATEST_MS]
