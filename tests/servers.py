"""Real servers and processes for tests: found or skipped in plain words, on free ports, with their log when they die.

broker = Mosquitto(tmp_path, port=free_port());  with broker: …;  broker.kill();  broker.start()
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

import psycopg
import pytest
from psycopg import sql

from tests.forked import ForkedProcess, can_be_forked, forked

Command = list[str | Path]
"""A program and what it is given."""

PATIENCE_S = 90.0
"""How long a condition may take before a test fails: generous, since nothing here measures speed."""

_WHERE = {
    "mosquitto": ("mosquitto", "/usr/sbin/mosquitto"),
    "influxd": ("influxd", "/usr/bin/influxd"),
    "victoria-metrics": ("victoria-metrics", "/usr/bin/victoria-metrics"),
    "chromium": ("chromium-headless-shell", "chromium", "/usr/bin/chromium"),
    "rabbitmq-server": ("rabbitmq-server", "/usr/sbin/rabbitmq-server"),
    "nats-server": ("nats-server", "/usr/sbin/nats-server"),
    "postgres": ("postgres", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")), reverse=True)),
    "caddy": ("caddy", "/usr/bin/caddy"),
    "shellcheck": ("shellcheck",),
    "systemd-analyze": ("systemd-analyze",),
    "faketime": ("faketime",),
    "ip": ("ip", "/usr/sbin/ip"),
    "nsenter": ("nsenter",),
    "strace": ("strace",),
    "bash": ("bash",),
    "dbus-daemon": ("dbus-daemon",),
    "ModemManager": ("ModemManager", "/usr/sbin/ModemManager"),
    "cc": ("cc", "gcc"),
    "node": ("node", "nodejs"),
    "avr-gcc": ("avr-gcc",),
    "qemu-system-avr": ("qemu-system-avr",),
    "mmdebstrap": ("mmdebstrap",),
    "qemu-arm-static": ("qemu-arm-static",),
    "qemu-aarch64-static": ("qemu-aarch64-static",),
}
_DEBIAN_PACKAGE = {
    "influxd": "influxdb", "postgres": "postgresql", "systemd-analyze": "systemd", "cc": "gcc", "node": "nodejs",
    "ip": "iproute2", "nsenter": "util-linux", "avr-gcc": "gcc-avr avr-libc", "qemu-system-avr": "qemu-system-misc",
    "ModemManager": "modemmanager", "qemu-arm-static": "qemu-user-static", "qemu-aarch64-static": "qemu-user-static",
    "chromium": "chromium-headless-shell",
}  # fmt: skip


def require(server: str) -> Path:
    """The program of a server or a checker; without it the test is skipped, or fails under SIAGA_REQUIRE_SERVERS=1."""
    for candidate in _WHERE[server]:
        found = shutil.which(candidate)
        if found:
            return Path(found)
    words = f"{server} is not installed; `apt-get install {_DEBIAN_PACKAGE.get(server, server)}` brings it"
    if os.environ.get("SIAGA_REQUIRE_SERVERS") == "1":
        pytest.fail(words)
    pytest.skip(words)


_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS_EACH = 3_000
# below what the kernel hands out by itself, and apart from the ports of the worker beside this one
_first = 10_000 + _WORKER % 7 * _PORTS_EACH
_ports = iter(random.sample(range(_first, _first + _PORTS_EACH), _PORTS_EACH))  # in an order of this run's own


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on, and that no test of this run was given before."""
    for port in _ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"all {_PORTS_EACH} ports of this worker are given away; give it more")


def wait_until(condition: Callable[[], object], what: str, *, patience_s: float = PATIENCE_S) -> None:
    """Look at `condition` until it is true; AssertionError says `what` did not happen."""
    begun = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - begun
        if waited_s > patience_s:
            raise AssertionError(f"did not happen in {patience_s:.0f} s: {what}")
        time.sleep(0.02 if waited_s < 1 else 0.1)  # what takes long may be looked at less often


class Program:
    """A process of a test, its output in a log file; may be killed and started again as often as wanted."""

    def __init__(self, name: str, command: Sequence[str | Path], folder: Path, *, port: int | None = None) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.folder = folder
        self.port = port
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | ForkedProcess | None = None

    def start(self) -> Self:
        """Start it and wait until it listens on its port, if it has one; one that never does is killed."""
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUNBUFFERED": "1"}
        if can_be_forked(self.command):
            self.process = forked(self.command[2:], log=self.log, folder=self.folder, environment=environment)
        else:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.folder,
                    env=environment, start_new_session=True,
                )  # fmt: skip
        if self.port is not None:
            port = self.port
            try:
                wait_until(lambda: self.is_dead() or listens(port), f"{self.name} listens on port {port}")
            except AssertionError:
                self.kill()
                raise
            self.must_live()
        return self

    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return self.process is None or self.process.poll() is not None

    def must_live(self) -> None:
        """Fail with the end of its log if the process has ended."""
        if self.process is not None and self.is_dead():
            pytest.fail(f"{self.name} ended with {self.process.returncode}; its log ends:\n{self.tail()}")

    def tail(self, lines: int = 40) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def kill(self) -> None:
        """SIGKILL, as a power cut or the kernel's out-of-memory killer would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code; killed where it does not obey."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it lives."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end and give the exit code."""
        return 0 if self.process is None else self.process.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is not None:
            sys.stderr.write(f"--- log of {self.name} ends:\n{self.tail()}\n")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()


