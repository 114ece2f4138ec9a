"""Levels made again of their distances."""

from tests.unit.cloud.derived.examples import ANI, Yard, hourly


async def test_a_corrected_height_makes_the_levels_again_from_its_validity_on_and_leaves_those_before(yard: Yard):
    await yard.send(*hourly("river", "distance", 100, 110, 120, 130))
    await yard.record("sensor:river", "mounting_height_cm", 420, hour=2)
    assert await yard.stored("river", "water_level") == {0: 350, 1: 340, 2: 330, 3: 320}
    await yard.corrections.compute()
    assert await yard.stored("river", "water_level") == {0: 350, 1: 340, 2: 300, 3: 290}
    assert ("river", "water_level") in yard.moved
    newest = yard.workshop.newest.series("river", "water_level")
    assert newest is not None
    assert newest.value == 290
    assert yard.facts.registry.facts.due() == []


async def test_undoing_gives_the_levels_of_before(yard: Yard):
    await yard.send(*hourly("river", "distance", 100, 110))
    number = await yard.record("sensor:river", "mounting_height_cm", 420, hour=1)
    await yard.corrections.compute()
    await yard.facts.undo(number, actor=ANI, reason="x")
    await yard.corrections.compute()
    assert await yard.stored("river", "water_level") == {0: 350, 1: 340}


async def test_a_calibrated_distance_moves_its_level_and_a_level_without_distance_is_converted(yard: Yard):
    await yard.send(*hourly("river", "distance", 100, 100))
    await yard.send(*hourly("probe", "water_level", 80, 80))
    await yard.record("sensor:river", "calibration.distance", {"scale": 1.0, "offset": 5.0}, hour=1)
    await yard.record("sensor:river", "calibration.water_level", {"scale": 1.0, "offset": 1.0}, hour=1)
    await yard.record("sensor:probe", "calibration.water_level", {"scale": 1.0, "offset": 7.0}, hour=1)
    await yard.corrections.compute()
    assert await yard.stored("river", "distance") == {0: 100, 1: 105}
    assert await yard.stored("river", "water_level") == {0: 350, 1: 346}
    assert await yard.stored("probe", "water_level") == {0: 80, 1: 87}
