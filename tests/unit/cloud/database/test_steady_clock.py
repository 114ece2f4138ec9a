"""Steady time never steps, goes on after a restart, and counts after a reboot what the wall clock says, never less."""

import asyncio
from collections.abc import Callable
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


def lived(folder: Path, life: Callable[[Machine, Callable[[SteadyClock], Moment]], None]) -> None:
    """Run `life` on a database; it asks clocks for the moment."""
    database = Database(registry_in(folder))
    machine = Machine()

    def ask(clock: SteadyClock) -> Moment:
        async def asked() -> Moment:
            return await database.run(clock.at)

        return asyncio.run(asked())

    asyncio.run(database.open())
    life(machine, ask)


def test_a_step_of_the_clock_moves_nothing(tmp_path: Path):
    def life(machine: Machine, ask: Callable[[SteadyClock], Moment]) -> None:
        clock = machine.start()
        first = ask(clock)
        for step in (9 * HOUR, -9 * HOUR, -HOUR, 2 * HOUR):
            machine.passes(1_000)
            machine.wall_ms += step
            ask(clock)
        assert ask(clock).steady_ms - first.steady_ms == 4_000
        assert ask(clock).wall_ms == machine.wall_ms

    lived(tmp_path, life)


def test_a_restart_in_the_same_boot_goes_on_exactly(tmp_path: Path):
    def life(machine: Machine, ask: Callable[[SteadyClock], Moment]) -> None:
        first = ask(machine.start())
        machine.passes(7_300)
        machine.wall_ms -= 9 * HOUR
        assert ask(machine.start()).steady_ms - first.steady_ms == 7_300
        assert machine.excused == [0]

    lived(tmp_path, life)


@pytest.mark.parametrize(
    ("gone_ms", "step_ms", "counts_ms"),
    [(40_000, 0, 40_000), (40_000, -9 * HOUR, 0), (40_000, 2 * HOUR, 2 * HOUR + 40_000)],
)
def test_a_reboot_counts_what_the_wall_clock_says_and_never_less_than_nothing(
    tmp_path: Path, gone_ms: int, step_ms: int, counts_ms: int
):
    def life(machine: Machine, ask: Callable[[SteadyClock], Moment]) -> None:
        clock = machine.start()
        ask(clock)
        machine.passes(SAVE_EVERY_MS)
        before = ask(clock)
        machine.reboots(boot="boot-b", gone_ms=gone_ms, step_ms=step_ms)
        after = ask(machine.start())
        assert after.steady_ms - before.steady_ms == counts_ms
        assert machine.excused == [0, counts_ms], "what waits is told for how long nobody tried"
        machine.passes(2_500)
        assert ask(machine.start()).steady_ms - after.steady_ms == 2_500

    lived(tmp_path, life)


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
