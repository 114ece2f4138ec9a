from cloud.console.view_models.chart import ChartHistory, broken_at_gaps, summary
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from tests.own_quantities import TABLE
from wire import QUANTITIES

EN = catalog_of("en")
LEVELS = ChartHistory(
    0, 600_000, 60_000,
    points=(Point(0, 10.0), Point(60_000, 12.0)), low=(Point(0, 9.0), Point(60_000, 11.0)),
    high=(Point(0, 11.0), Point(60_000, 15.0)),
)  # fmt: skip


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


def test_what_a_city_added_is_summed_up_in_its_own_unit():
    assert summary(EN, TABLE["leq"], LEVELS)[0] == ("Lowest", "9.0 dB(A)")
    assert summary(catalog_of("id"), TABLE["horn_count"], LEVELS)[0] == ("Jumlah", "22 klakson")
