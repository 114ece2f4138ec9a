from cloud.console.snapshots import Snapshots
from cloud.console.view_models.sites import domains_of, sites_of, state_of
from cloud.console.view_models.snapshot import Snapshot
from cloud.core.health import Component, Condition
from cloud.gateways.freshness import Freshness
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Clock, Reading, Status

EN, ID = catalog_of("en"), catalog_of("id")


async def snapshot_of(city: Morotai) -> Snapshot:
    return await Snapshots(city.platform).current()


async def test_a_card_shows_each_sensor_with_its_readings_in_the_order_of_the_registry(city: Morotai):
    now = now_ms()
    await city.send(
        "gw-daruba",
        [Reading("river", "distance", now - 400, 317.6), Reading("river", "water_level", now - 400, 132.4)],
    )

    daruba = sites_of(EN, await snapshot_of(city))[0]
    river, air = daruba.sensors
    assert [(figure.name, figure.value, figure.unit) for figure in river.figures] == [
        ("Water level", "132.4", "cm"),
        ("Distance to surface", "317.6", "cm"),
    ]
    assert river.freshness is Freshness.FRESH
    assert (air.age, air.freshness, air.figures) == ("no reading yet", Freshness.NEVER, ())
    assert daruba.freshness is Freshness.FRESH


async def test_a_reading_older_than_its_sensor_promises_shows_its_own_age(city: Morotai):
    now = now_ms()
    await city.send("gw-daruba", [Reading("air", "pm2_5", now - 120_000, 12.4)])
    await city.send("gw-daruba", [Reading("air", "temperature", now, 28.1)])

    air = sites_of(EN, await snapshot_of(city))[0].sensors[1]
    particles, warmth = air.figures
    assert (particles.freshness, particles.age) == (Freshness.SILENT, "2 min ago")
    assert (warmth.freshness, warmth.age) == (Freshness.FRESH, "")
    assert air.freshness is Freshness.FRESH, "the sensor itself still speaks"


async def test_a_distance_alone_makes_a_level_by_the_registrys_height(city: Morotai):
    now = now_ms()
    await city.send("gw-daruba", [Reading("river", "water_level", now - 120_000, 132.4)])
    await city.send("gw-daruba", [Reading("river", "distance", now, 317.6)])

    level, distance = sites_of(EN, await snapshot_of(city))[0].sensors[0].figures
    assert (level.freshness, level.value) == (Freshness.FRESH, "132.4")
    assert distance.freshness is Freshness.FRESH


async def test_marks_are_badges_that_say_what_they_mean(city: Morotai):
    await city.send("gw-daruba", [Reading("ferry", "people_in", now_ms(), 4.0, Clock.ESTIMATED, backfill=True)])

    ferry = sites_of(ID, await snapshot_of(city))[1].sensors[0]
    assert [badge for badge, _ in ferry.figures[0].badges] == ["dikirim susulan", "waktu perkiraan"]
    assert all(len(meaning) > 20 for _, meaning in ferry.figures[0].badges)


async def test_the_strip_counts_silent_sensors_of_each_domain(city: Morotai):
    now = now_ms()
    await city.send(
        "gw-daruba", [Reading("river", "water_level", now - 3_600_000, 1.0), Reading("air", "pm2_5", now, 1.0)]
    )

    flood, air, footfall = domains_of(EN, await snapshot_of(city))
    assert (flood.silent, flood.oldest, flood.freshness) == ("1 of 1 silent", "1 h ago", Freshness.SILENT)
    assert (air.silent, air.freshness) == ("all on time", Freshness.FRESH)
    assert (footfall.newest, footfall.silent, footfall.freshness) == (
        "–",
        "no reading yet",
        Freshness.NEVER,
    )
    assert flood.per_minute == "–", "a rate cannot be known at first sight"


async def test_the_state_of_the_whole_says_the_worst_first(city: Morotai):
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms() - 3_600_000, 1.0)])
    city.say(Status(1, online=False, gateway="gw-east", version="", boot="", stream="", time_ms=now_ms()))

    snapshot = await snapshot_of(city)
    state = state_of(EN, snapshot, sites_of(EN, snapshot))
    assert (state.level, state.text) == ("warn", "1 sensor silent · 1 gateway offline")


async def test_a_cloud_that_is_down_outweighs_all_else(city: Morotai):
    city.broker = Component(Condition.DOWN, "broker refused the connection")

    snapshot = await snapshot_of(city)
    state = state_of(EN, snapshot, sites_of(EN, snapshot))
    assert (state.level, state.text, state.detail) == ("bad", "Not working", "broker refused the connection")


async def test_all_well_is_said_in_so_many_words(city: Morotai):
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 1.0)])

    snapshot = await snapshot_of(city)
    assert state_of(ID, snapshot, sites_of(ID, snapshot)).text == "Semua data masuk"


async def test_a_city_in_which_nothing_was_ever_measured_is_not_called_well(city: Morotai):
    assert city.newest.latest() == []

    snapshot = await snapshot_of(city)
    state = state_of(EN, snapshot, sites_of(EN, snapshot))
    assert (state.level, state.text) == ("idle", "Waiting for the first reading")
