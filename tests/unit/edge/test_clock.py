"""Time on a machine without a clock of its own."""

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


def test_the_kernel_and_this_machine_can_be_asked():
    assert kernel_is_synced() in (True, False)
    assert tick(synced=True).wall_ms > 1_600_000_000_000
    assert boot_id() == boot_id() != ""
