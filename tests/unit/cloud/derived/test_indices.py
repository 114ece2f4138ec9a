"""Indices as people are told them: with their doubts, and by which version of a table."""

from cloud.derived.indices import Indices
from rules.ispu import KLH_2026, P14_2020
from rules.marks import Mark
from rules.siaga import GaugeLimits, Limit
from tests.unit.cloud.derived.examples import ANI, NINE, START, House, Island


async def test_a_doubted_level_is_shown_with_its_doubt_and_not_left_out(island: Island):
    await island.store_readings("river", "water_level", {NINE: 330.0}, marks=int(Mark.SPIKE))
    island.newest.load(await island.store.newest())
    limits = GaugeLimits(Limit(150), Limit(250), Limit(320))
    found = Indices(island.registry, island.newest, gauges=lambda _: limits).of_site("daruba")
    (siaga,) = [one for one in found if one.index == "siaga"]
    assert (siaga.value, siaga.doubts) == (1, ("spike",))


async def test_the_screen_tells_the_official_one_by_its_source_and_the_others_beside_it(house: House):
    indices = Indices(house.workshop.registry, house.workshop.newest, gauges=lambda _sensor: None)
    found = {index.index: index for index in indices.of_site("daruba")}
    assert (found["ispu"].source, found["ispu"].value) == (P14_2020.source, 99)
    assert (found["ispu_klh_2026"].source, found["ispu_klh_2026"].value) == (KLH_2026.source, 100)
    assert found["ispu_klh_2026"].critical == "pm10"
    assert {part.parameter: part.value for part in found["ispu_klh_2026"].parts} == {"pm10": 100, "pm2_5": 100}
    assert found["ispu_klh_2026"].completeness == found["ispu"].completeness == 100
    assert found["ispu_klh_2026"].category.indonesian == "Sedang"
    await house.facts.record("city", "ispu_table", "klh_2026", actor=ANI, reason="x", valid_from_ms=START)
    await house.compute()
    (official,) = [index for index in indices.of_site("daruba") if index.index == "ispu"]
    assert (official.source, official.value, official.critical) == (KLH_2026.source, 100, "pm10")
