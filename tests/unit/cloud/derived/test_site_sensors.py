"""Which sensors stand, or once stood, at a site: what is computed of one that moved."""

import pytest

from tests.unit.cloud.derived.examples import ANI, HOUR, NOW, START, House


async def test_after_a_move_each_site_has_the_hours_that_were_its_own_and_no_point_stands_under_two_tags(house: House):
    before = {hour: await house.at("daruba", "ispu", hour) for hour in (24, 36)}
    await house.facts.record("sensor:air", "site", "pier", actor=ANI, reason="moved", valid_from_ms=START + 24 * HOUR)
    for quantity in ("pm2_5", "pm10"):
        house.derivations.on_series_changed("air", quantity, START, NOW)
    await house.compute()
    assert await house.at("daruba", "ispu", 24) == before[24] == 99
    assert [await house.at("pier", "ispu", hour) for hour in (24, 36, 48)] == [None, None, 99]
    tags = {reading.site for reading in await house.workshop.store.newest() if reading.sensor == "air"}
    assert tags == {"daruba"}, "what was believed at the time of each point"


async def test_the_indices_of_a_sensor_are_those_of_the_site_where_it_stood_then(house: House):
    for site, hour in (("pier", -24), ("daruba", 24)):
        since = START + hour * HOUR
        await house.facts.record("sensor:air", "site", site, actor=ANI, reason="moved", valid_from_ms=since)
    for quantity in ("pm2_5", "pm10"):
        house.derivations.on_series_changed("air", quantity, START, NOW)
    await house.compute()
    shares = [await house.at("air", "ispu_pm2_5_completeness", hour) for hour in (24, 30)]
    assert shares == [100, pytest.approx(25)], "of the six hours at daruba alone, though pier is computed after it"


async def test_sites_that_share_a_sensor_are_computed_one_after_the_other(house: House):
    sites, sensors = house.workshop.registry.sites(), house.derivations._sensors
    assert [[site.id for site in group] for group in sensors.apart(sites, 16)] == [["daruba", "pier"]]
    assert [[site.id for site in group] for group in sensors.apart(sites, 1)] == [["daruba"], ["pier"]]
    await house.facts.record("sensor:air", "site", "pier", actor=ANI, reason="moved", valid_from_ms=START + 24 * HOUR)
    assert [[site.id for site in group] for group in sensors.apart(sites, 16)] == [["daruba"], ["pier"]]
