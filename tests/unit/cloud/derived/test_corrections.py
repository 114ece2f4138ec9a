"""Which facts are computed for, and when."""

import pytest

from cloud.readings.contract import StoreUnavailable
from tests.unit.cloud.derived.examples import ANI, HOUR, Yard, hourly
from tests.unit.cloud.examples import T0


async def test_a_fact_that_begins_now_or_later_changes_nothing_that_is_stored(yard: Yard):
    await yard.send(*hourly("river", "distance", 100))
    await yard.record("sensor:river", "mounting_height_cm", 420, hour=11)
    assert yard.facts.registry.facts.due() == []
    await yard.corrections.compute()
    assert await yard.stored("river", "water_level") == {0: 350}


async def test_a_store_that_is_away_leaves_the_correction_due(yard: Yard):
    await yard.send(*hourly("air", "pm2_5", 10))
    await yard.record("sensor:air", "calibration.pm2_5", {"scale": 1.0, "offset": 0.0}, hour=0)
    yard.workshop.store.script = [StoreUnavailable("away")]
    with pytest.raises(StoreUnavailable):
        await yard.corrections.compute()
    assert len(yard.facts.registry.facts.due()) == 1
    await yard.facts.load()
    await yard.corrections.compute()
    assert await yard.stored("air", "pm2_5") == {0: 10}


async def test_readings_since_another_device_came_are_to_be_judged_again_and_nothing_else(yard: Yard):
    told: list[tuple[str, str, int, int]] = []
    yard.corrections.on_replaced = lambda *series: told.append(series)
    await yard.send(*hourly("river", "distance", *range(100, 110)))
    number = await yard.record("sensor:river", "device", {"serial": "B-03"}, hour=2)
    await yard.corrections.compute()
    assert {series[:2] for series in told} == {("river", "distance"), ("river", "water_level")}
    assert {(first - T0, last - T0) for _, _, first, last in told} == {(2 * HOUR, 8 * HOUR)}
    assert yard.moved == set(), "no value is another because of it"
    assert yard.facts.registry.facts.due() == []
    await yard.facts.undo(number, actor=ANI, reason="it was the same one")
    await yard.corrections.compute()
    assert len(told) == 4
