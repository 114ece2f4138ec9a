"""Steady time never steps, goes on after a restart, and counts after a reboot what the wall clock says, never less."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.database.engine import Database
from cloud.database.steady_clock import SAVE_EVERY_MS, Moment, SteadyClock
from tests.registries import registry_in

WALL = 1_795_489_800_000
HOUR = 3_600_000


class Machine:
    """A machine's clocks, which the test sets, and the processes on it."""

    def __init__(self) -> None:
        self.boot, self.boot_ms, self.wall_ms = "boot-a", 1_000, WALL
        self.excused: list[int] = []

    def start(self) -> SteadyClock:
        return SteadyClock(
            excuse=lambda _connection, gone_ms: self.excused.append(gone_ms),
            wall_ms=lambda: self.wall_ms, boot_ms=lambda: self.boot_ms, boot_id=self.boot,
        )  # fmt: skip

    def passes(self, ms: int) -> None:
        self.boot_ms += ms
        self.wall_ms += ms

    def reboots(self, *, boot: str, gone_ms: int, step_ms: int = 0) -> None:
        self.boot, self.boot_ms = boot, 5_000
        self.wall_ms += gone_ms + step_ms


Ask = Callable[[SteadyClock], Awaitable[Moment]]


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    """Ask a clock for the moment, in a database that all clocks of the test share."""
    database = Database(registry_in(tmp_path))
    await database.open()
    yield lambda clock: database.run(clock.at)
    await database.close()


@pytest.fixture
def machine() -> Machine:
    return Machine()


async def test_a_step_of_the_clock_moves_nothing(machine: Machine, ask: Ask):
    clock = machine.start()
    first = await ask(clock)
    for step in (9 * HOUR, -9 * HOUR, -HOUR, 2 * HOUR):
        machine.passes(1_000)
        machine.wall_ms += step
        await ask(clock)
    assert (await ask(clock)).steady_ms - first.steady_ms == 4_000
    assert (await ask(clock)).wall_ms == machine.wall_ms


async def test_a_restart_in_the_same_boot_goes_on_exactly(machine: Machine, ask: Ask):
    first = await ask(machine.start())
    machine.passes(7_300)
    machine.wall_ms -= 9 * HOUR
    assert (await ask(machine.start())).steady_ms - first.steady_ms == 7_300
    assert machine.excused == [0]


@pytest.mark.parametrize(
    ("gone_ms", "step_ms", "counts_ms"),
    [(40_000, 0, 40_000), (40_000, -9 * HOUR, 0), (40_000, 2 * HOUR, 2 * HOUR + 40_000)],
)
async def test_a_reboot_counts_what_the_wall_clock_says_and_never_less_than_nothing(
    machine: Machine, ask: Ask, gone_ms: int, step_ms: int, counts_ms: int
):
    clock = machine.start()
    await ask(clock)
    machine.passes(SAVE_EVERY_MS)
    before = await ask(clock)
    machine.reboots(boot="boot-b", gone_ms=gone_ms, step_ms=step_ms)
    after = await ask(machine.start())
    assert after.steady_ms - before.steady_ms == counts_ms
    assert machine.excused == [0, counts_ms], "what waits is told for how long nobody tried"
    machine.passes(2_500)
    assert (await ask(machine.start())).steady_ms - after.steady_ms == 2_500


async def test_what_is_not_committed_is_not_believed(tmp_path: Path):
    class Undone(Exception):
        pass

    def fail(connection: Connection, clock: SteadyClock) -> None:
        clock.at(connection)
        raise Undone

    database, machine = Database(registry_in(tmp_path)), Machine()
    await database.open()
    clock = machine.start()
    with pytest.raises(Undone):
        await database.run(lambda connection: fail(connection, clock))
    machine.passes(60_000)
    machine.wall_ms += HOUR
    here = await database.run(clock.at)
    elsewhere = await database.run(machine.start().at)
    assert here.steady_ms == elsewhere.steady_ms


def test_what_is_shown_to_people_is_so_long_before_now():
    assert Moment(wall_ms=WALL, steady_ms=5_000).wall_of(3_000) == WALL - 2_000
