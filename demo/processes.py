"""The process tree: parts that start side by side and end together, whatever ends them.

siaga-demo ─┬─ broker   ─┬ each in a session of its own, so that Ctrl-C reaches the demo alone, which then ends the
            ├─ devices   │ parts in their order; the kernel sends them SIGTERM when the demo itself is killed
            ├─ cloud     │
            └─ gateways ─┘
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

PATIENCE_S = 2.0
"""What the parts have to end cleanly, together."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Died(Exception):
    """A part has ended by itself; the text names it and shows the end of its log."""


class DemoProcess:
    """One process of the demo: `python -m module arguments`; on standby it runs from `release` on."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        lock: IO[str],
        *,
        standby: bool = False,
        again: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        self.ends = False
        """Whether it ends by itself when its work is done."""
        self.is_needed = True
        """Whether the demo cannot go on without it."""
        self.command = tuple(command)
        self.standby = standby
        self.is_cut = False
        """Whether it was killed on purpose, and is to be started again."""
        with log.open("ab" if again else "wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *(["demo.standby"] if standby else []), *map(str, command)],
                stdin=subprocess.PIPE if standby else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock.fileno()],
                preexec_fn=_die_with(os.getpid()),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUNBUFFERED": "1"},
            )

    def release(self) -> None:
        """Let a process on standby run."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has died, which `check` tells
                self.process.stdin.write(b"\n")
                self.process.stdin.close()

    @property
    def is_done(self) -> bool:
        """Whether a process that ends by itself has done its work."""
        return self.ends and self.process.poll() == 0

    @property
    def last_line(self) -> str:
        """What it said last."""
        return self._tail(1).strip()

    def check(self) -> None:
        """Died, if the process has ended before its time."""
        code = self.process.poll()
        if code is not None and self.is_needed and not (self.is_done or self.is_cut):
            raise Died(f"{self.name} ended with code {code}; the end of {self.log}:\n{self._tail()}")

    def _tail(self, most: int = 8) -> str:
        return "\n".join(f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-most:])


class Tree:
    """All parts; leaving it ends them. Each holds the folder's `lock` as long as it lives."""

    def __init__(self, logs: Path, lock: IO[str]) -> None:
        self._logs = logs
        self._lock = lock
        self._parts: list[DemoProcess] = []

    def start(self, name: str, *command: str | Path) -> DemoProcess:
        """Start a part."""
        return self._add(name, command, standby=False)

    def prepare_work(self, name: str, *command: str | Path) -> DemoProcess:
        """Start a part that loads its code, waits for its `release`, and ends by itself when its work is done."""
        part = self._add(name, command, standby=True)
        part.ends = True
        return part

    def start_extra(self, name: str, *command: str | Path) -> DemoProcess:
        """Start a part without which the demo goes on."""
        part = self._add(name, command, standby=False)
        part.is_needed = False
        return part

    def cut(self, name: str) -> None:
        """Kill a part as a power cut does; nobody misses it until it is started again."""
        part = self._parts[self._place(name)]
        part.is_cut = True
        part.process.kill()
        part.process.wait()

    def start_again(self, name: str) -> None:
        """Start a part that was cut, as it was started before; its log goes on."""
        place = self._place(name)
        cut = self._parts[place]
        part = DemoProcess(name, cut.command, cut.log, self._lock, standby=cut.standby, again=True)
        part.release()
        self._parts[place] = part

    def _place(self, name: str) -> int:
        return next(place for place, part in enumerate(self._parts) if part.name == name)

    def prepare(self, name: str, *command: str | Path) -> DemoProcess:
        """Start a part that loads its code and waits for its `release`."""
        return self._add(name, command, standby=True)

    def _add(self, name: str, command: Sequence[str | Path], *, standby: bool) -> DemoProcess:
        part = DemoProcess(name, command, self._logs / f"{name}.log", self._lock, standby=standby)
        self._parts.append(part)
        return part

    def check(self) -> None:
        """Died, if any part has ended."""
        for part in self._parts:
            part.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: object, _traceback: TracebackType | None) -> None:
        """End all in the opposite order of their start, so that nobody misses those before them."""
        deadline_s = time.monotonic() + PATIENCE_S
        for part in reversed(self._parts):
            part.process.terminate()
            if part is not self._parts[0]:
                _wait(part, min(deadline_s, time.monotonic() + 0.5))
        for part in self._parts:
            _wait(part, deadline_s)
        for part in self._parts:
            if part.process.poll() is None:
                part.process.kill()
                part.process.wait()


def _wait(part: DemoProcess, until_s: float) -> None:
    try:
        part.process.wait(max(0.0, until_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        return  # its turn comes again, and then SIGKILL


def _die_with(demo: int):  # type: ignore[no-untyped-def]  # Callable[[], None], run between fork and exec
    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != demo:  # it was killed before we asked
            os._exit(1)

    return prepare
