"""Time without a clock, and readings that the wire would refuse."""

import math

import pytest

from edge import stamping
from edge.clock import GatewayClock, Tick, boot_id, kernel_is_synced, tick
from edge.stamping import Stamper
from firmware_bridge.sample import Sample
from wire import Clock, Reading


def test_an_unknown_time_runs_on_from_where_it_started_whatever_the_wall_clock_does():
    clock = GatewayClock(Tick(1_000, 50, synced=False))
    assert clock.stamp_ms(Tick(1_000, 50, synced=False)) == 1_000
    assert clock.stamp_ms(Tick(999_999, 60, synced=False)) == 1_010
    assert clock.state is Clock.UNKNOWN


def test_the_step_is_found_once():
    clock = GatewayClock(Tick(1_000, 50, synced=False))
    assert clock.look(Tick(2_000, 60, synced=False)) is None
    assert clock.look(Tick(1_764_000_000_000, 70, synced=True)) == 1_764_000_000_000 - 70
    assert clock.look(Tick(1_764_000_000_010, 80, synced=True)) is None
    assert clock.state is Clock.SYNCED
    assert clock.stamp_ms(Tick(1_764_000_000_020, 90, synced=True)) == 1_764_000_000_020


def test_the_kernel_and_this_machine_can_be_asked():
    assert kernel_is_synced() in (True, False)
    assert tick(synced=True).wall_ms > 1_600_000_000_000
    assert boot_id() == boot_id() != ""


@pytest.fixture
def stamper(monkeypatch: pytest.MonkeyPatch) -> Stamper:
    monkeypatch.setattr(stamping, "tick", lambda *, synced: Tick(5_000, 100, synced))
    return Stamper(GatewayClock(Tick(5_000, 100, synced=True)))


def test_readings_of_the_same_moment_are_a_millisecond_apart(stamper: Stamper):
    samples = (Sample("co2", 1.0), Sample("co2", 2.0), Sample("pm10", 3.0), Sample("co2", 4.0))
    readings = stamper.stamp("air-1", samples, pytest.fail)
    assert [(reading.quantity, reading.time_ms) for reading in readings] == [
        ("co2", 5_000), ("co2", 5_001), ("pm10", 5_000), ("co2", 5_002),
    ]  # fmt: skip


def test_a_wall_clock_that_was_set_back_is_followed(stamper: Stamper, monkeypatch: pytest.MonkeyPatch):
    stamper.stamp("air-1", (Sample("co2", 1.0),), pytest.fail)
    monkeypatch.setattr(stamping, "tick", lambda *, synced: Tick(1_000, 200, synced))
    assert stamper.stamp("air-1", (Sample("co2", 1.0),), pytest.fail)[0].time_ms == 1_000


def test_a_time_of_its_own_is_taken_as_it_is(stamper: Stamper):
    stamper.clock.state = Clock.UNKNOWN
    assert stamper.stamp("air-1", (Sample("co2", 1.0, time_ms=77),), pytest.fail) == [Reading("air-1", "co2", 77, 1.0)]


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
        ("air-1", Sample("co2", 1.0, time_ms=-1), "is no time"),
        ("air-1", Sample("co2", 1.0, time_ms=2**53), "is no time"),
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
