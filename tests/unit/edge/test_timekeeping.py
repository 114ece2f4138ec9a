"""When the time is found, from the system or a receiver: what moves, what is kept over restarts; on a real file."""

import asyncio
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from edge import previous_boots, stamping, timekeeping
from edge.clock import GatewayClock, Tick
from edge.receiver_time import ReceiverTime
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spans import SeqRange
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import Stamper
from edge.timekeeping import Timekeeper
from firmware_bridge.sample import Sample
from wire import Clock, Reading

LIMITS = Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=60.0)
NOW_MS = 1_796_000_000_000
IN_1970_MS = 40_000


class Machine:
    """A machine whose clocks are set by hand; `true_ms` is UTC, which only its receiver knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "spool.db"
        self.true_ms, self.wall_ms, self.uptime_ms = NOW_MS, IN_1970_MS, 30_000
        self.boot, self.synced = "boot-1", False
        self.starts = 0

    def tick(self, *, synced: bool) -> Tick:
        return Tick(self.wall_ms, self.uptime_ms, synced)

    def pass_(self, ms: int) -> None:
        self.true_ms += ms
        self.wall_ms += ms
        self.uptime_ms += ms

    def reboot(self) -> None:
        self.pass_(60_000)
        self.boot, self.uptime_ms, self.wall_ms = "boot-2", 12_000, IN_1970_MS


class Agent:
    """What an agent does with its time and its spool."""

    def __init__(self, machine: Machine, *, receiver: str | None = "gps") -> None:
        self.machine = machine
        machine.starts += 1
        clock = GatewayClock(machine.tick(synced=machine.synced))
        self.stamper = Stamper(clock)
        self.stream = f"stream-{machine.starts}"
        self.spool = Spool(Origin(self.stream, machine.boot, clock.offset_ms), LIMITS)
        self.spooler = Spooler(self.spool, SpoolFile(machine.path), on_change=lambda: None)
        self.receiver = None if receiver is None else ReceiverTime(receiver)
        self.time = Timekeeper(
            self.stamper, self.spooler, self.receiver, boot=machine.boot,
            monotonic_s=asyncio.get_running_loop().time,
        )  # fmt: skip
        self.count = 0

    async def start(self) -> "Agent":
        await self.spooler.start()
        await self._place(self.time.recall())
        return self

    async def second(self, *, fix: bool = False, answer: bool = False, wrong_ms: int = 0) -> None:
        """A second, in which a reading comes, and perhaps a fix or an answer of the cloud."""
        self.machine.pass_(1_000)
        self.read()
        if answer:
            self.time.on_answer(self.machine.true_ms + wrong_ms - 200, 0.4)
        if fix and self.receiver is not None:
            self.receiver.on_fix(self.machine.true_ms + wrong_ms, self.machine.uptime_ms)
        await self._place(self.time.find(synced=self.stamper.clock.is_the_systems or self.machine.synced))

    def read(self) -> None:
        samples = [Sample("water_level", float(self.count))]
        readings = self.stamper.stamp("river-1", samples, pytest.fail)
        self.spooler.append(readings, keep=self.stamper.memory(self.machine.boot))
        self.count += 1

    async def _place(self, offset_ms: int | None) -> None:
        if offset_ms is not None:
            free_after_ms = self.time.moved_before_ms
            await previous_boots.place(self.spooler, boot_ms=offset_ms, free_after_ms=free_after_ms)

    async def readings(self, stream: str = "", count: int = 0) -> list[Reading]:
        await self.spooler.keep({"asked": "1"})
        return await self.spooler.read(SeqRange(stream or self.stream, 1, count or self.count)) or []

    @property
    def error_ms(self) -> int:
        """By how much the time by which readings are stamped is wrong."""
        return self.stamper.now_ms() - self.machine.true_ms

    @property
    def clock(self) -> tuple[Clock, str]:
        clock = self.stamper.clock
        whose = {"the system": "the system's", "the cloud": "the cloud's", "nowhere": "nobody's"}
        return clock.state, whose.get(self.time.whence, "the receiver's")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setattr(stamping, "tick", machine.tick)
    monkeypatch.setattr(timekeeping, "tick", machine.tick)
    return machine


RECEIVERS = (Clock.SYNCED, "the receiver's")
SYSTEMS = (Clock.SYNCED, "the system's")
CLOUDS = (Clock.ESTIMATED, "the cloud's")
NOBODYS = (Clock.UNKNOWN, "nobody's")


async def test_thousands_of_readings_of_1970_move_to_their_time_when_five_fixes_agree(machine: Machine):
    agent = await Agent(machine).start()
    for _ in range(5_000):
        machine.pass_(1_000)
        agent.read()
    await agent.spooler.keep({})
    assert "the receiver 'gps' has told no time to go by" in agent.time.note
    for _ in range(4):
        await agent.second(fix=True)
    assert agent.clock == NOBODYS
    await agent.second(fix=True)
    assert agent.clock == RECEIVERS
    assert (agent.error_ms, agent.time.note) == (0, "")
    await agent.second()
    readings = await agent.readings()
    assert [reading.value for reading in readings] == [float(number) for number in range(5_006)]
    for number, reading in enumerate(readings):
        assert -64 < reading.time_ms - (NOW_MS + 1_000 * (number + 1)) <= 0
        assert reading.clock is (Clock.SYNCED if number == 5_005 else Clock.ESTIMATED)
    assert all(one.time_ms < next_.time_ms for one, next_ in pairwise(readings))
    await agent.spooler.stop()


async def found(machine: Machine) -> Agent:
    agent = await Agent(machine).start()
    for _ in range(5):
        await agent.second(fix=True)
    assert agent.clock == RECEIVERS
    return agent


async def test_a_restart_in_the_same_boot_goes_by_the_receivers_time_and_not_by_the_systems(machine: Machine):
    before = await found(machine)
    await before.second()
    last_ms = (await before.readings())[-1].time_ms
    await before.spooler.stop()
    machine.pass_(3_600_000)
    machine.wall_ms = IN_1970_MS  # nobody vouches for it, whatever it shows
    agent = await Agent(machine).start()
    assert agent.clock == RECEIVERS
    assert agent.error_ms == 0
    await agent.second()
    assert agent.error_ms == 0
    [reading] = await agent.readings()
    assert (reading.time_ms > last_ms, reading.clock) == (True, Clock.SYNCED)
    assert len(await agent.readings("stream-1", 6)) == 6
    await agent.spooler.stop()


async def test_a_restart_in_another_boot_knows_nothing_until_the_receiver_tells(machine: Machine):
    before = await found(machine)
    await before.second()
    await before.readings()
    await before.spooler.stop()
    machine.reboot()
    agent = await Agent(machine).start()
    assert agent.clock == NOBODYS
    await agent.second()
    assert machine.true_ms - 70_000 < agent.stamper.now_ms() < machine.true_ms
    for _ in range(5):
        await agent.second(fix=True)
    assert (agent.clock, agent.error_ms) == (RECEIVERS, 0)
    readings = await agent.readings()
    started_ms = machine.true_ms - 6_000
    for number, reading in enumerate(readings):
        assert -64 < reading.time_ms - (started_ms + 1_000 * (number + 1)) <= 0
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    await agent.spooler.stop()


async def test_readings_of_a_boot_that_never_knew_the_time_lie_before_the_one_that_the_receiver_tells(machine: Machine):
    never = await Agent(machine).start()
    for _ in range(3):
        await never.second()
    await never.spooler.stop()
    machine.reboot()
    agent = await found(machine)
    old = await agent.readings("stream-1", 3)
    assert {reading.clock for reading in old} == {Clock.ESTIMATED}
    boot_ms = machine.true_ms - machine.uptime_ms
    assert all(boot_ms - 10_000 < reading.time_ms < boot_ms for reading in old)
    await agent.spooler.stop()


async def test_the_systems_clock_wins_when_it_is_synced_and_for_the_rest_of_the_boot(machine: Machine):
    agent = await Agent(machine).start()
    for _ in range(5):
        await agent.second(fix=True, wrong_ms=17_000)  # the leap seconds are not counted
    assert (agent.clock, agent.error_ms) == (RECEIVERS, 17_000)
    moved = await agent.readings()
    machine.wall_ms, machine.synced = machine.true_ms, True
    await agent.second(fix=True, wrong_ms=17_000)
    assert (agent.clock, agent.error_ms) == (SYSTEMS, 0)
    assert "'gps' tells a time that is 17 s ahead of the system's clock" in agent.time.note
    for _ in range(30):
        await agent.second(fix=True, wrong_ms=17_000)
    after = await agent.readings()
    assert after[:5] == moved
    assert len({reading.time_ms for reading in after}) == len(after)
    assert abs(after[-1].time_ms - machine.true_ms) < 64
    machine.synced = False  # the time server is away again
    await agent.second(fix=True, wrong_ms=17_000)
    assert (agent.clock, agent.error_ms) == (SYSTEMS, 0)
    await agent.spooler.stop()
    again = await Agent(machine).start()
    assert (again.clock, again.error_ms) == (SYSTEMS, 0)
    await again.spooler.stop()


async def test_a_system_that_is_synced_from_the_start_never_asks_the_receiver(machine: Machine):
    machine.wall_ms, machine.synced = machine.true_ms, True
    agent = await Agent(machine).start()
    for _ in range(20):
        await agent.second(fix=True, wrong_ms=-600_000)
        assert (agent.clock, agent.error_ms) == (SYSTEMS, 0)
    assert "600 s behind the system's clock" in agent.time.note
    await agent.spooler.stop()


@pytest.mark.parametrize("receiver", [None, "another"])
async def test_a_time_that_another_receiver_told_is_not_believed_after_a_restart(
    machine: Machine, receiver: str | None
):
    before = await found(machine)
    await before.spooler.stop()
    agent = await Agent(machine, receiver=receiver).start()
    assert agent.clock == NOBODYS
    await agent.second()
    assert agent.clock == NOBODYS
    await agent.spooler.stop()


async def test_a_kill_before_the_move_was_committed_moves_all_of_it_at_the_next_start(machine: Machine):
    agent = await Agent(machine).start()
    for _ in range(20):
        await agent.second()
    await agent.readings()
    _copy(machine, "killed")
    for _ in range(5):
        await agent.second(fix=True)
    await agent.spooler.stop()
    machine.path = machine.folder / "killed" / "spool.db"
    again = await found(machine)
    old = await again.readings("stream-1", 20)
    assert {reading.clock for reading in old} == {Clock.ESTIMATED}
    assert all(-64 < one.time_ms - (NOW_MS + 1_000 * (at + 1)) <= 0 for at, one in enumerate(old))
    await again.spooler.stop()


async def test_a_kill_after_it_was_committed_moves_nothing_twice(machine: Machine):
    agent = await found(machine)
    moved = await agent.readings()
    _copy(machine, "killed")
    await agent.spooler.stop()
    machine.path = machine.folder / "killed" / "spool.db"
    again = await Agent(machine).start()
    assert (again.clock, again.error_ms) == (RECEIVERS, 0)
    for _ in range(5):
        await again.second(fix=True)
    assert await again.readings("stream-1", 5) == moved
    await again.spooler.stop()


def _copy(machine: Machine, name: str) -> None:
    (machine.folder / name).mkdir()
    for part in machine.folder.glob("spool.db*"):
        shutil.copy(part, machine.folder / name / part.name)


async def test_what_was_sent_while_the_time_was_unknown_stays_where_it_was(machine: Machine):
    agent = await Agent(machine).start()
    for _ in range(4):
        await agent.second()
    before = await agent.readings()
    assert agent.spool.ledger.pop_live(2, agent.spool.sendable) == SeqRange(agent.stream, 1, 2)
    for _ in range(5):
        await agent.second(fix=True)
    after = await agent.readings()
    assert after[:2] == before[:2]
    assert {reading.clock for reading in after[2:]} == {Clock.ESTIMATED}
    await agent.spooler.stop()


async def test_a_receiver_that_jumps_back_for_good_is_followed_and_no_time_is_given_twice(machine: Machine):
    agent = await found(machine)
    for _ in range(599):
        await agent.second(fix=True, wrong_ms=-7_200_000)
        assert agent.error_ms == 0
    assert "7200 s behind what it told before" in agent.time.note
    await agent.second(fix=True, wrong_ms=-7_200_000)
    assert (agent.error_ms, agent.time.note) == (-7_200_000, "")
    for _ in range(600):
        await agent.second(fix=True, wrong_ms=-7_200_000)
    readings = await agent.readings()
    assert len({reading.time_ms for reading in readings}) == len(readings) == 1_205
    await agent.spooler.stop()


async def test_a_receiver_that_loses_its_fix_for_a_day_leaves_the_time_to_the_crystal(machine: Machine):
    agent = await found(machine)
    machine.pass_(86_400_000)
    await agent.second()
    assert (agent.clock, agent.error_ms) == (RECEIVERS, 0)
    assert "has told none for 24 h" in agent.time.note
    await agent.second(fix=True)
    assert agent.time.note == ""
    await agent.spooler.stop()


async def test_the_receivers_offset_is_written_at_once_where_it_moves_and_else_each_five_minutes(machine: Machine):
    agent = await found(machine)
    kept = [agent.spool.kept["clock.receiver_in_boot"]]
    for _ in range(900):
        await agent.second(fix=True)
        if agent.spool.kept["clock.receiver_in_boot"] != kept[-1]:
            kept.append(agent.spool.kept["clock.receiver_in_boot"])
    assert len(kept) == 3
    assert all(line.startswith(f"boot-1 {NOW_MS - 30_000} ") for line in kept)
    for seconds in range(250):
        await agent.second(fix=True, wrong_ms=500)
        kept_ms = int(agent.spool.kept["clock.receiver_in_boot"].split()[1])
        assert agent.error_ms == seconds + 1
        assert abs(kept_ms - (NOW_MS - 30_000 + agent.error_ms)) <= 100
    await agent.spooler.stop()


async def test_a_spool_that_opens_after_the_receiver_has_told_the_time_changes_nothing_of_it(machine: Machine):
    before = await found(machine)
    await before.spooler.stop()
    machine.pass_(5_000)
    agent = Agent(machine)
    for _ in range(5):
        await agent.second(fix=True)
    await agent.start()
    assert (agent.clock, agent.error_ms) == (RECEIVERS, 0)
    readings = [*await agent.readings("stream-1", 5), *await agent.readings()]
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    due_ms = [NOW_MS + 1_000 * second for second in (*range(1, 6), *range(11, 16))]
    assert all(-64 < reading.time_ms - at_ms <= 0 for reading, at_ms in zip(readings, due_ms, strict=True))
    await agent.spooler.stop()


async def told_by_the_cloud(machine: Machine) -> Agent:
    agent = await Agent(machine, receiver=None).start()
    for _ in range(300):
        await agent.second(answer=True)
    assert agent.clock == NOBODYS
    await agent.second(answer=True)
    assert (agent.clock, agent.error_ms) == (CLOUDS, 0)
    return agent


async def test_where_no_time_server_ever_answers_the_cloud_tells_the_time_and_all_of_it_is_estimated(machine: Machine):
    agent = await told_by_the_cloud(machine)
    assert "the time comes from the cloud's acknowledgements" in agent.time.note
    for _ in range(10):
        await agent.second(answer=True)
    readings = await agent.readings()
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    for number, reading in enumerate(readings):
        assert -64 < reading.time_ms - (NOW_MS + 1_000 * (number + 1)) <= 0
    assert all(one.time_ms < next_.time_ms for one, next_ in pairwise(readings))
    await agent.spooler.stop()


async def test_a_restart_in_the_same_boot_goes_by_the_clouds_time_and_one_in_another_does_not(machine: Machine):
    before = await told_by_the_cloud(machine)
    await before.readings()
    await before.spooler.stop()
    machine.pass_(3_600_000)
    agent = await Agent(machine, receiver=None).start()
    assert (agent.clock, agent.error_ms) == (CLOUDS, 0)
    await agent.second()
    await agent.readings()
    await agent.spooler.stop()
    machine.reboot()
    rebooted = await Agent(machine, receiver=None).start()
    assert rebooted.clock == NOBODYS
    assert machine.true_ms - 70_000 < rebooted.stamper.now_ms() < machine.true_ms, "no earlier than what was known"
    await rebooted.spooler.stop()


async def test_a_time_server_that_answers_at_last_ends_the_clouds_time_whatever_it_said(machine: Machine):
    agent = await Agent(machine, receiver=None).start()
    for _ in range(301):
        await agent.second(answer=True, wrong_ms=-3_600_000)
    assert (agent.clock, agent.error_ms) == (CLOUDS, -3_600_000)
    moved = await agent.readings()
    machine.wall_ms, machine.synced = machine.true_ms, True
    for _ in range(10):
        await agent.second(answer=True, wrong_ms=-3_600_000)
        assert (agent.clock, agent.error_ms, agent.time.note) == (SYSTEMS, 0, "")
    readings = await agent.readings()
    assert readings[:301] == moved
    assert {reading.clock for reading in readings[302:]} == {Clock.SYNCED}
    assert len({reading.time_ms for reading in readings}) == len(readings)
    await agent.spooler.stop()
    again = await Agent(machine, receiver=None).start()
    assert (again.clock, again.error_ms) == (SYSTEMS, 0)
    await again.spooler.stop()


async def test_a_receiver_ends_the_clouds_time(machine: Machine):
    agent = await Agent(machine).start()
    for _ in range(301):
        await agent.second(answer=True, wrong_ms=900)
    assert (agent.clock, agent.error_ms) == (CLOUDS, 900)
    for _ in range(5):
        await agent.second(fix=True, answer=True, wrong_ms=0)
    assert (agent.clock, agent.error_ms) == (RECEIVERS, 0)
    await agent.second(answer=True, wrong_ms=900)
    assert (agent.clock, agent.error_ms) == (RECEIVERS, 0)
    await agent.spooler.stop()


async def test_a_system_that_is_synced_from_the_start_never_asks_the_cloud(machine: Machine):
    machine.wall_ms, machine.synced = machine.true_ms, True
    agent = await Agent(machine, receiver=None).start()
    for _ in range(310):
        await agent.second(answer=True, wrong_ms=-600_000)
        assert (agent.clock, agent.error_ms) == (SYSTEMS, 0)
    await agent.spooler.stop()


YESTERDAY_MS = 86_400_000
THREE_YEARS_MS = 3 * 365 * 86_400_000


@pytest.mark.parametrize("shows_ms", [NOW_MS - YESTERDAY_MS, NOW_MS + THREE_YEARS_MS, NOW_MS - 20_000, IN_1970_MS])
async def test_a_clock_that_nobody_vouches_for_is_put_right_by_the_step_whatever_it_shows(
    machine: Machine, shows_ms: int
):
    machine.wall_ms = shows_ms  # as the fake clock of the last shutdown has it, or a chip with an empty battery
    agent = await Agent(machine, receiver=None).start()
    for _ in range(20):
        await agent.second()
    assert agent.clock == NOBODYS
    machine.wall_ms, machine.synced = machine.true_ms, True
    await agent.second()
    assert (agent.clock, agent.error_ms) == (SYSTEMS, 0)
    readings = await agent.readings()
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    for number, reading in enumerate(readings):
        assert -64 < reading.time_ms - (NOW_MS + 1_000 * (number + 1)) <= 0
    await agent.spooler.stop()


@pytest.mark.parametrize("step_ms", [THREE_YEARS_MS, -THREE_YEARS_MS, -3_600_000, -20_000, 20_000])
async def test_a_clock_that_somebody_vouches_for_may_step_and_no_time_is_given_twice(machine: Machine, step_ms: int):
    machine.wall_ms, machine.synced = machine.true_ms, True
    agent = await Agent(machine, receiver=None).start()
    for _ in range(20):
        await agent.second()
    for change_ms in (step_ms, -step_ms):
        machine.wall_ms += change_ms
        for _ in range(30):
            await agent.second()
    assert (agent.clock, agent.error_ms) == (SYSTEMS, 0)
    readings = await agent.readings()
    assert [reading.value for reading in readings] == [float(number) for number in range(80)]
    assert len({reading.time_ms for reading in readings}) == 80
    await agent.spooler.stop()


async def test_where_nobody_ever_tells_the_time_readings_are_marked_and_lose_nothing(machine: Machine):
    agent = await Agent(machine, receiver=None).start()
    for _ in range(600):
        await agent.second()
    assert agent.clock == NOBODYS
    readings = await agent.readings()
    assert {reading.clock for reading in readings} == {Clock.UNKNOWN}
    assert [reading.value for reading in readings] == [float(number) for number in range(600)]
    assert all(one.time_ms < next_.time_ms for one, next_ in pairwise(readings))
    await agent.spooler.stop()
