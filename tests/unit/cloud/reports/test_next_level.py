"""How far the next level is: in words and figures, and no figure where nobody can know."""

from typing import Any

import msgspec
import pytest

from cloud.reports.next_level import next_level_points
from rules.marks import Mark
from rules.rule import RuleKind
from tests.unit.cloud.console.alarms_made import RIVER, a_reading
from tests.unit.cloud.reports.city import checked, snapshot
from wire.measurements import TREND_UNKNOWN


def found(*readings: Any, rules: Any = (RIVER,), **parts: Any) -> dict[str, Any]:
    """The fields of the one gauge of Daruba's river."""
    points = checked(list(next_level_points(snapshot(*readings, **parts), lambda _: rules)))
    (point,) = [point for point in points if point.tags["sensor"] == "river"]
    return dict(point.fields)


def at(cm: float, cm_h: float | None = None, **more: Any) -> dict[str, Any]:
    rate = [] if cm_h is None else [a_reading("river", "rise_rate", cm_h)]
    return found(a_reading("river", "water_level", cm), *rate, **more)


def test_a_rising_river_has_centimetres_and_hours_to_the_next_level():
    row = at(212, 20)
    assert (row["distance"], row["limit"], row["severity"], row["next_id"]) == (38.0, 250.0, 3, "Siaga 2")
    assert (row["hours"], row["trend"], row["rate"]) == (1.9, 1, 20.0)
    assert row["text"] == "38 cm to Siaga 2; rising 20 cm/h, there in about 1.9 h"
    assert row["text_id"] == "38 cm lagi ke Siaga 2; naik 20 cm/jam, tercapai sekitar 1,9 jam lagi"


def test_a_short_way_is_told_in_minutes():
    assert at(240, 20)["text"].endswith("there in about 30 min")
    assert at(249.99, 20)["text"].endswith("there in about 1 min")


@pytest.mark.parametrize(
    ("cm_h", "trend", "words"),
    [(-12.0, -1, "falling 12 cm/h"), (0.4, 0, "steady"), (-0.4, 0, "steady"), (1.2, 1, "rising 1.2 cm/h, more than a")],
)
def test_a_river_that_falls_or_stands_or_takes_days_has_no_hours(cm_h: float, trend: int, words: str):
    row = at(212, cm_h)
    assert (row["hours"], row["trend"], row["distance"]) == (None, trend, 38.0)
    assert words in row["text"]


def test_without_a_rate_the_way_is_told_and_no_hours():
    row = at(212)
    assert (row["hours"], row["rate"], row["trend"], row["distance"]) == (None, None, TREND_UNKNOWN, 38.0)
    assert row["text"] == "38 cm to Siaga 2; rate of rise not known"


def test_a_rate_that_is_withdrawn_or_of_long_ago_is_none_of_now():
    level = a_reading("river", "water_level", 212)
    assert found(level, a_reading("river", "rise_rate", 20, age_s=1_800))["hours"] is None
    withdrawn = msgspec.structs.replace(a_reading("river", "rise_rate", 20), marks=int(Mark.WITHDRAWN))
    assert found(level, withdrawn)["rate"] is None


@pytest.mark.parametrize(
    ("readings", "refused", "why"),
    [
        ((), (), "no reading yet"),
        ((a_reading("river", "water_level", 212, age_s=3_000),), (), "silent for 50 min"),
        (
            (msgspec.structs.replace(a_reading("river", "water_level", 90), marks=int(Mark.SPIKE)),),
            (),
            "the newest reading is doubted",
        ),
        ((a_reading("river", "water_level", 90),), (("river", "water_level"),), "its readings are refused"),
    ],
)
def test_what_nobody_knows_has_no_figure_and_says_why(readings: Any, refused: Any, why: str):
    row = found(*readings, a_reading("river", "rise_rate", 20), refused=frozenset(refused))
    figures = ("water_level", "distance", "hours", "rate", "limit", "severity", "next")
    assert {row[name] for name in figures} == {None}
    assert (row["trend"], row["text"]) == (TREND_UNKNOWN, f"not known: {why}")


def test_above_the_highest_level_there_is_no_next_one():
    row = at(330, 20)
    assert (row["distance"], row["hours"], row["next"]) == (None, None, None)
    assert row["text"] == "above Siaga 1, the highest level; rising 20 cm/h"


def test_a_limit_that_does_not_count_itself_is_still_ahead_when_the_water_stands_on_it():
    excluded = [msgspec.structs.replace(level, inclusive=False) for level in RIVER.levels]
    row = at(250, 20, rules=[msgspec.structs.replace(RIVER, levels=tuple(excluded))])
    assert (row["distance"], row["next"]) == (0.0, "Siaga 2")
    assert at(250, 20)["next"] == "Siaga 1"


def test_only_rules_above_levels_of_the_water_have_a_next_level():
    for change in ({"kind": RuleKind.RISE}, {"enabled": False}, {"quantity": "distance"}):
        row = at(212, 20, rules=[msgspec.structs.replace(RIVER, **change)])
        assert (row["distance"], row["text"]) == (None, "no levels are set for this gauge; rising 20 cm/h")
