import csv
import math

import pytest

from rules.marks import Mark
from rules.quality import POLICIES, UNJUDGED, Judged, believed_after_all, judge, judge_column, twins_disagree
from tests.unit.firmware_bridge.shared import recorded
from tests.unit.rules.watching import at
from wire import QUANTITIES

WATER = POLICIES["water_level"]


def _marks(*values: float, minutes: float = 10.0, policy=WATER) -> str:
    """Each reading as one letter: . plain, ^ spike, = stuck."""
    judged, letters = UNJUDGED, ""
    for number, value in enumerate(values):
        judged, mark = judge(policy, judged, at(number * minutes), value)
        letters += {0: ".", Mark.SPIKE: "^", Mark.STUCK: "="}.get(mark, "?")
    return letters


def test_policies_are_of_known_quantities():
    assert set(POLICIES) <= set(QUANTITIES)


@pytest.mark.parametrize(
    ("values", "letters"),
    [
        ((100, 101, 99), "..."),
        ((100, 130, 160), "..."),                     # 3 cm/min: as fast as Jakarta's steepest hours
        ((100, 145, 100), ".^."),                     # a step followed by its opposite
        ((100, -300, 100), ".^."),
        ((100, 210, 215, 220), ".^.."),               # a metre in ten minutes, confirmed
        ((100, 210, 320, 330), ".^.."),               # confirmed by one still higher
        ((100, 210, 215, 100), ".^.."),               # believed, and taken back within the hour
        ((100, 210, -300, 100), ".^^."),              # two different errors in a row
        ((100, 60, 60, 60, 60), ".^^^."),             # 40 cm down: believed after as long as such a fall takes
        ((100, 145, 100, 145, 100), ".^.^."),
        ((12, 47, 48, 12, 12, 47, 12), ".^...^."),    # taken back; the next such step is doubted again
    ],
)  # fmt: skip
def test_spikes_are_told_from_rises(values: tuple[float, ...], letters: str):
    assert _marks(*values) == letters


def test_a_fall_of_metres_is_doubted_for_as_long_as_it_would_take_and_never_more_than_six_hours():
    letters = _marks(*[1000.0], *[0.0] * 60)
    assert letters.count("^") == 36  # 6 h of ten minutes each


def test_what_is_slow_over_a_gap_is_plain():
    judged, _ = judge(WATER, UNJUDGED, at(0), 100.0)
    assert judge(WATER, judged, at(60), 280.0)[1] is Mark.NONE
    assert judge(WATER, judged, at(59), 280.0)[1] is Mark.SPIKE


def test_the_first_doubted_reading_of_a_true_rise_is_given_back():
    first, _ = judge(WATER, UNJUDGED, at(0), 100.0)
    doubted, _ = judge(WATER, first, at(1), 200.0)
    assert believed_after_all(first, doubted) is None
    confirmed, _ = judge(WATER, doubted, at(2), 205.0)
    assert believed_after_all(doubted, confirmed) == (at(1), 200.0)
    after, _ = judge(WATER, confirmed, at(3), 205.0)
    assert believed_after_all(confirmed, after) is None


def test_a_value_that_never_changes_is_stuck_after_what_its_quantity_allows():
    dust = POLICIES["pm2_5"]
    hours = 24 + 2
    assert _marks(*[12.3] * hours, minutes=60, policy=dust) == "." * 25 + "="
    assert _marks(*[12.3] * 25, 12.4, 12.4, minutes=60, policy=dust) == "." * 27


def test_a_dry_season_river_may_lie_flat_for_1013_hours():
    assert _marks(*[10.0] * 1014, minutes=60) == "." * 1014


def test_a_column_is_judged_as_its_readings_one_by_one():
    columns = [
        [100.0, 101.0, 102.0, 102.0],
        [102.0, 103.0, 160.0, 103.0],
        [103.0, 103.0, 103.0],
        [220.0, 221.0, 221.0, 221.0],
        [math.nan, 221.0],
    ]
    whole, piecewise, minute = UNJUDGED, UNJUDGED, 0
    for values in columns:
        times = [at(minute + number) for number in range(len(values))]
        minute += len(values)
        whole, marks = judge_column(WATER, whole, times, values)
        expected = []
        for time_ms, value in zip(times, values, strict=True):
            if math.isnan(value):
                expected.append(Mark.NONE)
                continue
            piecewise, mark = judge(WATER, piecewise, time_ms, value)
            expected.append(mark)
        assert marks == (expected if any(expected) else None)
        assert whole == piecewise


def test_an_empty_column_judges_nothing():
    assert judge_column(WATER, Judged(), [], []) == (Judged(), None)


@pytest.mark.parametrize(
    ("quantity", "one", "other", "disagree"),
    [
        ("pm2_5", 8.0, 12.9, False),          # within 5 ug/m3
        ("pm2_5", 5.0, 11.0, True),           # 6 apart, of a mean of 8: 75 %
        ("pm2_5", 100.0, 150.0, False),       # 50 apart, of a mean of 125: 40 %
        ("pm2_5", 100.0, 250.0, True),
        ("water_level", 150.0, 160.0, False),
        ("water_level", -5.0, 150.0, True),
    ],
)  # fmt: skip
def test_twins_may_differ_by_what_their_quantity_allows(quantity: str, one: float, other: float, disagree: bool):
    assert twins_disagree(POLICIES[quantity], one, other) is disagree
    assert twins_disagree(POLICIES[quantity], other, one) is disagree


def test_ultrasonic_and_radar_on_the_river_bench_agree_up_to_fifteen_degrees_and_not_at_twenty():
    found: dict[str, dict[str, list[float]]] = {}
    text = recorded("data/flood/river_bench_ultrasonic_radar_lidar.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        for sensor in ("Ultrasonic", "Radar"):
            if row[sensor]:
                found.setdefault(row["Sensor Angle"], {}).setdefault(sensor, []).append(float(row[sensor]) * 100)
    pairs = {angle: list(zip(*both.values(), strict=False)) for angle, both in found.items() if len(both) == 2}
    verdicts = {a: {twins_disagree(POLICIES["distance"], *pair) for pair in of} for a, of in pairs.items()}
    assert verdicts == {"0°": {False}, "10°": {False}, "15°": {False}, "20°": {True}, "25°": {True}}
