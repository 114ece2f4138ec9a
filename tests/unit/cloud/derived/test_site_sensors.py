"""Which sensors stand, or once stood, at a site: what is computed of one that moved."""

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
