"""Which series are in hand, and what of them is to be computed when."""

from dataclasses import dataclass, field

import pytest

from cloud.derived import in_hand
from cloud.derived.held_levels import HeldLevels
from cloud.derived.held_series import MOST_STRETCHES
from cloud.derived.in_hand import InHand
from cloud.derived.site_sensors import SiteSensors
from cloud.readings.blocks import Block
from cloud.registry.records import City, Sensor
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, SENSORS, SITES, ZONE
from wire import QUANTITIES


def city(*sensors: Sensor) -> Registry:
    return Registry(city=City("Morotai", ZONE), sites=SITES, gateways=(), sensors=sensors)


@dataclass
class Hands:
    """What is in hand of a city whose gateway "gw" is this process's own."""

    registry: Registry = field(default_factory=lambda: city(*SENSORS))

    def __post_init__(self) -> None:
        self.others: list[tuple[str, str, int, int]] = []
        sensors = SiteSensors(self.registry)
        self.held = InHand(
            self.registry, sensors, is_own=lambda gateway: gateway == "gw",
            on_changed=lambda *changed: self.others.append(changed),
        )  # fmt: skip
        self.held.refresh()

    def store(self, sensor: str, quantities: tuple[str, ...], *times_ms: int, marks: int = 0) -> None:
        fields = tuple((quantity, [1.0] * len(times_ms)) for quantity in quantities)
        domain = QUANTITIES[quantities[0]].domain
        self.held.record([Block("daruba", sensor, "gw", domain, marks, list(times_ms), fields)])

    def found(self, sensor: str, quantity: str, first_ms: int) -> None:
        series = self.held.get(sensor, quantity)
        assert series is not None
        assert series.begin_read()
        series.end_read(first_ms, [])


def test_the_series_of_another_process_are_not_in_hand_and_neither_is_its_site():
    hands = Hands(city(*SENSORS, Sensor("far", "", "dodola", "gw-far", ("people_in",))))
    assert hands.held.get("far", "people_in") is None
    assert not hands.held.is_own("dodola")
    assert hands.held.is_own("daruba")
    hands.store("far", ("people_in",), NINE)
    assert hands.others == [("far", "people_in", NINE, NINE)]


def test_air_is_computed_when_its_hour_has_ended_and_levels_when_their_minute_has():
    hands = Hands()
    for sensor, quantity in (("air", "pm2_5"), ("river", "water_level")):
        hands.found(sensor, quantity, NINE)
        hands.store(sensor, (quantity,), NINE + 30_000)
    assert list(hands.held.take_news(NINE + 45_000)) == []
    assert list(hands.held.take_news(NINE + MINUTE)) == [("river", "water_level", NINE + 30_000, NINE + 30_000)]
    assert list(hands.held.take_ended(NINE + HOUR - 1)) == []
    ended = {(sensor, quantity) for sensor, quantity, *_ in hands.held.take_ended(NINE + HOUR)}
    assert ended == {("air", "pm2_5"), ("river", "water_level")}
    hands.store("air", ("pm2_5",), NINE + 40_000)
    assert list(hands.held.take_news(NINE + HOUR)) == [("air", "pm2_5", NINE + 40_000, NINE + 40_000)], "it was late"


YEAR = 365 * 24 * HOUR


@pytest.mark.parametrize(("sensor", "quantity"), [("river", "water_level"), ("air", "pm2_5")])
def test_a_reading_of_a_year_ago_has_its_own_hour_computed_again_and_not_the_year_after_it(sensor: str, quantity: str):
    hands = Hands()
    hands.found(sensor, quantity, NINE)
    hands.store(sensor, (quantity,), NINE)
    hands.store(sensor, (quantity,), NINE - YEAR)
    news = list(hands.held.take_news(NINE + HOUR))
    assert sorted(news) == [(sensor, quantity, NINE - YEAR, NINE - YEAR), (sensor, quantity, NINE, NINE)]
    assert list(hands.held.take_news(NINE + HOUR)) == []


