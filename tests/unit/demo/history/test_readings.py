"""The past ends where the devices of the present begin, in whichever pieces it is written."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

from demo.devices.__main__ import _instruments
from demo.devices.instruments import WaterGauge
from demo.history.readings import Past
from demo.island.visitors import ARMY_DOCK, Crowd
from demo.stories.playing import PlayedStory

NOW_S = 1_764_040_020
DAY_S = 86_400


def _last(readings, sensor: str, quantity: str):
    return [one for one in readings if (one.sensor, one.quantity) == (sensor, quantity)][-1]


def test_the_rivers_of_the_past_end_at_the_level_with_which_those_of_the_present_begin(tmp_path: Path):
    past = Past(NOW_S - 2 * DAY_S, fine_from_s=NOW_S - DAY_S)
    readings = [one for found in past.stretch(NOW_S).values() for one in found]
    devices = _instruments(NOW_S, Random(1), PlayedStory(tmp_path))
    for sensor in ("river-daruba", "river-wayabula"):
        gauge = devices[sensor]
        assert isinstance(gauge, WaterGauge)
        last = _last(readings, sensor, "water_level")
        assert last.time_ms == NOW_S * 1_000
        assert abs(last.value - gauge._level_cm(NOW_S)) < 1


def test_as_many_visitors_are_there_at_the_end_of_the_past_as_the_present_begins_with():
    past = Past(NOW_S - 3 * DAY_S, fine_from_s=NOW_S - DAY_S)
    last = _last(past.stretch(NOW_S)["gw-daruba"], "people-army-dock", "occupancy")
    assert abs(last.value - Crowd(ARMY_DOCK, NOW_S, Random(1)).inside) <= 1


def test_every_sensor_is_heard_at_the_end_of_a_stretch_so_that_none_is_silent_where_the_present_begins():
    end_s = NOW_S + 7 * 60
    past = Past(NOW_S - DAY_S, fine_from_s=NOW_S - DAY_S // 2)
    readings = [one for found in past.stretch(end_s).values() for one in found]
    assert {one.sensor for one in readings if one.time_ms == end_s * 1_000} == past.intervals_s().keys()


def test_nothing_is_lost_or_told_twice_in_whichever_pieces_the_past_is_asked_for():
    since_s = NOW_S - DAY_S
    whole = Past(since_s, fine_from_s=NOW_S - DAY_S // 2).stretch(NOW_S)
    pieces = Past(since_s, fine_from_s=NOW_S - DAY_S // 2)
    found = [*pieces.stretch(since_s + 4_980)["gw-utara"], *pieces.stretch(NOW_S)["gw-utara"]]
    for quantity in ("people_in", "rainfall"):
        told = sum(one.value for one in found if one.quantity == quantity)
        assert abs(told - sum(one.value for one in whole["gw-utara"] if one.quantity == quantity)) < 1e-6
        times = [(one.sensor, one.time_ms) for one in found if one.quantity == quantity]
        assert len(times) == len(set(times))


def test_the_past_is_finer_in_its_last_days():
    past = Past(NOW_S - 4 * DAY_S, fine_from_s=NOW_S - DAY_S)
    times_s = [
        one.time_ms // 1_000 for one in past.stretch(NOW_S)["gw-daruba"]
        if (one.sensor, one.quantity) == ("river-daruba", "distance")
    ]  # fmt: skip
    steps = Counter(later - earlier for earlier, later in pairwise(times_s))
    assert {step for step, _ in steps.most_common(2)} == {120, 300}
    assert len([time_s for time_s in times_s if time_s > NOW_S - DAY_S]) in (720, 721)
