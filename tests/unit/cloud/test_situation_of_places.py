"""How a place is doing in Siaga's own domains: by level, by ISPU, by capacity; and that its words can be read."""

from collections.abc import Iterable

import msgspec
import pytest

from cloud.alarms.records import Alarm
from cloud.console.view_models.colours import chip, ink_on, luminance
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor
from cloud.situation import DomainState, states_of, worst_state
from i18n.catalog import Catalog, catalog_of
from rules import ispu
from rules.colours import UNKNOWN
from rules.footfall import FULLNESS
from rules.marks import Mark
from tests.unit.cloud.api.morotai import SENSORS, SITES
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading, an_alarm
from wire import BUILT_IN, Domain

EN, ID = catalog_of("en"), catalog_of("id")


class Town(msgspec.Struct, frozen=True):
    """What is known of three places at noon."""

    readings: tuple[StoredReading, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    refused: frozenset[tuple[str, str]] = frozenset()
    capacity: int | None = None

    def states(self, site_id: str) -> tuple[DomainState, ...]:
        """The states of one place."""
        site = next(msgspec.structs.replace(site, capacity=self.capacity) for site in SITES if site.id == site_id)
        return states_of(
            site, readings=self.readings, sensors={sensor.id: sensor for sensor in ALL_SENSORS}, alarms=self.alarms,
            now_ms=NOON_MS, table=BUILT_IN, refused=self.refused,
        )  # fmt: skip


ALL_SENSORS = (
    *SENSORS,
    Sensor("creek", "Creek gauge", "daruba", "gw-daruba", ("water_level",), interval_s=1),
    Sensor("air-b", "Second air station", "daruba", "gw-daruba", ("pm2_5",), interval_s=10),
)
QUIET = Town()


def town_with(*readings: StoredReading, alarms: Iterable[Alarm] = (), capacity: int | None = None) -> Town:
    return Town(readings, tuple(alarms), capacity=capacity)


def told(town: Town, site: str = "daruba", words: Catalog = EN) -> dict[str, tuple[str, str, int]]:
    return {one.domain: (words.said(one.text), one.colour, one.rank) for one in town.states(site)}


def test_what_is_not_measured_has_no_state():
    assert told(QUIET) == {}


def test_a_calm_river_is_normal_and_a_silent_one_is_not_known():
    assert told(town_with(a_reading("river", "water_level", 90)))[Domain.FLOOD][0] == "Normal"
    silent = told(town_with(a_reading("river", "water_level", 90, age_s=600)))
    assert silent[Domain.FLOOD] == ("no current reading", UNKNOWN, -1)


def test_a_place_whose_readings_are_refused_is_not_calm_and_what_is_known_to_be_bad_stays():
    calm = town_with(a_reading("river", "water_level", 90))
    refused = msgspec.structs.replace(calm, refused=frozenset({("river", "water_level")}))
    assert told(refused)[Domain.FLOOD] == ("readings are refused", UNKNOWN, -1)
    assert told(refused, words=ID)[Domain.FLOOD][0] == "data ditolak"
    never = msgspec.structs.replace(QUIET, refused=frozenset({("river", "distance"), ("air", "temperature")}))
    assert told(never) == {Domain.FLOOD: ("readings are refused", UNKNOWN, -1)}
    assert told(never, site="sangowo") == {}
    alarmed = msgspec.structs.replace(refused, alarms=(an_alarm(state="silent"),))
    assert told(alarmed)[Domain.FLOOD][2] > 0


def test_an_alarm_is_told_by_its_level_and_stays_when_the_sensor_drowns():
    drowned = town_with(a_reading("river", "water_level", 90, age_s=600), alarms=[an_alarm(state="silent")])
    assert told(drowned)[Domain.FLOOD][0] == "Siaga 2"
    two = town_with(alarms=[an_alarm(id=1, level=0), an_alarm(id=2, level=2)])
    assert told(two)[Domain.FLOOD][0] == "Siaga 1"


@pytest.mark.parametrize(
    ("index", "english", "indonesian", "colour"),
    [(50, "Good", "Baik", "Green"), (51, "Moderate", "Sedang", "Blue"), (200, "Unhealthy", "Tidak Sehat", "Yellow"),
     (201, "Very unhealthy", "Sangat Tidak Sehat", "Red"), (301, "Hazardous", "Berbahaya", "Black")],
)  # fmt: skip
def test_air_has_the_official_categories_and_colours(index, english, indonesian, colour):
    town = town_with(a_reading("daruba", "ispu", index, age_s=1_800))
    assert told(town)[Domain.AIR][0] == english
    word, shown, rank = told(town, words=ID)[Domain.AIR]
    category = ispu.CATEGORIES[rank]
    assert (word, shown, category.colour) == (indonesian, category.hex, colour)


def test_an_old_index_says_nothing_of_now():
    assert told(town_with(a_reading("daruba", "ispu", 250, age_s=4 * 3_600))) == {}


def test_air_that_is_measured_and_has_no_index_yet_is_not_called_good():
    assert told(town_with(a_reading("air", "pm2_5", 12)))[Domain.AIR] == ("no ISPU yet", UNKNOWN, -1)


def test_visitors_are_told_by_the_share_of_the_capacity():
    computed = town_with(a_reading("dodola", "capacity_used", 62.4, site="dodola"))
    assert told(computed, "dodola")[Domain.FOOTFALL] == ("62 % full", FULLNESS[0].hex, 0)
    both = (
        a_reading("dodola", "capacity_used", 10, site="dodola"),
        a_reading("ferry", "occupancy", 150, site="dodola"),
    )
    assert told(town_with(*both, capacity=200), "dodola")[Domain.FOOTFALL][0] == "75 % full"
    counted = town_with(a_reading("ferry", "occupancy", 190, site="dodola"), capacity=200)
    assert told(counted, "dodola")[Domain.FOOTFALL] == ("95 % full", FULLNESS[1].hex, 2)


def test_an_open_alarm_is_worse_than_a_reading_of_the_same_rank():
    heavy = an_alarm(sensor="air", quantity="pm2_5", level=0)
    town = town_with(a_reading("daruba", "ispu", 120), alarms=[heavy])
    worst = worst_state(town.states("daruba"))
    assert worst is not None
    assert worst.alarm


def test_a_doubted_reading_is_told_with_its_value_and_is_no_all_clear():
    doubted = a_reading("river", "water_level", 415, marks=int(Mark.SPIKE))
    assert told(town_with(doubted))[Domain.FLOOD] == ("doubted: 415.0 cm", UNKNOWN, -1)
    assert told(town_with(doubted), words=ID)[Domain.FLOOD][0] == "diragukan: 415,0 cm"
    calm = a_reading("creek", "water_level", 90)
    assert told(town_with(doubted, calm))[Domain.FLOOD][0] == "doubted: 415.0 cm"
    alarm = town_with(doubted, alarms=[an_alarm()])
    assert told(alarm)[Domain.FLOOD][0] == "Siaga 2"


def test_neither_of_two_twins_that_disagree_is_an_all_clear():
    one = a_reading("air", "pm2_5", 2_960, marks=int(Mark.TWINS_DISAGREE))
    other = a_reading("air-b", "pm2_5", 20, marks=int(Mark.TWINS_DISAGREE))
    index = a_reading("daruba", "ispu", 40)
    assert told(town_with(one, other, index))[Domain.AIR] == ("doubted: 2,960.0 µg/m³", UNKNOWN, -1)
    assert told(town_with(one, other), words=ID)[Domain.AIR][0] == "diragukan: 2.960,0 µg/m³"


def test_a_word_is_readable_on_every_colour():
    colours = [category.hex for category in ispu.CATEGORIES] + [row.hex for row in FULLNESS] + [UNKNOWN]
    for colour in colours:
        darker, lighter = sorted((luminance(colour), luminance(ink_on(colour))))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, colour
    assert chip("Berbahaya", "#000000").ink == "#ffffff"