@pytest.mark.parametrize("times_ms", [(NINE - YEAR, NINE), (NINE, NINE - YEAR)], ids=["in order", "in no order"])
@pytest.mark.parametrize("newest_ms", [NINE - 2 * YEAR, NINE - HOUR], ids=["new", "late"])
@pytest.mark.parametrize("marks", [0, int(Mark.SPIKE)], ids=["plain", "doubted"])
def test_a_batch_with_a_year_between_its_readings_is_two_hours(times_ms: tuple[int, ...], newest_ms: int, marks: int):
    hands = Hands(city(*SENSORS, Sensor("far", "", "dodola", "gw-far", ("people_in",))))
    hands.found("air", "pm2_5", newest_ms)
    hands.store("air", ("pm2_5",), newest_ms)
    list(hands.held.take_news(newest_ms + HOUR))
    hands.store("air", ("pm2_5",), *times_ms, marks=marks)
    hands.store("far", ("people_in",), *times_ms, marks=marks)
    apart = [(NINE - YEAR, NINE - YEAR), (NINE, NINE)]
    news = [stretch for _, quantity, *stretch in hands.held.take_news(NINE + HOUR) if quantity == "pm2_5"]
    assert sorted(map(tuple, news)) == apart
    assert [(first_ms, last_ms) for *_, first_ms, last_ms in hands.others] == apart


def test_nothing_is_computed_of_the_time_in_which_a_gauge_said_nothing_or_the_clock_stood_wrong():
    hands = Hands()
    hands.found("river", "water_level", NINE)
    hands.store("river", ("water_level",), NINE)
    hands.store("river", ("water_level",), NINE + YEAR)
    news = [(first_ms, last_ms) for *_, first_ms, last_ms in hands.held.take_news(NINE + YEAR + MINUTE)]
    assert news == [(NINE, NINE), (NINE + YEAR, NINE + YEAR)]


@pytest.mark.parametrize("way", [-1, 1], ids=["late ones", "those after a silence"])
def test_readings_days_apart_are_a_bounded_number_of_stretches_and_each_is_in_one(way: int):
    hands = Hands()
    hands.found("river", "water_level", NINE)
    times_ms = [NINE + way * (day * day + 1) * 24 * HOUR for day in range(200)]
    for time_ms in times_ms:
        hands.store("river", ("water_level",), time_ms)
    news = [(first_ms, last_ms) for *_, first_ms, last_ms in hands.held.take_news(max(times_ms) + HOUR)]
    assert len(news) <= MOST_STRETCHES
    assert all(any(first_ms <= time_ms <= last_ms for first_ms, last_ms in news) for time_ms in times_ms)


def test_what_stands_beside_a_doubted_reading_is_read_again():
    hands = Hands()
    for quantity in ("pm2_5", "pm10"):
        hands.found("air", quantity, NINE)
    hands.store("air", ("pm2_5",), NINE, marks=int(Mark.SPIKE))
    assert hands.held.get("air", "pm10").hour(NINE, NINE + HOUR) is None


def test_of_a_sensor_that_is_another_nothing_is_known_and_of_the_others_all():
    hands = Hands()
    for sensor in ("air", "air-2"):
        hands.found(sensor, "pm2_5", NINE)
    changed = [
        one if one.id != "air" else Sensor("air", "", "daruba", "gw", ("pm2_5",), interval_s=60) for one in SENSORS
    ]
    hands.registry.replace_with(city(*changed))
    hands.held.refresh()
    assert hands.held.get("air", "pm2_5").hour(NINE, NINE + HOUR) is None
    assert hands.held.get("air-2", "pm2_5").hour(NINE, NINE + HOUR) is not None


def test_levels_over_the_bound_are_dropped_and_the_hour_stays(monkeypatch):
    monkeypatch.setattr(in_hand, "MOST_LEVELS", 5)
    hands = Hands()
    hands.found("river", "water_level", NINE)
    for second in range(6):
        hands.store("river", ("water_level",), NINE + second * 1_000)
    held = hands.held.get("river", "water_level")
    assert isinstance(held, HeldLevels)
    assert held.size == 6
    hands.held.bound()
    assert held.size == 0
    assert held.points(NINE, NINE + MINUTE) is None
    assert held.hour(NINE, NINE + HOUR).count == 6
