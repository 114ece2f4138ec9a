"""Which facts are computed for, and when."""

import pytest

from cloud.readings.contract import StoreUnavailable
from tests.unit.cloud.derived.examples import Yard, hourly


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
