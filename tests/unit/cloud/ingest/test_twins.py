"""Twins as their readings come in: what is marked at once, and what is left to the review."""

import pytest

from cloud.ingest.twins import KEPT, Twins, twins_of
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from rules.twins import TWIN_WITHIN_MS

T0 = 1_764_000_000_000
MINUTE = 60_000
DISAGREE = int(Mark.TWINS_DISAGREE)


def sensor(name: str, twin: str | None = None) -> Sensor:
    return Sensor(name, name, "pier", "gw", ("water_level",), interval_s=60, twin=twin)


def registry(*sensors: Sensor) -> Registry:
    site = Site("pier", "Pier", "Pier", 2.0, 128.3, "Asia/Jayapura")
    return Registry(
        city=City("Morotai", "Asia/Jayapura"), sites=[site], gateways=[Gateway("gw", "G", "pier")], sensors=sensors
    )


class Pair:
    """The twins a and b, and a sensor alone; which readings were doubted is in `doubted`."""

    def __init__(self) -> None:
        self.doubted: list[tuple[str, int, int]] = []
        known = registry(sensor("a", twin="b"), sensor("b"), sensor("alone"))
        self.newest = Newest(lambda: 2 * T0)
        self.twins = Twins(
            known, self.newest, on_doubt=lambda name, _quantity, *span: self.doubted.append((name, *span))
        )

    def stored(self, name: str, at: int) -> None:
        """The newest of it that was stored before this process began."""
        self.newest.load([StoredReading("pier", name, "gw", "water_level", minute(at), 100.0, 0)])

    def record(self, name: str, *values: float, at: int = 0, latest_ms: int = 2 * T0) -> bool:
        """Record readings of each minute from `at` on."""
        times = [minute(at + number) for number in range(len(values))]
        return self.twins.record(name, "water_level", times, values, latest_ms=latest_ms)

    def marks(self, name: str, *minutes: int) -> list[int] | None:
        return self.twins.marks(name, "water_level", [minute(each) for each in minutes])


def minute(number: int) -> int:
    return T0 + number * MINUTE


@pytest.fixture
def pair() -> Pair:
    """Twins that agreed at the start, so that what is before a restart is doubted no more."""
    both = Pair()
    for name in ("a", "b"):
        both.record(name, 100.0)
    both.doubted.clear()
    return both


def test_each_is_the_others_twin_whichever_names_it_and_a_sensor_alone_has_none():
    assert twins_of(registry(sensor("a", twin="b"), sensor("b"), sensor("c"))) == {"a": "b", "b": "a"}


def test_of_three_that_name_one_another_each_keeps_the_one_that_it_names():
    found = twins_of(registry(sensor("a", twin="b"), sensor("b", twin="c"), sensor("c")))
    assert found == {"a": "b", "b": "c", "c": "b"}


def test_of_two_that_name_the_same_one_the_first_is_its_twin():
    found = twins_of(registry(sensor("a", twin="c"), sensor("b", twin="c"), sensor("c")))
    assert found == {"a": "c", "b": "c", "c": "a"}


def test_a_sensor_without_a_twin_is_not_kept(pair: Pair):
    assert not pair.record("alone", 100.0)
    assert pair.marks("alone", 0) is None


def test_what_differs_is_marked_on_both_and_what_agrees_on_none(pair: Pair):
    for name, values in (("a", (101.0, 102.0)), ("b", (101.0, 150.0))):
        pair.record(name, *values, at=1)
    assert pair.marks("a", 1, 2) == [0, DISAGREE]
    assert pair.marks("b", 1, 2) == [0, DISAGREE]
    assert pair.marks("a", 0, 1) is None


def test_before_the_twin_was_ever_heard_nothing_is_marked():
    pair = Pair()
    pair.record("a", 100.0, 500.0)
    assert pair.marks("a", 0, 1) is None


def test_after_a_restart_the_first_readings_are_judged_again_by_what_is_stored_and_so_are_the_twins():
    pair = Pair()
    pair.record("a", 100.0, 101.0)
    assert pair.doubted == [(name, minute(0), minute(1)) for name in ("a", "b")]


def test_beside_what_the_twin_sent_before_a_restart_both_are_judged_again():
    pair = Pair()
    pair.stored("b", at=3)
    pair.record("a", 100.0, at=5)
    pair.doubted.clear()
    pair.record("a", 500.0, at=4)
    assert pair.doubted == [(name, minute(4), minute(4)) for name in ("a", "b")]
    pair.doubted.clear()
    pair.record("a", 100.0, at=6)
    assert pair.doubted == [], "the twin was silent for longer than twins are compared over"
    pair.record("b", 100.0, at=6)
    pair.doubted.clear()
    pair.record("a", 100.0, at=9)
    assert pair.doubted == [], "all that may be beside it is known"


def test_a_reading_that_shows_another_of_the_twin_to_differ_has_that_one_judged_again(pair: Pair):
    pair.record("b", 150.0, at=2)
    assert pair.marks("b", 2) == [DISAGREE], "the last of a is within reach"
    pair.doubted.clear()
    pair.record("a", 150.0, at=2)
    assert pair.marks("a", 2) is None
    assert pair.doubted == [("b", minute(2), minute(2))], "it is doubted no more"


def test_a_twin_that_is_too_far_in_time_is_not_compared(pair: Pair):
    away = TWIN_WITHIN_MS // MINUTE + 1
    pair.record("a", 500.0, at=away)
    assert pair.marks("a", away) is None


def test_a_reading_that_comes_again_with_another_value_takes_its_place(pair: Pair):
    pair.record("a", 100.0, at=1)
    pair.record("b", 500.0, at=1)
    assert pair.marks("b", 1) == [DISAGREE]
    pair.record("b", 100.0, at=1)
    assert pair.marks("b", 1) is None


def test_what_is_older_than_all_that_is_kept_is_the_review_s_and_so_is_its_twin(pair: Pair):
    pair.record("a", *[100.0] * KEPT, at=1)
    pair.doubted.clear()
    pair.record("a", 500.0, at=-5)
    assert pair.doubted == [(name, minute(-5), minute(-5)) for name in ("a", "b")]
    assert pair.marks("a", -5) is None, "it is not kept"


def test_a_batch_that_pushes_its_own_beginning_out_is_the_review_s(pair: Pair):
    pair.record("a", *[100.0] * (KEPT + 3), at=1)
    assert pair.doubted[0] == ("a", minute(1), minute(KEPT + 3))
    assert pair.marks("a", 1) is None


def test_what_a_clock_ahead_has_left_gives_way_once_time_is_known(pair: Pair):
    pair.record("b", 500.0, at=10)
    pair.record("b", 100.0, at=1, latest_ms=minute(5))
    pair.record("a", 100.0, at=10)
    assert pair.marks("a", 10) is None
