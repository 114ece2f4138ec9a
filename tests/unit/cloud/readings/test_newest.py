"""The newest reading of every series."""

from cloud.readings.blocks import Block
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest, newest_of
from rules.marks import Mark
from tests.unit.cloud.examples import T0
from wire import Domain
from wire.measurements import COMPUTED


def block(times_ms: list[int], *, marks: int = 0, domain: Domain = Domain.AIR, **fields: list[float]) -> Block:
    return Block("daruba", "air-market", "gw-daruba", domain, marks, times_ms, tuple(fields.items()))


def stored(quantity: str, at: int, value: float, *, sensor: str = "air-market", site: str = "daruba") -> StoredReading:
    return StoredReading(site, sensor, "gw-daruba", quantity, T0 + at, value, 0)


def test_the_newest_of_a_block_is_that_of_its_latest_time_wherever_it_stands():
    found = newest_of([block([T0, T0 + 9, T0 + 3], pm2_5=[1, 2, 3], pm10=[10, 20, 30], marks=Mark.BACKFILL)])
    assert [(each.quantity, each.time_ms - T0, each.value, each.marks) for each in found] == [
        ("pm2_5", 9, 2, Mark.BACKFILL), ("pm10", 9, 20, Mark.BACKFILL)
    ]  # fmt: skip


def test_a_late_reading_never_replaces_a_newer_one():
    newest = Newest()
    newest.load([stored("pm2_5", 100, 1.0)])
    newest.load([stored("pm2_5", 99, 2.0)])
    assert [each.value for each in newest.latest()] == [1.0]


def test_a_reading_of_the_same_time_replaces_the_one_before():
    newest = Newest()
    newest.load([stored("pm2_5", 100, 1.0), stored("pm2_5", 100, 2.0)])
    assert [each.value for each in newest.latest()] == [2.0]


def test_a_reading_of_a_time_that_has_not_come_gives_way_and_replaces_nothing():
    newest = Newest(lambda: T0 + 30_000)
    newest.load([stored("pm2_5", 30_000, 1.0), stored("pm10", 30_001, 2.0)])
    newest.load([stored("pm2_5", 0, 3.0), stored("pm10", 0, 4.0)])
    assert [each.value for each in newest.latest()] == [4.0, 1.0], "as early as can be is late, and ahead gives way"
    newest.load([stored("pm10", 30_001, 5.0)])
    assert [each.value for each in newest.latest()] == [4.0, 1.0]


def test_a_reading_of_a_time_that_has_not_come_is_shown_as_doubted_and_makes_nothing_young():
    newest = Newest(lambda: T0)
    newest.load([stored("pm2_5", 1, 1.0)])
    shown = [*newest.latest(), *newest.sensor("air-market"), newest.series("air-market", "pm2_5")]
    assert [each.marks for each in shown if each] == [int(Mark.CLOCK_UNKNOWN)] * 3
    assert newest.age_s(T0)[Domain.AIR] is None


def test_the_latest_can_be_asked_by_domain_by_site_and_by_sensor():
    newest = Newest()
    newest.load(
        [
            stored("pm2_5", 0, 1.0),
            stored("water_level", 0, 2.0, sensor="river", site="pier"),
            stored("pm10", 0, 3.0, sensor="air-pier", site="pier"),
        ]
    )
    assert [each.value for each in newest.latest(domain=Domain.AIR)] == [1.0, 3.0]
    assert [each.value for each in newest.latest(domain=Domain.AIR, site="pier")] == [3.0]
    assert [each.value for each in newest.sensor("river")] == [2.0]
    assert newest.sensor("nobody") == []


def test_the_age_of_a_domain_is_that_of_its_newest_reading_and_never_negative():
    newest = Newest()
    newest.load(
        [stored("pm2_5", 0, 1.0), stored("pm10", 4_000, 1.0), stored("water_level", 90_000, 1.0, sensor="river")]
    )
    ages = newest.age_s(T0 + 10_000)
    assert (ages[Domain.AIR], ages[Domain.FLOOD], ages[Domain.FOOTFALL]) == (6.0, 0.0, None)


def test_what_a_newer_siaga_stored_under_a_name_unknown_here_is_passed_over():
    newest = Newest()
    newest.load([stored("radiation", 0, 1.0)])
    assert newest.latest() == []


def test_computing_is_no_sign_of_life():
    newest = Newest()
    newest.load([StoredReading("daruba", "daruba", COMPUTED, "ispu", 9_000, 50.0, 0)])
    assert newest.age_s(10_000)[Domain.AIR] is None


def test_the_age_of_a_domain_is_that_of_its_newest_whatever_a_wrong_clock_has_said():
    now = [T0 + 10_000]
    newest = Newest(lambda: now[0])
    newest.load([stored("pm2_5", 4_000, 1.0), stored("pm10", 60_000, 1.0)])
    assert newest.age_s(now[0])[Domain.AIR] == 6.0
    newest.load([stored("pm10", 5_000, 2.0)])
    assert newest.age_s(now[0])[Domain.AIR] == 5.0
    newest.load([stored("pm10", 9_000, 2.0)])
    now[0] = T0 + 8_000  # the clock is set back
    assert newest.age_s(now[0])[Domain.AIR] == 4.0
    assert [one.marks for one in newest.of_sensors(["air-market"]) if one.quantity == "pm10"] == [Mark.CLOCK_UNKNOWN]
    now[0] = T0 + 12_000
    assert newest.age_s(now[0])[Domain.AIR] == 3.0


def test_what_a_sensor_says_at_another_site_is_found_there_and_no_more_where_it_was():
    newest = Newest()
    newest.load([stored("pm2_5", 1, 1.0), stored("pm2_5", 2, 2.0, site="sangowo")])
    assert [each.value for each in newest.latest(site="sangowo")] == [2.0]
    assert newest.latest(site="daruba") == []
