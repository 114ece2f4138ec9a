import asyncio
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.console.snapshots import Rates, Snapshots
from cloud.console.view_models.gateways import MOST_SOURCES, REASONS, dead_letters_of, gateways_of
from cloud.console.view_models.sites import domains_of, sites_of, state_of
from cloud.console.view_models.snapshot import Snapshot
from cloud.core.health import Component, Condition
from cloud.core.reasons import Reason
from cloud.gateways.freshness import Freshness
from cloud.ingest.fleet_clock import WrongClock
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Clock, Domain, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.batch import Lost

EN, ID = catalog_of("en"), catalog_of("id")
WIT = ZoneInfo("Asia/Jayapura")


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


async def test_a_gateway_shows_its_queue_its_losses_and_its_sources(city: Morotai):
    now = now_ms()
    await city.send("gw-east", [Reading("air-east", "pm2_5", now, 1.0)], lost=[Lost("1" * 16, 1, 240, "spool full")])
    source = SourceState(name="air", state=SourceStatus.FAILED, detail="/dev/ttyUSB7 does not exist", readings=1_204)
    spool = SpoolState(depth=1_204, oldest_ms=now - 180_000)
    city.say(
        Status(1, online=True, gateway="gw-east", version="0.1.0", boot="b", stream="s", time_ms=now - 4_000,
               clock=Clock.UNKNOWN, spool=spool, sources=(source,))
    )  # fmt: skip

    daruba, east = gateways_of(EN, await snapshot_of(city))
    assert (daruba.state, daruba.level, daruba.heard, daruba.waiting) == ("not heard yet", "idle", "never", "–")
    assert (east.state, east.clock, east.clock_level) == ("online", "unconfirmed", "warn")
    assert (east.waiting, east.oldest, east.heard) == ("1,204", "oldest 3 min ago", "4 s ago")
    assert (east.received, east.lost, east.lost_level, east.missing) == ("1", "240", "bad", "0")
    assert (east.sources[0].state, east.sources[0].level) == ("not reachable", "bad")
    assert (east.sources[0].counts, east.sources[0].refused_level) == (("–", "–", "1,204", "–"), "ok"), "an old agent"
    assert (east.notes, daruba.notes, east.more_sources) == ((), (), "")


def status_of(gateway: str, **said: object) -> Status:
    """What a gateway says now, besides that it lives."""
    plain = Status(1, online=True, gateway=gateway, version="0.1.0", boot="b", stream="s", time_ms=now_ms())
    return msgspec.structs.replace(plain, **said)


async def test_a_gateway_shows_all_that_somebody_should_look_at(city: Morotai):
    for boot in ("one", "two", "one"):
        spool = SpoolState(problem="the disk is full")
        city.say(status_of("gw-east", boot=boot, spool=spool, notes=("the clock is not confirmed", "small batches")))

    daruba, east = gateways_of(ID, await snapshot_of(city))
    assert daruba.notes == ()
    assert east.notes[0].startswith("Dua agen tersambung")
    assert east.notes[1:] == ("the disk is full", "the clock is not confirmed", "small batches")


async def test_what_came_what_was_made_of_it_and_what_was_refused_are_four_numbers(city: Morotai):
    river = SourceState(
        "river", SourceStatus.OK, "the cloud refuses readings of pier", 88_020, 137,
        heard_bytes=1_204_331, frames=88_102, refused=12,
    )  # fmt: skip
    silent = SourceState("plugs", SourceStatus.SILENT, "nothing heard for 60 s")
    city.say(status_of("gw-east", sources=(river, silent)))

    river, silent = gateways_of(ID, await snapshot_of(city))[1].sources
    assert (river.counts, river.refused_level) == (("1,2 MB", "88.102", "88.020", "12"), "warn")
    assert (silent.counts, silent.refused_level) == (("0 B", "0", "0", "0"), "ok")


