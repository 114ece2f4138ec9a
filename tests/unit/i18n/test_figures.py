from zoneinfo import ZoneInfo

import pytest

from cloud.gateways.freshness import Freshness, best, freshness, worst
from i18n import figures
from i18n.catalog import catalog_of
from i18n.units import UNITS
from wire import QUANTITIES

EN, ID = catalog_of("en"), catalog_of("id")
WIT = ZoneInfo("Asia/Jayapura")
NOON_MS = 1_795_489_805_000


def test_every_unit_of_the_wire_has_a_form_for_people():
    assert {row.unit for row in QUANTITIES.values()} <= UNITS.keys()
    assert not [text for texts in UNITS.values() for text in texts if "{" in text or "[" in text]


@pytest.mark.parametrize(
    ("quantity", "value", "english", "indonesian"),
    [
        ("water_level", 132.44, ("132.4", "cm"), ("132,4", "cm")),
        ("pm2_5", 12.35, ("12.3", "µg/m³"), ("12,3", "µg/m³")),
        ("temperature", 28.0, ("28.0", "°C"), ("28,0", "°C")),
        ("rain_rate", 4.0, ("4.0", "mm/h"), ("4,0", "mm/jam")),
        ("flow", 12.345, ("12.35", "m³/s"), ("12,35", "m³/s")),
        ("occupancy", 1_240.0, ("1,240", "people"), ("1.240", "orang")),
        ("dwell", 1_500.0, ("25", "min"), ("25", "mnt")),
        ("uptime", 200_000.0, ("2.3", "days"), ("2,3", "hari")),
    ],
)
def test_a_value_is_shown_with_its_decimals_and_unit(quantity, value, english, indonesian):
    assert figures.value_and_unit(EN, QUANTITIES[quantity], value) == english
    assert figures.value_and_unit(ID, QUANTITIES[quantity], value) == indonesian


@pytest.mark.parametrize(
    ("age_s", "english"),
    [(-3, "just now"), (0.4, "just now"), (1, "1 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (3_599, "59 min ago"),
     (3_600, "1 h ago"), (172_799, "47 h ago"), (172_800, "2 days ago")],
)  # fmt: skip
def test_an_age_is_told_in_the_unit_that_people_would_use(age_s, english):
    assert figures.age(EN, age_s) == english


def test_times_are_those_of_the_place():
    assert figures.time_of_day(NOON_MS, WIT) == "12:10:05"
    assert figures.zone_name(NOON_MS, WIT) == "WIT"
    assert figures.zone_name(NOON_MS, ZoneInfo("America/Sao_Paulo")) == "UTC-03"
    assert figures.moment(ID, NOON_MS, WIT) == "24 Nov 12:10:05 WIT"
    assert figures.date_of(ID, 1_785_500_000_000, WIT) == "31 Jul 2026"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1,0 kB"), (1_204_331, "1,2 MB"), (3_400_000_000, "3,4 GB")],
)
def test_bytes_are_told_in_a_unit_that_is_read_at_a_glance(count: int, said: str):
    assert figures.size(ID, count) == said
    assert figures.size(EN, count) == said.replace(",", ".")


@pytest.mark.parametrize(
    ("age_s", "interval_s", "expected"),
    [
        (None, 1, Freshness.NEVER),
        (6.9, 1, Freshness.FRESH),
        (8, 1, Freshness.LATE),
        (60, 1, Freshness.LATE),
        (61, 1, Freshness.SILENT),
        (1_205, 600, Freshness.FRESH),
        (1_206, 600, Freshness.LATE),
        (3_001, 600, Freshness.SILENT),
        (125, None, Freshness.FRESH),
        (301, None, Freshness.SILENT),
    ],
)
def test_freshness_is_measured_by_what_the_sensor_promises(age_s, interval_s, expected):
    assert freshness(age_s, interval_s) is expected


def test_a_new_sensor_that_never_spoke_makes_a_site_no_worse():
    assert worst([Freshness.FRESH, Freshness.NEVER]) is Freshness.FRESH
    assert worst([Freshness.FRESH, Freshness.SILENT, Freshness.NEVER]) is Freshness.SILENT
    assert worst([]) is worst([Freshness.NEVER]) is Freshness.NEVER
    assert best([Freshness.SILENT, Freshness.FRESH]) is Freshness.FRESH
