"""Whether the power goes: what the sources tell, on a clock that the test moves."""

import pytest

from edge.power.watch import STALE_S, PowerWatch
from wire import LastWord, Leaving, Reading

NOW_MS = 1_764_000_000_000


class Bench:
    def __init__(self, going_down_v: float | None = 11.4) -> None:
        self.now_s, self.changes = 100.0, 0
        self.watch = PowerWatch(going_down_v=going_down_v, now_s=lambda: self.now_s, on_change=self._count)

    def _count(self) -> None:
        self.changes += 1

    def tell(self, quantity: str, *values: float) -> Leaving | None:
        for value in values:
            self.now_s += 1
            self.watch.on_readings([Reading("box-1", quantity, NOW_MS, value)])
        return self.watch.leaving


def test_a_mains_that_fails_and_comes_back_is_told_once_each():
    bench = Bench()
    assert bench.tell("power_failed", 0.0) is None
    assert bench.tell("power_failed", 1.0, 1.0) is Leaving.ON_BATTERY
    bench.now_s += 59
    assert bench.watch.last_word(NOW_MS) == LastWord(Leaving.ON_BATTERY, NOW_MS - 60_000)
    assert bench.watch.note == "the mains has failed 1 min ago: the gateway runs on its battery"
    assert bench.tell("power_failed", 0.0) is None
    assert (bench.changes, bench.watch.note, bench.watch.last_word(NOW_MS)) == (2, "", None)


def test_a_battery_is_at_its_end_by_two_readings_and_back_by_more_than_a_little():
    bench = Bench()
    assert bench.tell("battery_voltage", 11.4, 12.0, 11.3) is None
    assert bench.tell("battery_voltage", 11.2) is Leaving.GOING_DOWN
    assert bench.tell("battery_voltage", 11.6) is Leaving.GOING_DOWN
    assert bench.tell("battery_voltage", 11.8) is None


def test_the_end_of_the_battery_counts_more_than_the_mains():
    bench = Bench()
    bench.tell("power_failed", 1.0)
    assert bench.tell("battery_voltage", 11.0, 11.0) is Leaving.GOING_DOWN
    assert "will stop" in bench.watch.note
    assert bench.tell("battery_voltage", 12.6) is Leaving.ON_BATTERY


@pytest.mark.parametrize("quantity", ["power_failed", "battery_voltage"])
def test_what_was_told_long_ago_is_not_known_any_more(quantity: str):
    bench = Bench()
    assert bench.tell(quantity, 1.0, 1.0) is not None
    bench.now_s += STALE_S + 1
    bench.watch.poll()
    assert bench.watch.leaving is None


def test_other_quantities_and_a_voltage_without_an_end_say_nothing():
    bench = Bench(None)
    assert bench.tell("battery_voltage", 0.0, 0.0) is None
    assert bench.tell("door_open", 1.0) is None
    assert bench.changes == 0