async def test_of_too_many_sources_the_worst_are_shown_and_the_others_counted(city: Morotai):
    good = [SourceState(f"s{n}", SourceStatus.OK) for n in range(MOST_SOURCES + 2)]
    city.say(status_of("gw-east", sources=(*good, SourceState("broken", SourceStatus.FAILED))))

    east = gateways_of(EN, await snapshot_of(city))[1]
    assert [source.name for source in east.sources] == ["broken", *(f"s{n}" for n in range(MOST_SOURCES - 1))]
    assert east.more_sources.startswith("3 more sources are not shown")


async def test_the_sentences_of_a_gateway_name_no_sensor_of_a_site_that_is_not_seen(city: Morotai):
    source = SourceState("mqtt", SourceStatus.OK, "ferry and ferry-2: the cloud refuses readings of ferry")
    city.say(status_of("gw-daruba", notes=("the cloud refuses readings of ferry, river",), sources=(source,)))

    snapshot = await snapshot_of(city)
    whole, part = (gateways_of(EN, snapshot.of_sites(sites))[0] for sites in (None, frozenset({"daruba"})))
    assert whole.notes == ("the cloud refuses readings of ferry, river",)
    assert part.notes == ("the cloud refuses readings of …, river",)
    assert part.sources[0].detail == "… and ferry-2: the cloud refuses readings of …"


async def test_a_refused_reading_shows_its_sentence_and_when_it_was_first_refused(city: Morotai):
    await city.send("gw-east", [Reading("air-pier", "pm2_5", now_ms(), 1.0)])

    snapshot = await snapshot_of(city)
    dead_letter = dead_letters_of(ID, snapshot, WIT)[0]
    assert snapshot.open_dead_letters == 1
    assert (dead_letter.gateway, dead_letter.reason, dead_letter.count, dead_letter.outcome) == (
        "gw-east",
        "sensor tidak dikenal",
        "1",
        "",
    )
    assert "air-pier" in dead_letter.sentence
    assert dead_letter.time.endswith(" WIT")


def test_every_reason_of_ingest_has_a_word_for_people():
    assert set(REASONS) == set(Reason)


async def test_many_screens_share_one_snapshot_of_a_tick(city: Morotai):
    asked = []
    page = city.dead_letters.page

    async def counted(**narrow: int) -> object:
        asked.append(narrow)
        return await page(**narrow)

    city.dead_letters.page = counted  # type: ignore[method-assign,assignment]
    snapshots = Snapshots(city.platform)
    seen = await asyncio.gather(*(snapshots.current() for _ in range(50)))
    assert len(asked) == 1
    assert len({id(snapshot) for snapshot in seen}) == 1


async def test_the_page_lives_on_when_the_registry_database_does_not(city: Morotai):
    await city.database.run(lambda connection: connection.exec_driver_sql("DROP TABLE dead_letters"))
    assert (await Snapshots(city.platform).current()).dead_letters == ()


def test_rates_are_those_of_the_last_minute():
    rates = Rates()
    assert rates.after(0, {Domain.AIR: 100}) == {}
    assert rates.after(10_000, {Domain.AIR: 200}) == {Domain.AIR: 600.0}
    for second in range(20, 200, 10):
        latest = rates.after(second * 1_000, {Domain.AIR: 200})
    assert latest == {Domain.AIR: 0.0}
    assert rates.after(200_000, {Domain.AIR: 50}) == {Domain.AIR: 0.0}, "counters of a new start do not count backwards"


@pytest.mark.parametrize(
    ("moved_ms", "said"), [(-480_000, "8 min wrong, corrected"), (0, "not known: rules may pass over its readings")]
)
async def test_a_gateway_shows_what_the_arrival_of_its_readings_says_of_its_clock(
    city: Morotai, moved_ms: int, said: str
):
    snapshot = msgspec.structs.replace(await snapshot_of(city), clocks={"gw-east": WrongClock(moved_ms, 0)})
    _daruba, east = gateways_of(EN, snapshot)
    assert (east.clock, east.clock_level) == (said, "bad")
