import csv

import pytest

from rules.marks import Mark
from rules.quality_policies import POLICIES
from rules.twins import TWIN_WITHIN_MS, Readings, nearest, twin_marks, twins_disagree
from tests.recorded import Source, id_of, recorded
from tests.synthetic import levels
from tests.unit.rules.watching import at

WATER = POLICIES["water_level"]
NONE, DISAGREE, ASTRAY = Mark.NONE, Mark.TWINS_DISAGREE, Mark.TWIN_ASTRAY


def each_minute(*values: float, marks: Mark = NONE) -> Readings:
    return Readings([at(minute) for minute in range(len(values))], values, [int(marks)] * len(values))


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


@pytest.mark.parametrize(
    "source", [levels.tilted_bench, recorded("flood/river_bench_ultrasonic_radar_lidar.csv")], ids=id_of
)
def test_ultrasonic_and_radar_on_one_beam_agree_up_to_fifteen_degrees_and_not_at_twenty(source: Source):
    found: dict[str, dict[str, list[float]]] = {}
    for row in csv.DictReader(source().splitlines()):
        for sensor in ("Ultrasonic", "Radar"):
            if row[sensor]:
                found.setdefault(row["Sensor Angle"], {}).setdefault(sensor, []).append(float(row[sensor]) * 100)
    pairs = {angle: list(zip(*both.values(), strict=False)) for angle, both in found.items() if len(both) == 2}
    verdicts = {a: {twins_disagree(POLICIES["distance"], *pair) for pair in of} for a, of in pairs.items()}
    assert verdicts == {"0°": {False}, "10°": {False}, "15°": {False}, "20°": {True}, "25°": {True}}


def test_the_nearest_in_time_is_compared_the_earlier_of_two_and_none_that_is_too_far():
    times_ms = [0, 100_000]
    assert nearest(times_ms, [1.0, 2.0], 49_000) == nearest(times_ms, [1.0, 2.0], 50_000) == 1.0
    assert nearest(times_ms, [1.0, 2.0], 51_000) == 2.0
    assert nearest(times_ms, [1.0, 2.0], 100_000 + TWIN_WITHIN_MS) == 2.0
    assert nearest(times_ms, [1.0, 2.0], 100_001 + TWIN_WITHIN_MS) is None
    assert nearest([], [], 0) is None


def test_the_one_that_left_what_both_said_faster_than_water_can_is_astray_until_they_agree_again():
    sound, wild = each_minute(100, 101, 102, 103, 104), each_minute(100, 101, 400, 401, 105)
    assert twin_marks(WATER, sound, wild) == [NONE, NONE, ASTRAY, ASTRAY, NONE]
    assert twin_marks(WATER, wild, sound) == [NONE, NONE, DISAGREE, DISAGREE, NONE]


def test_where_both_left_it_or_neither_can_be_told_from_the_other_both_are_doubted():
    one, other = each_minute(100, 400), each_minute(100, 700)
    assert twin_marks(WATER, one, other) == twin_marks(WATER, other, one) == [NONE, DISAGREE]
    assert twin_marks(WATER, each_minute(100, 94), each_minute(100, 108)) == [NONE, DISAGREE], "water can do both"
    assert twin_marks(WATER, each_minute(100, 100), each_minute(150, 150)) == [DISAGREE, DISAGREE]


def test_within_a_disagreement_the_marks_that_stand_say_who_was_astray():
    own, twin = each_minute(100, 101, marks=ASTRAY), each_minute(400, 401)
    assert twin_marks(WATER, own, twin) == [ASTRAY, ASTRAY]


def test_a_reading_without_one_of_its_twin_near_it_is_not_doubted():
    own = Readings([at(0), at(60)], [100.0, 500.0], [0, 0])
    assert twin_marks(WATER, own, each_minute(100)) == [NONE, NONE]
