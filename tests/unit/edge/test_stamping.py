"""Times of readings, and readings that the wire would refuse."""

import math
from typing import Any

import pytest

from edge import stamping
from edge.clock import GatewayClock, Tick
from edge.stamp_times import LEAD_MS
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.sample import Sample
from wire import Clock, Reading

NOW_MS = 1_764_000_000_000


class Clocks:
    """The system's clocks, set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_ms, self.uptime_ms = NOW_MS, 1_000_000
        monkeypatch.setattr(stamping, "tick", lambda *, synced: Tick(self.wall_ms, self.uptime_ms, synced))

    def pass_(self, ms: int) -> None:
        self.wall_ms += ms
        self.uptime_ms += ms

    def stamper(self, *, synced: bool = True) -> Stamper:
        return Stamper(GatewayClock(Tick(self.wall_ms, self.uptime_ms, synced)))


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.fixture
def stamper(clocks: Clocks) -> Stamper:
    return clocks.stamper()


def times(stamper: Stamper, count: int = 1, quantity: str = "co2", **how: Any) -> list[int]:
    samples = [Sample(quantity, float(number)) for number in range(count)]
    return [reading.time_ms for reading in stamper.stamp("air-1", samples, pytest.fail, **how)]


def test_readings_of_the_same_moment_have_times_of_their_own_and_stay_near_it(stamper: Stamper):
    burst = times(stamper, 50)
    assert sorted(set(burst)) == burst
    assert all(abs(time_ms - NOW_MS) < 600 for time_ms in burst)
    assert abs(times(stamper, quantity="pm10")[0] - NOW_MS) < 32


def test_a_wall_clock_that_was_set_back_a_little_is_waited_for_and_the_stamps_say_so(clocks: Clocks, stamper: Stamper):
    before = times(stamper)[0]
    clocks.wall_ms -= 20_000
    readings = stamper.stamp("air-1", [Sample("co2", 1.0)] * 3, pytest.fail)
    assert [reading.time_ms > before for reading in readings] == [True] * 3
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    clocks.pass_(25_000)
    later = stamper.stamp("air-1", [Sample("co2", 1.0)], pytest.fail)[0]
    assert (abs(later.time_ms - clocks.wall_ms) < 32, later.clock) == (True, Clock.SYNCED)


def test_a_wall_clock_that_was_set_far_back_is_followed_with_times_that_were_not_used(clocks: Clocks, stamper: Stamper):
    clocks.wall_ms += 3_600_000
    wrong = [time_ms for _ in range(1_000) for time_ms in _a_second(clocks, stamper)]
    clocks.wall_ms -= 3_600_000
    right = [time_ms for _ in range(6_000) for time_ms in _a_second(clocks, stamper)]
    assert abs(right[0] - (NOW_MS + 1_001_000)) < 32
    assert len({*wrong, *right}) == 7_000


def _a_second(clocks: Clocks, stamper: Stamper) -> list[int]:
    clocks.pass_(1_000)
    return times(stamper)


def test_a_flood_runs_ahead_of_the_clock_as_far_as_it_may_and_then_must_wait(clocks: Clocks, stamper: Stamper):
    given: list[int] = []

    def flood() -> None:
        while True:
            given.extend(times(stamper, 100))

    with pytest.raises(NoFreeTime):
        flood()
    assert len(given) > 20_000
    assert sorted(set(given)) == given
    assert max(given) <= NOW_MS + LEAD_MS
    clocks.pass_(1_000)
    assert times(stamper, 100)[0] > given[-1]


def test_a_restart_uses_no_time_again_though_the_clock_stands_still(clocks: Clocks):
    kept: dict[str, str] = {}
    given: list[int] = []
    for _ in range(5):
        stamper = clocks.stamper()
        stamper.remember(kept, "boot")
        given += times(stamper, 20)
        kept |= stamper.memory("boot") or {}
    assert len(set(given)) == 100
    assert all(abs(time_ms - NOW_MS) < 2_000 for time_ms in given)


def test_what_must_be_committed_changes_only_now_and_then(clocks: Clocks, stamper: Stamper):
    changes = 0
    for _ in range(600):
        clocks.pass_(100)
        times(stamper)
        changes += stamper.memory("boot") is not None
    assert changes <= 7


def test_a_gateway_whose_clocks_were_wrong_for_years_gives_times_all_the_same(clocks: Clocks):
    stamper = clocks.stamper()
    century_ms = 100 * 365 * 86_400_000
    stamper.remember({"stamping.reserved_ms": " ".join([str(NOW_MS + century_ms)] * 32)}, "boot")
    assert abs(times(stamper)[0] - NOW_MS) < 32


def test_what_a_broker_kept_is_stamped_between_then_and_now_at_the_pace_of_its_sensor(clocks: Clocks, stamper: Stamper):
    for _ in range(10):
        clocks.pass_(10_000)
        times(stamper)
    slept_ms = clocks.wall_ms
    clocks.pass_(100_000)
    kept = [stamper.stamp("air-1", [Sample("co2", 1.0)], pytest.fail, since_ms=slept_ms)[0] for _ in range(9)]
    assert {reading.clock for reading in kept} == {Clock.ESTIMATED}
    assert all(abs(reading.time_ms - (slept_ms + n * 10_000)) < 500 for n, reading in enumerate(kept, 1))
    assert times(stamper)[0] > kept[-1].time_ms


def test_the_pace_of_a_series_is_known_after_a_restart(clocks: Clocks, stamper: Stamper):
    for _ in range(10):
        clocks.pass_(60_000)
        times(stamper)
    left_ms = clocks.wall_ms
    kept = {**stamper.paces(), **(stamper.memory("boot") or {})}
    clocks.pass_(3_600_000)
    again = clocks.stamper()
    again.remember(kept, "boot")
    given = [times(again, since_ms=left_ms)[0] for _ in range(50)]
    assert 49 * 59_000 < given[-1] - given[0] < 49 * 61_000


def test_what_a_damaged_spool_makes_of_the_memory_is_passed_over(clocks: Clocks):
    stamper = clocks.stamper()
    stamper.remember(
        {
            "stamping.reserved_ms": "\ufffd 1",
            "clock.offset_in_boot": "boot x",
            "clock.known_ms": "-",
            "stamping.paces_ms": "Air\ufffd co2 7\n\nx",
        },
        "boot",
    )
    assert abs(times(stamper)[0] - NOW_MS) < 32


def test_more_than_fits_between_then_and_now_is_stamped_all_the_same(clocks: Clocks, stamper: Stamper):
    kept = times(stamper, 5_000, since_ms=NOW_MS - 500)
    assert sorted(set(kept)) == kept
    assert kept[0] > NOW_MS - 1_000


def test_an_unknown_time_goes_on_over_a_restart_of_the_agent_where_it_was(clocks: Clocks):
    first = clocks.stamper(synced=False)
    first.remember({}, "boot")
    before = times(first)[0]
    kept = first.memory("boot")
    assert kept is not None
    clocks.wall_ms -= 3_600_000  # fake-hwclock, or somebody's hand
    clocks.uptime_ms += 30_000
    again = clocks.stamper(synced=False)
    again.remember(kept, "boot")
    assert 29_000 < times(again)[0] - before < 45_000


def test_an_unknown_time_starts_no_earlier_than_the_last_one_that_was_known(clocks: Clocks, stamper: Stamper):
    times(stamper)
    kept = stamper.memory("boot")
    assert kept is not None
    clocks.wall_ms, clocks.uptime_ms = 10_000, 10_000  # a new start of the machine, in 1970
    next_boot = clocks.stamper(synced=True)
    next_boot.remember(kept, "boot-2")
    reading = next_boot.stamp("air-1", [Sample("co2", 1.0)], pytest.fail)[0]
    assert reading.clock is Clock.UNKNOWN
    assert reading.time_ms >= NOW_MS - 32


def test_a_time_of_its_own_is_taken_as_it_is(stamper: Stamper):
    stamper.clock.state = Clock.UNKNOWN
    own_ms = NOW_MS - 86_400_000
    assert stamper.stamp("air-1", (Sample("co2", 1.0, time_ms=own_ms),), pytest.fail) == [
        Reading("air-1", "co2", own_ms, 1.0)
    ]


@pytest.mark.parametrize("own_ms", [7_000, -32_400_000, NOW_MS + 480_000, 2**53, 1_577_836_799_999])
def test_a_time_of_its_own_that_cannot_be_is_replaced_by_the_arrival_and_marked(stamper: Stamper, own_ms: int):
    said: list[str] = []
    (reading,) = stamper.stamp("air-1", (Sample("co2", 1.0, time_ms=own_ms),), pytest.fail, correct=said.append)
    assert abs(reading.time_ms - NOW_MS) < 32
    assert reading.clock is Clock.ESTIMATED
    assert str(own_ms) in said[0]


def test_readings_within_one_tick_of_a_device_are_told_apart_and_the_same_one_is_not(stamper: Stamper):
    own_ms = NOW_MS - 60_000
    values = [1.0, 1.0, 2.0, 3.0]
    given = [
        stamper.stamp("air-1", [Sample("co2", value, time_ms=own_ms)], pytest.fail)[0].time_ms - own_ms
        for value in values
    ]
    assert given == [0, 0, 1, 2]


def test_a_reading_that_is_said_to_be_old_is_stamped_before_its_arrival(clocks: Clocks, stamper: Stamper):
    samples = [Sample("co2", float(age), age_ms=age) for age in (0, 5_000, 1_000)]
    readings = stamper.stamp("air-1", samples, pytest.fail)
    assert [NOW_MS - reading.time_ms for reading in readings[1:]] == [5_000, 1_000]
    assert {reading.clock for reading in readings} == {Clock.SYNCED}


def test_the_age_of_a_reading_neither_stops_nor_dates_it_where_the_time_or_its_arrival_is_not_known(clocks: Clocks):
    lost = clocks.stamper(synced=False)
    ages = [Sample("co2", 1.0), *(Sample("co2", 1.0, age_ms=600_000) for _ in range(9))]
    assert {reading.clock for reading in lost.stamp("air-1", ages, pytest.fail)} == {Clock.UNKNOWN}
    kept = clocks.stamper()
    readings = kept.stamp("air-1", ages, pytest.fail, since_ms=NOW_MS - 60_000)
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    assert all(NOW_MS - 61_000 < reading.time_ms <= NOW_MS for reading in readings)


def test_a_stamp_carries_the_clock_state(stamper: Stamper):
    stamper.clock.state = Clock.UNKNOWN
    assert stamper.stamp("air-1", (Sample("co2", 1.0),), pytest.fail)[0].clock is Clock.UNKNOWN


@pytest.mark.parametrize(
    ("sensor", "sample", "why"),
    [
        ("Air 1", Sample("co2", 1.0), "is no name for a sensor"),
        ("", Sample("co2", 1.0), "is no name for a sensor"),
        ("air-1", Sample("CO2", 1.0), "is no name for a quantity"),
        ("air-1", Sample("co2", math.nan), "is no number"),
        ("air-1", Sample("co2", math.inf), "is no number"),
    ],
)
def test_what_the_wire_would_refuse_is_left_out_with_its_reason(
    stamper: Stamper, sensor: str, sample: Sample, why: str
):
    refusals: list[str] = []
    readings = stamper.stamp(sensor, (sample, Sample("pm10", 2.0)), refusals.append)
    assert why in refusals[0]
    assert [reading.quantity for reading in readings] == (["pm10"] if sensor == "air-1" else [])


def test_invented_sensors_do_not_fill_the_memory(stamper: Stamper, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stamping, "MOST_SERIES", 3)
    refusals: list[str] = []
    for number in range(5):
        stamper.stamp(f"s{number}", (Sample("co2", 1.0),), refusals.append)
    assert [refusal.split(" is ")[0] for refusal in refusals] == ["sensor s3", "sensor s4"]
