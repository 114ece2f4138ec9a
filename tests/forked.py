"""Our own programs, forked from a process that has imported them already: an import takes seconds of a core.

forked(["cloud.cli.main", "run", "--config", …], log=…, …) ─► a real process with a pid of its own, as Popen gives one

What is started by another program (faketime, strace), from a file, or by the demo is started as everywhere.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

MODULES = frozenset(
    {"cloud.cli.main", "edge.cli", "tests.integration.cloud.notify.lone_notifier", "tests.unit.cloud.console.served"}
)
"""What can be forked."""
_FROM = multiprocessing.get_context("forkserver")
_FROM.set_forkserver_preload(["tests.forked_imports"])


class ForkedProcess:
    """What `subprocess.Popen` is of a process that was started anew: as much of it as `Program` needs."""

    def __init__(self, process: multiprocessing.context.ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or the signal that killed it as a negative number; None while it lives."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and give the exit code; TimeoutExpired where it lives on."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it lives."""
        if self.returncode is None:
            os.kill(self.pid, number)


def can_be_forked(command: Sequence[str]) -> bool:
    """Whether a command is one of our modules, run by this Python."""
    return list(command[:2]) == [sys.executable, "-m"] and command[2] in MODULES


def forked(words: Sequence[str], *, log: Path, folder: Path, environment: Mapping[str, str]) -> ForkedProcess:
    """Start a module of `MODULES` with its arguments, in `folder`, its output at the end of `log`."""
    process = _FROM.Process(target=_run, args=(words, log, folder, dict(environment)), name=words[0], daemon=True)
    process.start()
    return ForkedProcess(process)


def _run(words: Sequence[str], log: Path, folder: Path, environment: Mapping[str, str]) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 1)
    os.dup2(1, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = words[1:]
    sys.modules.pop(words[0], None)  # as in a process that begins: its main module is not imported yet
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
