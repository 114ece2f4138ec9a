import csv

import pytest

from rules.marks import Mark
from rules.quality_policies import POLICIES
from rules.twins import Readings, twins_disagree
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
