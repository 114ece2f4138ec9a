import pytest

from cloud.console.view_models.chart import ChartHistory, broken_at_gaps, step_name, summary
from cloud.readings.buckets import fold
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from rules.marks import Mark
from tests.own_quantities import TABLE
from wire import QUANTITIES
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

EN = catalog_of("en")
SPIKE = int(Mark.SPIKE)


def history(*points: Point, step_ms: int = MINUTE_MS, of_sums: bool = False) -> ChartHistory:
    return ChartHistory(0, HOUR_MS, step_ms, tuple(fold(points, step_ms)), of_sums)


LEVELS = history(Point(0, 9.0), Point(1, 11.0), Point(60_000, 11.0), Point(60_001, 15.0))


def pieces(*points: Point, step_ms: int = 10_000) -> list[list[int]]:
    return [
        [bucket.first_ms // 1_000 for bucket in piece] for piece in broken_at_gaps(history(*points, step_ms=step_ms))
    ]


def at(*seconds: float) -> list[Point]:
    return [Point(round(second * 1_000), 1.0) for second in seconds]


@pytest.mark.parametrize(("seconds", "found"), [
    ([0, 10, 20, 30], [[0, 10, 20, 30]]),
    ([0, 10, 20, 36], [[0, 10, 20], [36]]),
    ([0, 15, 30, 45, 60], [[0, 15, 30, 45, 60]]),
    ([0, 60, 120, 180], [[0, 60, 120, 180]]),
    ([0, 60, 120, 300, 360], [[0, 60, 120], [300, 360]]),
    ([5], [[5]]),
    ([], []),
], ids=["whole", "a-step-and-a-half", "rarer-than-steps", "slow", "slow-with-a-gap", "one", "none"])  # fmt: skip
def test_silence_is_a_gap_and_no_straight_line(seconds: list[int], found: list[list[int]]):
    assert pieces(*at(*seconds)) == found


def test_a_step_in_which_all_is_doubted_breaks_the_line_and_is_no_part_of_it():
    assert pieces(*at(0, 5, 10, 15), Point(20_000, 900.0, SPIKE), *at(30, 35)) == [[0, 10], [30]]


def test_the_summary_is_of_the_extremes_and_not_of_their_means():
    assert summary(EN, QUANTITIES["water_level"], LEVELS) == [
        ("Lowest", "9.0 cm"),
        ("Mean", "11.5 cm"),
        ("Highest", "15.0 cm"),
    ]
    visitors = history(Point(0, 120.0), Point(HOUR_MS, 80.0), step_ms=HOUR_MS, of_sums=True)
    assert summary(EN, QUANTITIES["people_in"], visitors) == [("Sum", "200 people"), ("Most in 1 h", "120 people")]
    assert summary(EN, QUANTITIES["people_in"], history()) == []


def test_what_is_doubted_is_in_no_figure():
    water = QUANTITIES["water_level"]
    spiked = history(Point(0, 10.0), Point(1, 900.0, SPIKE), Point(60_000, 12.0), Point(120_000, -5.0, SPIKE))
    assert [value for _, value in summary(EN, water, spiked)] == ["10.0 cm", "11.0 cm", "12.0 cm"]
    assert summary(EN, water, history(Point(0, 900.0, SPIKE))) == []


def test_what_a_city_added_is_summed_up_in_its_own_unit():
    assert summary(EN, TABLE["leq"], LEVELS)[0] == ("Lowest", "9.0 dB(A)")
    assert summary(catalog_of("id"), TABLE["horn_count"], LEVELS)[0] == ("Jumlah", "46 klakson")


@pytest.mark.parametrize(("step_ms", "words"), [
    (5_000, "5 s"), (2 * MINUTE_MS, "2 min"), (HOUR_MS, "1 h"), (12 * HOUR_MS, "12 h"), (DAY_MS, "1 day"),
    (91 * DAY_MS, "91 days"),
])  # fmt: skip
def test_a_step_has_a_name(step_ms: int, words: str):
    assert step_name(EN, step_ms) == words
