"""Time on a machine without a clock of its own."""

import re
from pathlib import Path

from edge.clock import GatewayClock, Tick, boot_id, kernel_is_synced, tick
from wire import Clock


def test_an_unknown_time_runs_on_from_where_it_started_whatever_the_wall_clock_does():
    clock = GatewayClock(Tick(1_000, 50, synced=False))
    assert clock.stamp_ms(Tick(1_000, 50, synced=False)) == 1_000
    assert clock.stamp_ms(Tick(999_999, 60, synced=False)) == 1_010
    assert clock.state is Clock.UNKNOWN


def test_the_step_is_found_once():
    clock = GatewayClock(Tick(1_000, 50, synced=False))
    assert clock.poll(Tick(2_000, 60, synced=False)) is None
    assert clock.poll(Tick(1_764_000_000_000, 70, synced=True)) == 1_764_000_000_000 - 70
    assert clock.poll(Tick(1_764_000_000_010, 80, synced=True)) is None
    assert clock.state is Clock.SYNCED
    assert clock.stamp_ms(Tick(1_764_000_000_020, 90, synced=True)) == 1_764_000_000_020


def test_a_receivers_time_runs_on_uptime_and_gives_way_to_the_systems():
    clock = GatewayClock(Tick(1_000, 50, synced=False))
    assert clock.poll_receiver(None) is None
    assert clock.poll_receiver(1_764_000_000_000) == 1_764_000_000_000
    assert (clock.state, clock.is_the_systems) == (Clock.SYNCED, False)
    assert clock.stamp_ms(Tick(999_999_999, 60, synced=False)) == 1_764_000_000_060
    assert clock.poll_receiver(1_764_000_000_005) is None
    assert clock.stamp_ms(Tick(7, 70, synced=False)) == 1_764_000_000_075
    assert clock.poll(Tick(1_764_000_000_200, 80, synced=True)) is None
    assert clock.is_the_systems
    assert clock.poll_receiver(1_764_000_000_005) is None
    assert clock.stamp_ms(Tick(1_764_000_000_210, 90, synced=True)) == 1_764_000_000_210


def test_a_system_that_is_synced_in_1970_does_not_win_over_a_receiver():
    clock = GatewayClock(Tick(1_000, 50, synced=True))
    clock.poll_receiver(1_764_000_000_000)
    assert clock.poll(Tick(2_000, 60, synced=True)) is None
    assert clock.stamp_ms(Tick(2_000, 60, synced=True)) == 1_764_000_000_060


def test_the_clouds_time_is_estimated_and_gives_way_to_a_receivers_and_to_the_systems():
    clock = GatewayClock(Tick(1_000, 50, synced=False))
    assert clock.poll_cloud(None) is None
    assert clock.poll_cloud(1_764_000_000_000) == 1_764_000_000_000
    assert (clock.state, clock.is_the_systems) == (Clock.ESTIMATED, False)
    assert clock.stamp_ms(Tick(7, 60, synced=False)) == 1_764_000_000_060
    assert clock.poll_receiver(1_764_000_000_500) is None
    assert (clock.state, clock.stamp_ms(Tick(7, 70, synced=False))) == (Clock.SYNCED, 1_764_000_000_570)
    assert clock.poll_cloud(1_764_000_000_000) is None
    assert clock.stamp_ms(Tick(7, 70, synced=False)) == 1_764_000_000_570
    assert clock.poll(Tick(1_764_000_000_200, 80, synced=True)) is None
    assert clock.poll_cloud(1_764_000_000_000) is None
    assert clock.is_the_systems


def test_the_kernel_and_this_machine_can_be_asked():
    assert kernel_is_synced() in (True, False)
    assert tick(synced=True).wall_ms > 1_600_000_000_000
    assert boot_id() == boot_id() != ""


def test_nothing_that_orders_bounds_or_waits_looks_at_the_time_of_day():
    """A clock that steps must cost no reading its place, no file its limit, and end no wait."""
    edge = Path(__file__).parents[3] / "edge"
    rooms = [*edge.glob("spool/*.py"), *edge.glob("link/*.py"), *edge.glob("alarms/*.py")]
    files = [*rooms, edge / "window.py", edge / "uplink.py", edge / "batch_size.py", edge / "rates.py"]
    time_of_day = re.compile(r"\bwall_ms\b|\btime\.time\(|\btime_ns\(|datetime\.now|utcnow")
    assert len(files) > 30
    assert [file.name for file in files if time_of_day.search(file.read_text(encoding="utf-8"))] == []