def listens(port: int) -> bool:
    """Whether anybody takes connections on a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mosquitto(folder: Path, port: int, *, name: str = "mosquitto", settings: str = "allow_anonymous true") -> Program:
    """A real Mosquitto on the loopback, open to all there, that keeps nothing over a restart."""
    configuration = folder / f"{name}.conf"
    # `user root`: started by root it would else give up the right to read its files below a private folder
    configuration.write_text(f"user root\nlistener {port} 127.0.0.1\npersistence false\n{settings}\n")
    return Program(name, [require("mosquitto"), "-c", configuration], folder, port=port)


def influxd(folder: Path, port: int, *, name: str = "influxd", settings: str = "") -> Program:
    """A real InfluxDB 1.x with its data in `folder`."""
    rpc_port = free_port()
    configuration = folder / f"{name}.conf"
    configuration.write_text(
        f"""reporting-disabled = true
bind-address = "127.0.0.1:{rpc_port}"
[meta]
dir = "{folder}/{name}/meta"
[data]
dir = "{folder}/{name}/data"
wal-dir = "{folder}/{name}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
[monitor]
store-enabled = false
{settings}
"""
    )
    return Program(name, [require("influxd"), "-config", configuration], folder, port=port)


class Postgresql(Program):
    """A PostgreSQL server; its URLs have the form of `registry.url` in cloud.toml."""

    def start(self) -> Self:
        """Start it and wait until it takes connections: it listens earlier."""
        super().start()
        wait_until(lambda: self.is_dead() or self._answers(), f"{self.name} takes connections on port {self.port}")
        self.must_live()
        return self

    def database(self, name: str) -> str:
        """Make an empty database and give its URL."""
        with self._connect() as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of the database `name`."""
        return f"postgresql+psycopg://siaga@127.0.0.1:{self.port}/{name}"

    def stop(self) -> int:
        """Its fast shutdown, which waits for no client to leave, and the exit code."""
        self.signal(signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL to the server and to the processes that work for it, which would stand in the way of a new start."""
        workers = [] if self.process is None or self.is_dead() else _children(self.process.pid)
        super().kill()
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not any(map(_runs, workers)), f"the processes of {self.name} end")

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=siaga dbname=postgres", autocommit=True)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _runs(process: int) -> bool:
    return Path(f"/proc/{process}/exe").exists()  # which a process that is dead and not yet reaped has no more


def postgresql(folder: Path, port: int, *, name: str = "postgres", settings: Sequence[str] = ()) -> Postgresql:
    """A real PostgreSQL on the loopback with its data in `folder`, where the superuser `siaga` needs no password.

    `settings` are such as "max_connections=20". Nothing is forced to disk: that survives a killed server all the same.
    """
    server, where = require("postgres"), folder / name
    where.mkdir()
    as_whom: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root; the capability lets its own user into private folders
        shutil.chown(where, "postgres")
        as_whom = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        as_whom += [f"--{kind}-caps=-all,+dac_override" for kind in ("inh", "ambient")]
    initdb: Command = [
        server.with_name("initdb"),
        "--no-sync",
        "--username=siaga",
        "--auth=trust",
        "--locale=C.UTF-8",
    ]
    subprocess.run([*as_whom, *initdb, "--encoding=UTF8", "-D", where], check=True, stdout=subprocess.DEVNULL)
    options = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "fsync=off", *settings)
    chosen = [word for option in options for word in ("-c", option)]
    return Postgresql(name, [*as_whom, server, "-D", where, *chosen], folder, port=port)


def siaga_edge(folder: Path, settings_file: Path, *, name: str = "edge") -> Program:
    """A real gateway agent."""
    return Program(name, [sys.executable, "-m", "edge.cli", "run", "--config", settings_file], folder)


class Faketime:
    """A wall clock of its own for processes that are started with `prefix`; the uptime stays the machine's."""

    def __init__(self, folder: Path) -> None:
        (library,) = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        self._file = folder / "faketime"
        self.step(0)
        self.prefix = [
            "env", f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={self._file}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]  # fmt: skip

    def step(self, seconds: int) -> None:
        """Set the clock to so many seconds beside the true time, now."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}")
        fresh.replace(self._file)


def faketime(folder: Path) -> Faketime:
    """A clock that a test may set, in `folder`."""
    require("faketime")
    return Faketime(folder)


def siaga_cloud(
    folder: Path, settings_file: Path, *, name: str = "cloud", port: int | None = None, command: str = "run"
) -> Program:
    """A real cloud, or the half of it that `command` starts; `port` is its API's, if that is on."""
    arguments: Command = [sys.executable, "-m", "cloud.cli.main", command, "--config", settings_file]
    return Program(name, arguments, folder, port=port)


@contextlib.contextmanager
def all_of(*programs: Program) -> Iterator[None]:
    """Start the programs in turn, and stop them in the opposite order."""
    with contextlib.ExitStack() as stack:
        for program in programs:
            stack.enter_context(program)
        yield
