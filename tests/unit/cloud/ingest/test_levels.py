"""Levels by the registry's height, from the distance of the reading's own time."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.health import Condition
from cloud.core.reasons import Reason
from cloud.ingest.checks import CheckedBatch, check_batch
from cloud.ingest.heights import Heights
from cloud.ingest.levels import Distances
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.facts import Fact, Facts
from cloud.registry.records import Calibration, City, Gateway, Sensor
from cloud.registry.snapshot import Registry
from tests.unit.cloud.examples import GATEWAY, LATEST, SITE, T0
from wire import Reading, decode_batch, encode_batch

CHANGE = T0 + 10


def registry(
    *, quantities: tuple[str, ...] = ("distance", "water_level"), height: float | None = 420.0,
    calibration: dict[str, Calibration] | None = None, facts: Facts | None = None,
) -> Registry:  # fmt: skip
    river = Sensor(
        "river", "River", "daruba", GATEWAY, quantities, mounting_height_cm=height, calibration=calibration or {}
    )
    return Registry(
        city=City("Morotai", "Asia/Jayapura"), sites=[SITE], gateways=[Gateway(GATEWAY, "Daruba", "daruba")],
        sensors=[river], facts=facts, now_ms=LATEST,
    )  # fmt: skip


def lowered(at_ms: int = CHANGE) -> Facts:
    rows = [(1, 450.0, 0), (2, 420.0, at_ms)]
    return Facts(Fact(n, "sensor:river", "mounting_height_cm", value, since, "ani", "", "", since + 99)
                 for n, value, since in rows)  # fmt: skip


def distance(cm: float, *, at: int = 0) -> Reading:
    return Reading("river", "distance", T0 + at, cm)


def level(cm: float, *, at: int = 0) -> Reading:
    return Reading("river", "water_level", T0 + at, cm)


def checked(
    known: Registry, *readings: Reading, distances: Distances | None = None, backfill: bool = False
) -> CheckedBatch:
    batch = decode_batch(encode_batch("s", 1, readings, backfill=backfill))
    return check_batch(batch, gateway=GATEWAY, registry=known, latest_ms=LATEST, distances=distances)


def levels(found: CheckedBatch) -> dict[int, float]:
    return {
        time_ms - T0: value
        for block in found.blocks
        for quantity, values in block.fields
        if quantity == "water_level"
        for time_ms, value in zip(block.times_ms, values, strict=True)
    }


def test_a_level_is_computed_of_a_distance_that_comes_alone():
    assert levels(checked(registry(), distance(123.4), distance(123.9, at=1))) == {0: 296.6, 1: 296.1}


@pytest.mark.parametrize("quantities", [("distance",), ("water_level",)])
def test_a_height_makes_levels_of_distances_whichever_of_the_two_the_city_file_names(quantities: tuple[str, ...]):
    known = registry(quantities=quantities)
    assert levels(checked(known, distance(120), level(-115.8))) == {0: 300}
    river = known.sensor("river")
    assert river is not None
    assert set(river.quantities) == {"distance", "water_level"}


def test_the_registry_wins_over_the_level_that_the_gateway_made_and_both_stand_in_one_block():
    found = checked(registry(), distance(120), level(-115.8))
    assert levels(found) == {0: 300}
    assert [[name for name, _ in block.fields] for block in found.blocks] == [["distance", "water_level"]]
    assert found.rejected == []


def test_without_a_height_the_gateways_level_is_stored():
    assert levels(checked(registry(height=None), distance(120), level(330))) == {0: 330}


def test_a_level_of_a_sensor_that_measures_no_distance_is_its_own():
    assert levels(checked(registry(quantities=("water_level",)), level(330))) == {0: 330}
    assert levels(checked(registry(quantities=("water_level",), height=None), level(330))) == {0: 330}


def test_values_before_a_change_of_height_keep_theirs_within_one_batch():
    found = checked(registry(facts=lowered()), *(distance(100, at=at) for at in (8, 9, 10, 11)))
    assert levels(found) == {8: 350, 9: 350, 10: 320, 11: 320}


def test_distance_and_level_are_calibrated_each_by_its_own_line():
    lines = {"distance": Calibration(1.0, 5.0), "water_level": Calibration(1.0, -2.0)}
    assert levels(checked(registry(calibration=lines), distance(115))) == {0: 298}


def test_of_a_distance_that_is_refused_no_level_is_made():
    found = checked(registry(), distance(-5), distance(100, at=1), distance(50, at=LATEST - T0 + 1))
    assert levels(found) == {1: 320}
    assert {refused.reason for refused in found.rejected} == {Reason.OUT_OF_BOUNDS, Reason.TIME_IN_FUTURE}
    assert sum(len(refused.readings) for refused in found.rejected) == 2


def test_a_level_beyond_all_bounds_is_refused_in_a_sentence_and_not_left_out_in_silence():
    found = checked(registry(height=30.0), distance(9_000))
    assert levels(found) == {}
    assert "water_level -8970 cm of sensor river" in found.rejected[0].sentence


def test_a_level_cut_off_from_its_distance_is_let_go_where_distances_are_known_and_kept_elsewhere():
    newest = Newest()
    newest.load([StoredReading("daruba", "river", GATEWAY, "distance", T0, 120.0, 0)])
    distances = Distances(newest)
    assert levels(checked(registry(), level(-115.8), distances=distances)) == {}
    assert levels(checked(registry(), level(330, at=3_600_000), distances=distances)) == {3_600_000: 330}
    checked(registry(), distance(120, at=3_600_000), distances=distances)  # on its way to the store
    assert levels(checked(registry(), level(330, at=3_600_000), distances=distances)) == {}
    assert levels(checked(registry(), level(330))) == {0: 330}


def test_checking_again_gives_the_same_whatever_became_known_or_was_recorded_meanwhile():
    known, distances = registry(), Distances(Newest())
    batch = decode_batch(encode_batch("s", 1, [level(330), distance(100, at=5)]))
    first = check_batch(batch, gateway=GATEWAY, registry=known, latest_ms=LATEST, distances=distances)
    known.replace_with(registry(height=500.0))
    again = check_batch(
        batch, gateway=GATEWAY, registry=known, latest_ms=LATEST, distances=distances, again=first.checked_against
    )
    assert again.blocks == first.blocks
    assert levels(again) == {0: 330, 5: 320}


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12, unique=True), st.data())
def test_any_cut_of_a_batch_makes_the_same_levels(times: list[int], data: st.DataObject):
    readings = [each for at in times for each in (distance(100 + at, at=at), level(999, at=at))]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(readings) - 1), max_size=4)))
    known, distances = registry(facts=lowered()), Distances(Newest())
    made: dict[int, float] = {}
    for first, last in pairwise([0, *cuts, len(readings)]):
        made |= levels(checked(known, *readings[first:last], distances=distances))
    assert made == {at: (450 if at < 10 else 420) - 100 - at for at in times}


def test_a_gateway_that_reckons_with_another_height_is_told_of_until_it_agrees():
    known, newest = registry(), Newest()
    heights = Heights(known, newest)
    heights.record(checked(known, distance(120), level(-115.8)).pairs)
    assert heights.sent_height_cm("river") == 4.2
    assert heights.component().status is Condition.DEGRADED
    assert "reckons with a height of 4.2 cm and the registry with 420" in heights.component().detail
    heights.record(checked(known, distance(120, at=1), level(300, at=1)).pairs)
    assert heights.sent_height_cm("river") is None
    assert heights.component().status is Condition.OK
    heights.record(checked(known, distance(120), level(-115.8)).pairs)
    assert heights.component().status is Condition.OK, "an older pair says nothing of now"


def test_the_height_of_a_gateway_whose_clock_was_ahead_gives_way_once_it_is_right():
    known = registry()
    heights = Heights(known, Newest(lambda: T0))
    heights.record(checked(known, distance(120, at=60_000), level(-115.8, at=60_000)).pairs)
    heights.record(checked(known, distance(120), level(300)).pairs)
    assert heights.component().status is Condition.OK


def test_distances_of_a_time_that_has_not_come_give_way_to_those_of_now():
    distances = Distances(Newest(lambda: T0))
    checked(registry(), distance(120, at=3_600_000), distances=distances)
    assert not distances.is_near("river", T0)
    checked(registry(), distance(120), distances=distances)
    assert distances.is_near("river", T0)


def test_a_height_that_is_recorded_ends_the_mismatch():
    known = registry()
    heights = Heights(known, Newest())
    heights.record(checked(known, distance(120), level(330)).pairs)
    assert heights.sent_height_cm("river") == 450
    known.replace_with(registry(height=450.0))
    assert heights.component().status is Condition.OK


@pytest.mark.parametrize(("deep", "status"), [(-298.0, Condition.DEGRADED), (-40.0, Condition.OK)])
def test_water_far_below_the_zero_is_said_and_not_left_to_the_rules(deep: float, status: Condition):
    newest = Newest()
    newest.load([StoredReading("daruba", "river", GATEWAY, "water_level", T0, deep, 0)])
    component = Heights(registry(height=42.0), newest).component()
    assert component.status is status
    assert ("no flood rule sees it" in component.detail) == (status is Condition.DEGRADED)


def test_what_the_device_before_sent_says_nothing_of_the_height_of_another():
    rows = [(1, None, 0), (2, {"serial": "B-03"}, CHANGE)]
    device = Facts(Fact(n, "sensor:river", "device", value, since, "ani", "", "", since) for n, value, since in rows)
    known = registry()
    newest = Newest()
    heights = Heights(known, newest)
    heights.record(checked(known, distance(120), level(330)).pairs)
    newest.load([StoredReading("daruba", "river", GATEWAY, "water_level", T0, -298.0, 0)])
    assert heights.component().status is Condition.DEGRADED
    known.replace_with(registry(facts=device))
    assert heights.component().status is Condition.OK
    heights.record(checked(known, distance(120, at=20), level(330, at=20)).pairs)
    assert heights.sent_height_cm("river") == 450
