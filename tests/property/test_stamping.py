"""The law of stamps: whatever the clock, the machine and the agent do, no time of a series is given twice.

The model keeps what a killed process keeps: what was committed. Readings that were not committed were not sent.
"""

from collections.abc import Callable
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import stamping
from edge.clock import GatewayClock, Tick
from edge.stamp_times import LEAD_MS, offset_found
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.sample import Sample
from wire import Clock, Reading

START_MS = 1_764_000_000_000
SERIES = ("co2", "pm10")


class Machine:
    """A gateway with clocks that are set by hand; `stored` is what the cloud has of each key, or will have."""

    def __init__(self) -> None:
        self.wall_ms, self.uptime_ms, self.boot = START_MS, 50_000, 1
        self.synced = True
        self.committed: dict[str, str] = {}
        self.told_ms: int | None = None
        self.sent: list[Reading] = []
        self.unsent: list[Reading] = []
        self.start()

    def tick(self, *, synced: bool) -> Tick:
        return Tick(self.wall_ms, self.uptime_ms, synced)

    def start(self) -> None:
        self.stamper = Stamper(GatewayClock(self.tick(synced=self.synced)))
        self.stamper.remember(self.committed, str(self.boot))
        if self.told_ms is not None:
            self.receiver_tells(0)  # it is kept for this boot

    def stamp(self, number: int, since_ms: int | None = None) -> None:
        now_ms = self.stamper.now_ms()
        for _ in range((1, 3, 40, 400)[number % 4]):
            try:
                readings = self.stamper.stamp("s", [Sample(SERIES[number % 2], 0.0)], _never, since_ms=since_ms)
            except NoFreeTime:
                return  # it waits
            assert all(reading.time_ms <= now_ms + LEAD_MS for reading in readings)
            self.unsent += readings
            self.committed |= self.stamper.memory(str(self.boot)) or {}

    def stamp_kept(self, number: int) -> None:
        self.stamp(number, self.stamper.now_ms() - (number % 100) * 1_000)

    def send(self, number: int) -> None:
        count = number % 50
        self.sent += self.unsent[-count:]
        del self.unsent[-count:]

    def time_passes(self, number: int) -> None:
        ms = (10, 500, 5_000, 90_000)[number % 4]
        self.wall_ms += ms
        self.uptime_ms += ms

    def wall_is_set(self, number: int) -> None:
        self.wall_ms += (-20_000, 20_000, -600_000, 600_000, -1_500, -70_000)[number % 6]

    def kill(self, _number: int) -> None:
        self.uptime_ms += 200
        self.wall_ms += 200
        self.start()

    def reboot(self, number: int) -> None:
        self.boot += 1
        self.told_ms = None
        self.uptime_ms, self.wall_ms = 3_000, self.wall_ms + 20_000
        self.synced = number % 2 == 0
        if number % 3 == 0:
            self.wall_ms -= 1_000_000  # fake-hwclock
        self.sent += self.unsent  # as they are
        self.unsent.clear()
        self.start()

    def time_is_found(self, number: int) -> None:
        """As the agent does: unsent readings of unknown time move, those that were sent stay."""
        if self.stamper.clock.state is Clock.SYNCED:
            return
        self.wall_ms += (0, 300, -300, 1_200_000)[number % 4]
        found_ms = self.stamper.clock.poll(self.tick(synced=True))
        assert found_ms is not None
        self.synced = True
        self.put_right(found_ms)

    def receiver_tells(self, number: int) -> None:
        """Its time runs on uptime, whatever the wall clock does; it may be slewed, and jump when it lasts."""
        step_ms = (0, 1, -1, 3_600_000, -3_600_000, -70_000)[number % 6]
        self.told_ms = (self.told_ms or START_MS) + step_ms
        found_ms = self.stamper.clock.poll_receiver(self.told_ms)
        if found_ms is not None:
            self.put_right(found_ms)

    def system_is_synced(self, _number: int) -> None:
        """After a receiver's time; nothing moves any more."""
        if self.stamper.clock.state is Clock.SYNCED:
            assert self.stamper.clock.poll(self.tick(synced=True)) is None
            self.synced, self.told_ms = True, None

    def put_right(self, found_ms: int) -> None:
        before_ms = self.stamper.clock.offset_ms
        shift_ms = offset_found(found_ms) - before_ms
        times = self.stamper.times
        if times.may_move(offset_found(found_ms)):
            self.unsent = [
                Reading(r.sensor, r.quantity, r.time_ms + shift_ms, r.value, Clock.ESTIMATED)
                if r.clock is Clock.UNKNOWN
                else r
                for r in self.unsent
            ]
        times.move(shift_ms, now_ms=self.stamper.now_ms())
        self.committed |= self.stamper.memory(str(self.boot)) or {}

    def check(self) -> None:
        keys = [(reading.sensor, reading.quantity, reading.time_ms) for reading in (*self.sent, *self.unsent)]
        assert len(set(keys)) == len(keys), "a time of a series was given twice"


def _never(sentence: str) -> None:
    raise AssertionError(sentence)


ACTIONS: tuple[Callable[[Machine, int], None], ...] = (
    Machine.stamp, Machine.stamp, Machine.stamp, Machine.stamp_kept, Machine.send, Machine.time_passes,
    Machine.time_passes, Machine.wall_is_set, Machine.kill, Machine.reboot, Machine.time_is_found,
    Machine.receiver_tells, Machine.system_is_synced,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 1_000)), min_size=10, max_size=60))
def test_no_time_of_a_series_is_given_twice(actions):
    machine = Machine()
    with patch.object(stamping, "tick", machine.tick):
        machine.start()
        for action, number in actions:
            action(machine, number)
        machine.check()
