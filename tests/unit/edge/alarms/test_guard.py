"""Relays, lines of chips, and the guard that drops them: against a simulated chip and a board on a pty."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.alarms import guarded
from edge.alarms.guard import AGAIN_S, OutputGuard, switches_of
from edge.alarms.relay import lcus, modbus_coil
from tests.heard_line import HeardLine
from tests.servers import wait_until


def test_the_frames_of_relays_are_those_of_their_sheets():
    assert (lcus(1).on, lcus(1).off) == ("a00101a2", "a00100a1")
    assert lcus(2).on == "a00201a3"
    coil = modbus_coil(1, 0)
    assert (coil.on, coil.off) == ("01050000ff008c3a", "010500000000cdca")
    assert (coil.read, coil.is_on, coil.is_off) == ("010100000001fdca", "010101019048", "010101005188")


class ToldSwitch:
    """A switch that does what it is told, while it is well."""

    def __init__(self) -> None:
        self.states: list[bool] = []
        self.problem = ""
        self.stuck: bool | None = None
        self.closed = 0

    def set(self, *, on: bool) -> None:
        if self.problem:
            raise OSError(self.problem)
        self.states.append(on)

    def is_on(self) -> bool | None:
        return self.states[-1] if self.stuck is None else self.stuck

    def close(self) -> None:
        self.closed += 1


def asked(
    guard: OutputGuard, *, on: bool, now_s: float, for_s: float = 15.0, output: str = "horn"
) -> dict[str, object]:
    request = json.dumps({"id": 7, "output": output, "on": on, "for_s": for_s}).encode()
    said: dict[str, object] = json.loads(guard.answer(request, now_s=now_s))
    return said


@pytest.fixture
def horn() -> ToldSwitch:
    return ToldSwitch()


@pytest.fixture
def guard(horn: ToldSwitch) -> OutputGuard:
    return OutputGuard({"horn": lambda: horn})


def test_at_its_start_a_guard_switches_off_whatever_was_left_on(guard: OutputGuard, horn: ToldSwitch):
    assert guard.drop_due(now_s=0.0) is None
    assert horn.states == [False]


def test_what_is_not_renewed_is_dropped(guard: OutputGuard, horn: ToldSwitch):
    assert asked(guard, on=True, now_s=0.0) == {"id": 7, "on": True, "problem": ""}
    assert guard.drop_due(now_s=10.0) == 15.0
    asked(guard, on=True, now_s=10.0)
    assert guard.drop_due(now_s=24.9) == 25.0
    assert guard.drop_due(now_s=25.0) is None
    assert horn.states == [True, True, False]


def test_no_request_holds_for_ever(guard: OutputGuard, horn: ToldSwitch):
    asked(guard, on=True, now_s=0.0, for_s=1e9)
    guard.drop_due(now_s=60.0)
    assert horn.states == [True, False]


def test_what_cannot_be_switched_off_is_tried_again(guard: OutputGuard, horn: ToldSwitch):
    asked(guard, on=True, now_s=0.0)
    horn.problem = "unplugged"
    assert guard.drop_due(now_s=15.0) == 15.0 + AGAIN_S
    assert not guard.drop_all(now_s=16.0)
    horn.problem = ""
    assert guard.drop_all(now_s=17.0)
    assert horn.states == [True, False]


def test_what_failed_is_opened_anew_since_it_may_have_been_unplugged(horn: ToldSwitch):
    opened: list[ToldSwitch] = []

    def opens() -> ToldSwitch:
        opened.append(horn)
        return horn

    guard = OutputGuard({"horn": opens})
    asked(guard, on=True, now_s=0.0)
    horn.problem = "No such device"
    assert asked(guard, on=True, now_s=1.0)["problem"] == "No such device"
    horn.problem = ""
    assert asked(guard, on=True, now_s=2.0)["problem"] == ""
    assert (len(opened), horn.closed) == (2, 1)


def test_a_relay_that_stands_otherwise_is_a_problem(guard: OutputGuard, horn: ToldSwitch):
    horn.stuck = False
    assert asked(guard, on=True, now_s=0.0)["problem"] == "it was switched on and stands off"


@pytest.mark.parametrize("line", [b"", b"[]", b'{"id":1}', b'{"id":1,"output":"horn","on":true,"for_s":"x"}', b"\xff"])
def test_a_request_that_does_not_parse_switches_nothing(guard: OutputGuard, horn: ToldSwitch, line: bytes):
    assert b"does not parse" in guard.answer(line, now_s=0.0)
    assert not horn.states


def test_another_output_is_named(guard: OutputGuard):
    assert asked(guard, on=True, now_s=0.0, output="lamp")["problem"] == "there is no output 'lamp' here"


class CoilBoard:
    """A relay board at the other end of a pty, simulated: one coil, address 1."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        self.port = os.ttyname(self._slave)
        self.on: bool | None = None
        self._line = HeardLine(self._master, self._answer, most=8)

    def _answer(self, frame: bytes) -> None:
        frames = modbus_coil(1, 0)
        if frame.hex() == frames.read:
            os.write(self._master, bytes.fromhex(frames.is_on if self.on else frames.is_off))
        elif frame.hex() in (frames.on, frames.off):
            self.on = frame.hex() == frames.on
            os.write(self._master, frame)

    def close(self) -> None:
        self._line.end()
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def board() -> Iterator[CoilBoard]:
    here = CoilBoard()
    yield here
    here.close()


