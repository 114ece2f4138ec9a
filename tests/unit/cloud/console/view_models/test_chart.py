from zoneinfo import ZoneInfo

from cloud.console.view_models.chart import PALETTES, ChartHistory, broken_at_gaps, chart_options, summary
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from tests.own_quantities import TABLE
from wire import QUANTITIES

EN = catalog_of("en")
WIT = ZoneInfo("Asia/Jayapura")
LEVELS = ChartHistory(
    0, 600_000, 60_000,
    points=(Point(0, 10.0), Point(60_000, 12.0)), low=(Point(0, 9.0), Point(60_000, 11.0)),
    high=(Point(0, 11.0), Point(60_000, 15.0)),
)  # fmt: skip


def options(quantity: str, history: ChartHistory) -> dict:
    return chart_options(EN, QUANTITIES[quantity], history, zone=WIT, palette=PALETTES["dark"])


def test_times_are_drawn_as_those_of_the_site():
    drawn = options("water_level", LEVELS)
    assert drawn["useUTC"] is True
    assert drawn["series"][-1]["data"][0] == [9 * 3_600_000, 10.0]
    assert drawn["xAxis"]["min"] == 9 * 3_600_000


def test_a_line_carries_the_range_it_moved_in():
    low, span, line = options("water_level", LEVELS)["series"]
    assert [value for _, value in low["data"]] == [9.0, 11.0]
    assert [value for _, value in span["data"]] == [2.0, 4.0]
    assert (line["name"], line["type"]) == ("value", "line")


def test_amounts_are_bars_in_the_middle_of_their_step():
    bars = options("rainfall", ChartHistory(0, 600_000, 60_000, (Point(0, 0.4),)))["series"]
    assert [one["type"] for one in bars] == ["bar"]
    assert bars[0]["data"] == [[9 * 3_600_000 + 30_000, 0.4]]


def test_silence_is_a_gap_and_no_straight_line():
    points = [Point(0, 1.0), Point(10_000, 1.0), Point(20_000, 1.0), Point(900_000, 5.0)]
    assert broken_at_gaps(points, 10_000)[3] == (20_001, None)
    slow = [Point(0, 1.0), Point(60_000, 1.0), Point(120_000, 1.0)]
    assert None not in [value for _, value in broken_at_gaps(slow, 10_000)], "a slow sensor is not silent"


def test_the_summary_is_of_the_extremes_and_not_of_their_means():
    assert summary(EN, QUANTITIES["water_level"], LEVELS) == [
        ("Lowest", "9.0 cm"),
        ("Mean", "11.0 cm"),
        ("Highest", "15.0 cm"),
    ]
    visitors = ChartHistory(0, 1, 3_600_000, (Point(0, 120.0), Point(1, 80.0)))
    assert summary(EN, QUANTITIES["people_in"], visitors) == [("Sum", "200 people"), ("Most in 1 h", "120 people")]
    assert summary(EN, QUANTITIES["people_in"], ChartHistory(0, 1, 1, ())) == []


def test_what_a_city_added_is_drawn_as_its_hour_is_made_and_in_its_own_unit():
    bars = chart_options(EN, TABLE["horn_count"], LEVELS, zone=WIT, palette=PALETTES["dark"])["series"]
    assert [one["type"] for one in bars] == ["bar"]
    lines = chart_options(EN, TABLE["leq"], LEVELS, zone=WIT, palette=PALETTES["dark"])["series"]
    assert {one["type"] for one in lines} == {"line"}
    assert summary(EN, TABLE["leq"], LEVELS)[0] == ("Lowest", "9.0 dB(A)")
    assert summary(catalog_of("id"), TABLE["horn_count"], LEVELS)[0] == ("Jumlah", "22 klakson")
