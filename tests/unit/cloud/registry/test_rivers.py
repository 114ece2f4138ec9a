"""Gauges in the order of their rivers."""

from itertools import permutations

from cloud.registry.records import Sensor
from cloud.registry.rivers import gauges_downstream


def gauge(name: str, below: str | None = None) -> Sensor:
    return Sensor(name, name.capitalize(), "daruba", "gw", ("water_level",), next_downstream=below)


CITY = (
    gauge("upper", "bridge"),
    gauge("tributary", "bridge"),
    gauge("bridge", "mouth"),
    gauge("mouth"),
    gauge("canal"),
    Sensor("rain", "Rain", "daruba", "gw", ("rainfall",)),
)


def test_each_gauge_stands_after_all_whose_water_reaches_it_whatever_the_order_of_the_file():
    for order in permutations(CITY):
        found = [each.id for each in gauges_downstream(order)]
        assert found == ["canal", "tributary", "upper", "bridge", "mouth"]


def test_a_gauge_whose_next_one_is_gone_is_the_last_of_its_river():
    assert [each.id for each in gauges_downstream([gauge("upper", "bridge"), gauge("bridge", "gone")])] == [
        "upper", "bridge",
    ]  # fmt: skip
