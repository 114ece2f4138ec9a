import msgspec
import pytest
import pytest_asyncio

from cloud.console.pages.situation.site_map import marker_html
from cloud.console.snapshots import Snapshots
from cloud.console.view_models.colours import chip, ink_on, luminance
from cloud.console.view_models.conditions import conditions_of, worst_of
from cloud.console.view_models.sites import domains_of, sites_of
from cloud.console.view_models.snapshot import Snapshot
from i18n.catalog import catalog_of
from rules import ispu
from rules.colours import UNKNOWN
from rules.footfall import FULLNESS
from rules.marks import Mark
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading, an_alarm
from wire import Domain

EN, ID = catalog_of("en"), catalog_of("id")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def quiet(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A city in which nothing has happened yet, at noon."""
    async with Morotai(tmp_path_factory.mktemp("city")) as city:
        return msgspec.structs.replace(await Snapshots(city.platform).current(), now_ms=NOON_MS)


def snapshot_with(quiet: Snapshot, *readings, alarms=(), capacity: int | None = None) -> Snapshot:
    by_sensor: dict[str, tuple] = {}
    for reading in readings:
        by_sensor[reading.sensor] = (*by_sensor.get(reading.sensor, ()), reading)
    sites = tuple(msgspec.structs.replace(site, capacity=capacity) for site in quiet.sites)
    return msgspec.structs.replace(quiet, readings=by_sensor, alarms=tuple(alarms), sites=sites)


def told(snapshot: Snapshot, site: str = "daruba", words=EN) -> dict[str, tuple[str, str, int]]:
    found = conditions_of(words, snapshot)[site]
    return {one.domain: (one.chip.word, one.chip.colour, one.rank) for one in found}


def test_what_is_not_measured_has_no_state(quiet):
    assert told(quiet) == {}


def test_a_calm_river_is_normal_and_a_silent_one_is_not_known(quiet):
    assert told(snapshot_with(quiet, a_reading("river", "water_level", 90)))[Domain.FLOOD][0] == "Normal"
    silent = told(snapshot_with(quiet, a_reading("river", "water_level", 90, age_s=600)))
    assert silent[Domain.FLOOD] == ("no current reading", UNKNOWN, -1)


def test_a_place_whose_readings_are_refused_is_not_calm_and_what_is_known_to_be_bad_stays(quiet):
    calm = snapshot_with(quiet, a_reading("river", "water_level", 90))
    refused = msgspec.structs.replace(calm, refused=frozenset({("river", "water_level")}))
    assert told(refused)[Domain.FLOOD] == ("readings are refused", UNKNOWN, -1)
    assert told(refused, words=ID)[Domain.FLOOD][0] == "data ditolak"
    never = msgspec.structs.replace(quiet, refused=frozenset({("river", "distance"), ("air", "temperature")}))
    assert told(never) == {Domain.FLOOD: ("readings are refused", UNKNOWN, -1)}
    assert told(never, site="sangowo") == {}
    alarmed = msgspec.structs.replace(refused, alarms=(an_alarm(state="silent"),))
    assert told(alarmed)[Domain.FLOOD][2] > 0


def test_an_alarm_is_told_by_its_level_and_stays_when_the_sensor_drowns(quiet):
    drowned = snapshot_with(quiet, a_reading("river", "water_level", 90, age_s=600), alarms=[an_alarm(state="silent")])
    assert told(drowned)[Domain.FLOOD][0] == "Siaga 2"
    two = snapshot_with(quiet, alarms=[an_alarm(id=1, level=0), an_alarm(id=2, level=2)])
    assert told(two)[Domain.FLOOD][0] == "Siaga 1"


@pytest.mark.parametrize(
    ("index", "english", "indonesian", "colour"),
    [(50, "Good", "Baik", "Green"), (51, "Moderate", "Sedang", "Blue"), (200, "Unhealthy", "Tidak Sehat", "Yellow"),
     (201, "Very unhealthy", "Sangat Tidak Sehat", "Red"), (301, "Hazardous", "Berbahaya", "Black")],
)  # fmt: skip
def test_air_has_the_official_categories_and_colours(quiet, index, english, indonesian, colour):
    snapshot = snapshot_with(quiet, a_reading("daruba", "ispu", index, age_s=1_800))
    assert told(snapshot)[Domain.AIR][0] == english
    word, shown, rank = told(snapshot, words=ID)[Domain.AIR]
    category = ispu.CATEGORIES[rank]
    assert (word, shown, category.colour) == (indonesian, category.hex, colour)


def test_an_old_index_says_nothing_of_now(quiet):
    assert told(snapshot_with(quiet, a_reading("daruba", "ispu", 250, age_s=4 * 3_600))) == {}


def test_air_that_is_measured_and_has_no_index_yet_is_not_called_good(quiet):
    assert told(snapshot_with(quiet, a_reading("air", "pm2_5", 12)))[Domain.AIR] == ("no ISPU yet", UNKNOWN, -1)


def test_visitors_are_told_by_the_share_of_the_capacity(quiet):
    computed = snapshot_with(quiet, a_reading("dodola", "capacity_used", 62.4, site="dodola"))
    assert told(computed, "dodola")[Domain.FOOTFALL] == ("62 % full", FULLNESS[0].hex, 0)
    both = (
        a_reading("dodola", "capacity_used", 10, site="dodola"),
        a_reading("ferry", "occupancy", 150, site="dodola"),
    )
    assert told(snapshot_with(quiet, *both, capacity=200), "dodola")[Domain.FOOTFALL][0] == "75 % full"
    counted = snapshot_with(quiet, a_reading("ferry", "occupancy", 190, site="dodola"), capacity=200)
    assert told(counted, "dodola")[Domain.FOOTFALL] == ("95 % full", FULLNESS[1].hex, 2)


def test_the_worst_of_a_site_colours_its_marker_and_its_term_stands_beside(quiet):
    snapshot = snapshot_with(quiet, a_reading("daruba", "ispu", 120), alarms=[an_alarm(level=2)])
    site = sites_of(EN, snapshot)[0]
    assert site.worst is not None
    assert site.worst.chip.word == "Siaga 1"
    shown = marker_html(site, "right", selected=False)
    assert "<em>Siaga 1</em>" in shown
    assert site.worst.chip.colour in shown


def test_a_tile_says_where_the_worst_is_and_nothing_where_all_is_calm(quiet):
    flood, air, visitors = domains_of(EN, snapshot_with(quiet, alarms=[an_alarm()]))
    assert flood.chip is not None
    assert (flood.chip.word, flood.where) == ("Siaga 2", "Daruba river bridge")
    assert (air.chip, visitors.chip) == (None, None)
    calm = domains_of(EN, snapshot_with(quiet, a_reading("river", "water_level", 90)))[0]
    assert calm.chip is not None
    assert (calm.chip.word, calm.where) == ("Normal", "")


def test_an_open_alarm_is_worse_than_a_reading_of_the_same_rank(quiet):
    heavy = an_alarm(sensor="air", quantity="pm2_5", level=0)
    snapshot = snapshot_with(quiet, a_reading("daruba", "ispu", 120), alarms=[heavy])
    worst = worst_of(conditions_of(EN, snapshot)["daruba"])
    assert worst is not None
    assert worst.alarm


def test_a_doubted_reading_is_told_with_its_value_and_is_no_all_clear(quiet):
    doubted = a_reading("river", "water_level", 415, marks=int(Mark.SPIKE))
    assert told(snapshot_with(quiet, doubted))[Domain.FLOOD] == ("doubted: 415.0 cm", UNKNOWN, -1)
    assert told(snapshot_with(quiet, doubted), words=ID)[Domain.FLOOD][0] == "diragukan: 415,0 cm"
    calm = a_reading("creek", "water_level", 90)
    assert told(snapshot_with(quiet, doubted, calm))[Domain.FLOOD][0] == "doubted: 415.0 cm"
    alarm = snapshot_with(quiet, doubted, alarms=[an_alarm()])
    assert told(alarm)[Domain.FLOOD][0] == "Siaga 2"


def test_neither_of_two_twins_that_disagree_is_an_all_clear(quiet):
    one = a_reading("air", "pm2_5", 2_960, marks=int(Mark.TWINS_DISAGREE))
    other = a_reading("air-b", "pm2_5", 20, marks=int(Mark.TWINS_DISAGREE))
    index = a_reading("daruba", "ispu", 40)
    assert told(snapshot_with(quiet, one, other, index))[Domain.AIR] == ("doubted: 2,960.0 µg/m³", UNKNOWN, -1)
    assert told(snapshot_with(quiet, one, other), words=ID)[Domain.AIR][0] == "diragukan: 2.960,0 µg/m³"


def test_somebody_sees_only_their_sites(quiet):
    mine = snapshot_with(
        quiet, a_reading("daruba", "ispu", 120), a_reading("dodola", "capacity_used", 62, site="dodola"),
        alarms=[an_alarm()],
    ).of_sites(frozenset({"dodola"}))  # fmt: skip
    assert [site.id for site in mine.sites] == ["dodola"]
    assert (mine.alarms, list(mine.readings), [gateway.id for gateway in mine.gateways]) == ((), ["dodola"], [])
    assert {sensor.site for sensor in mine.sensors} == {"dodola"}


def test_a_word_is_readable_on_every_colour():
    colours = [category.hex for category in ispu.CATEGORIES] + [row.hex for row in FULLNESS] + [UNKNOWN]
    for colour in colours:
        darker, lighter = sorted((luminance(colour), luminance(ink_on(colour))))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, colour
    assert chip("Berbahaya", "#000000").ink == "#ffffff"