def wiring_of(board: CoilBoard) -> dict[str, object]:
    frames = msgspec.to_builtins(modbus_coil(1, 0))
    return {"outputs": {"horn": {"port": board.port, "baud": 9_600, "frames": frames}}}


def test_a_coil_is_written_and_read_back_over_a_line(board: CoilBoard):
    switch = switches_of(wiring_of(board))["horn"]()
    switch.set(on=True)
    assert switch.is_on()
    switch.set(on=False)
    assert not switch.is_on()
    switch.close()


HOLDER = """
import json, subprocess, sys, time
guard = subprocess.Popen([sys.executable, "-m", "edge.alarms.guard", sys.argv[1]], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, start_new_session=True)
guard.stdin.write(json.dumps({"id": 1, "output": "horn", "on": True, "for_s": 60}).encode() + b"\\n")
guard.stdin.flush()
print(guard.stdout.readline().decode(), guard.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_holder_leaves_nothing_on(board: CoilBoard, tmp_path: Path):
    """SIGKILL, on real processes: the guard outlives whoever started it by as long as it takes to switch off."""
    root = str(Path(__file__).parents[4])
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, json.dumps(wiring_of(board))], stdout=subprocess.PIPE, cwd=root
    )
    try:
        assert holder.stdout is not None
        assert json.loads(holder.stdout.readline())["problem"] == ""
        guard_pid = int(holder.stdout.readline())
        assert board.on
        os.kill(guard_pid, signal.SIGTERM)  # as the stop of a whole unit sends it to everybody
    finally:
        holder.kill()
        holder.wait()
    wait_until(lambda: board.on is False, "the horn is off")
    wait_until(lambda: not _lives(guard_pid), "the guard has ended")


async def test_a_guard_that_hangs_with_a_relay_on_is_replaced_by_one_that_switches_it_off(
    board: CoilBoard, monkeypatch: pytest.MonkeyPatch
):
    """SIGSTOP, on real processes: it neither answers nor drops."""
    monkeypatch.setattr(guarded, "ANSWER_S", 0.2)
    monkeypatch.setattr(guarded, "HANGS_S", 0.3)
    monkeypatch.setattr(guarded, "ENDS_WITHIN_S", 0.1)
    started = asyncio.Event()
    outputs = wiring_of(board)["outputs"]
    device = guarded.GuardedDevice("port", outputs, started.set)  # type: ignore[arg-type]
    running = asyncio.create_task(device.run())
    async with asyncio.timeout(20):
        await started.wait()
        while await device.switch("horn", on=True):
            await asyncio.sleep(0.05)
        assert board.on
        started.clear()
        assert device._process is not None
        os.kill(device._process.pid, signal.SIGSTOP)
        while not started.is_set():
            await device.switch("horn", on=False)
            await asyncio.sleep(0.01)
        while await device.switch("horn", on=False):
            await asyncio.sleep(0.05)
    assert board.on is False
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_guard_loads_nothing_of_the_agent():
    code = "import sys, edge.alarms.guard; print(*{m.split('.')[0] for m in sys.modules})"
    listing = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(listing.stdout.split()) & {"msgspec", "paho", "pydantic", "firmware_bridge", "rules", "asyncio"}
