"""A process that was killed on this machine is known to be gone, and its shards are taken without waiting."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.database.lease import is_gone, this_process
from tests.registries import ENGINES
from tests.servers import wait_until
from tests.unit.cloud.database.test_lease import ALL, UPPER, Waiting, lease, registry


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, new_registry: Callable[[str], str]) -> str:
    return new_registry(request.param)


async def test_shards_of_a_process_that_was_killed_on_this_machine_are_taken_without_waiting(url: str):
    async with registry(url) as database:
        killed = _a_process_that_was_killed()
        await lease(database, ALL, process=killed).acquire()
        waiting = Waiting()
        await lease(database, UPPER, waiting).acquire()
        assert waiting.pauses == 0


def test_a_process_is_gone_when_it_is_dead_even_before_its_parent_looks():
    running = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    kernel, _, _ = this_process().rsplit(" ", 2)
    named = f"{kernel} {running.pid} {_ticks(running.pid)}"
    assert not is_gone(named)
    assert is_gone(f"{kernel} {running.pid} 1")  # another one had this number before
    running.kill()
    wait_until(lambda: is_gone(named), "the dead process is called gone, though nobody has waited for it")
    running.wait()
    assert is_gone(named)


def _a_process_that_was_killed() -> str:
    asked = "from cloud.database.lease import this_process; print(this_process())"
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def _ticks(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
