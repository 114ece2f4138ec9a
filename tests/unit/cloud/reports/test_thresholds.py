"""Thresholds: all that are in force, the changed ones at once, the others in turn."""

import msgspec
import pytest

from cloud.reports.points import ReportPoint
from cloud.reports.thresholds import POINTS_A_SECOND, ThresholdSchedule, threshold_points
from rules.rule import Level, Rule, RuleKind, Severity
from tests.unit.cloud.api.morotai import SENSORS
from tests.unit.cloud.console.alarms_made import NOON_MS, RIVER
from tests.unit.cloud.reports.city import checked
from wire import BUILT_IN
from wire.measurements import THRESHOLD_SAMPLE_S

MINUTE = THRESHOLD_SAMPLE_S * 1_000


def thresholds(rule: Rule = RIVER, sensor: int = 0) -> list[ReportPoint]:
    return checked(threshold_points(SENSORS[sensor], [rule], NOON_MS, BUILT_IN))


def many(count: int) -> list[ReportPoint]:
    (one,) = thresholds(msgspec.structs.replace(RIVER, levels=RIVER.levels[:1]))
    return [msgspec.structs.replace(one, tags={**one.tags, "sensor": f"river-{n}"}) for n in range(count)]


def test_every_level_is_a_point_with_its_limit_and_its_colour():
    siaga_3, siaga_2, _ = thresholds()
    assert siaga_3.tags == {
        "gateway": "gw-daruba", "level": "Siaga 3", "quantity": "water_level", "rule": "river-level",
        "sensor": "river", "site": "daruba",
    }  # fmt: skip
    assert siaga_3.fields == {
        "limit": 150.0, "high": None, "severity": 2, "domain": "flood", "name": "Siaga 3", "name_id": "Siaga 3",
        "colour": "#f2c500",
    }  # fmt: skip
    assert siaga_2.fields["colour"] == "#f4661b"  # the severity's, for a level without one


@pytest.mark.parametrize(
    "change", [{"kind": RuleKind.RISE}, {"kind": RuleKind.SILENCE, "quantity": ""}, {"enabled": False}]
)
def test_what_has_no_limit_on_the_scale_of_its_quantity_is_left_out(change: dict[str, object]):
    assert thresholds(msgspec.structs.replace(RIVER, **change)) == []


def test_a_range_has_its_upper_end():
    level = Level("Comfortable", Severity.MINOR, 20.0, high=30.0)
    (point,) = thresholds(msgspec.structs.replace(RIVER, kind=RuleKind.OUTSIDE, levels=(level,)))
    assert (point.fields["limit"], point.fields["high"]) == (20.0, 30.0)


def test_all_are_told_at_the_start_and_again_after_a_minute_but_not_before():
    schedule = ThresholdSchedule()
    schedule.replace(thresholds())
    schedule.record_written(schedule.due(NOON_MS))
    assert schedule.due(NOON_MS + MINUTE - 1) == []
    again = schedule.due(NOON_MS + MINUTE)
    assert [point.time_ms for point in again] == [NOON_MS + MINUTE] * 3


def test_what_the_store_did_not_take_stays_due():
    schedule = ThresholdSchedule()
    schedule.replace(thresholds())
    assert len(schedule.due(NOON_MS)) == len(schedule.due(NOON_MS + 1_000)) == 3


def test_a_changed_limit_is_told_at_once_and_one_no_more_in_force_never_again():
    schedule = ThresholdSchedule()
    schedule.replace(thresholds())
    schedule.record_written(schedule.due(NOON_MS))
    higher = msgspec.structs.replace(RIVER, levels=(msgspec.structs.replace(RIVER.levels[0], limit=160.0),))
    schedule.replace(thresholds(higher))
    assert [point.fields["limit"] for point in schedule.due(NOON_MS + 1)] == [160.0]
    schedule.replace([])
    assert schedule.due(NOON_MS + 2 * MINUTE) == []


def test_many_are_told_in_turn_so_many_a_second_and_none_is_left_out():
    schedule = ThresholdSchedule()
    schedule.replace(many(4 * POINTS_A_SECOND))
    first = schedule.due(NOON_MS)
    assert len(first) == 4 * POINTS_A_SECOND  # at the start all of them
    schedule.record_written(first)
    written: list[str] = []
    for second in range(4):
        due = schedule.due(NOON_MS + MINUTE + 1_000 * second)
        assert len(due) == POINTS_A_SECOND
        schedule.record_written(due)
        written += [point.tags["sensor"] for point in due]
    assert len(set(written)) == 4 * POINTS_A_SECOND
