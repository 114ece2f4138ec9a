from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.console.snapshots import Snapshots
from cloud.console.view_models.gateways import MOST_SOURCES, REASONS, dead_letters_of, gateways_of
from cloud.console.view_models.snapshot import Snapshot
from cloud.core.reasons import Reason
from cloud.ingest.fleet_clock import WrongClock
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.batch import Lost

EN, ID = catalog_of("en"), catalog_of("id")
WIT = ZoneInfo("Asia/Jayapura")


async def snapshot_of(city: Morotai) -> Snapshot:
    return await Snapshots(city.platform).current()


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

    shown_river, shown_silent = gateways_of(ID, await snapshot_of(city))[1].sources
    assert (shown_river.counts, shown_river.refused_level) == (("1,2 MB", "88.102", "88.020", "12"), "warn")
    assert (shown_silent.counts, shown_silent.refused_level) == (("0 B", "0", "0", "0"), "ok")


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


@pytest.mark.parametrize(
    ("moved_ms", "said"), [(-480_000, "8 min wrong, corrected"), (0, "not known: rules may pass over its readings")]
)
async def test_a_gateway_shows_what_the_arrival_of_its_readings_says_of_its_clock(
    city: Morotai, moved_ms: int, said: str
):
    snapshot = msgspec.structs.replace(await snapshot_of(city), clocks={"gw-east": WrongClock(moved_ms, 0)})
    _daruba, east = gateways_of(EN, snapshot)
    assert (east.clock, east.clock_level) == (said, "bad")
