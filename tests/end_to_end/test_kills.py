"""SIGKILL at random moments under load: the store has every message of a sensor, and each of them once.

sensor ─► Mosquitto ─► siaga-edge ─► the same Mosquitto ─► siaga-cloud ─► SQLite
            keeps        ╳ ╳ ╳ …, in its start, at work, in a commit; its spool on the disk of the tests' folder

SIAGA_KILLS=1000 SIAGA_SEED=7 pytest -m proof tests/end_to_end/test_kills.py
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.edge_gateway import publisher
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.servers import free_port, mosquitto, siaga_cloud, wait_until

SENSORS = """
[[sensors]]
id = "gate"
name = "Gate"
site = "daruba"
gateway = "gw-daruba"
quantities = ["people_in"]
[[sensors]]
id = "air"
name = "Air"
site = "daruba"
gateway = "gw-daruba"
quantities = ["pm10"]
"""
EDGE = """
[gateway]
id = "gw-daruba"
[spool]
path = "spool.db"
[uplink]
port = {port}
ack_timeout_s = 1.0
[local_broker]
port = {port}
[clock]
trust_system = true
[health]
every_s = 0
[[sources]]
name = "sensors"
family = "json"
topic = "sensors/+"
sensor_level = 1
values = {{ people_in = "in", pm10 = "pm" }}
"""
MESSAGES_S = 150
STORED = "SELECT value FROM readings JOIN series ON readings.series = series.id WHERE sensor = ?"


class Mortal:
    """An agent that is started and killed as fast as it goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._alive: int | None = None
        self._log = (folder / "edge.log").open("ab")
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.forked_edge", str(folder / "edge.toml")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=folder, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        )  # fmt: skip

    def start(self) -> int:
        """Start an agent: its pid."""
        assert self._parent.stdin is not None
        self._parent.stdin.write("start\n")
        self._parent.stdin.flush()
        self._alive = self._said()
        return self._alive

    def end(self, pid: int, number: signal.Signals) -> int:
        """End it, and give its wait status."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        self._alive = None
        return self._said()

    def close(self) -> None:
        """End what is alive, and start no more."""
        assert self._parent.stdin is not None
        if self._alive is not None:
            self.end(self._alive, signal.SIGKILL)
        self._parent.stdin.close()
        self._parent.wait(20)
        self._log.close()

    def _said(self) -> int:
        assert self._parent.stdout is not None
        return int(self._parent.stdout.readline())


class Load:
    """A simulated sensor: two messages in turn, one that always says the same and one that never does."""

    def __init__(self, port: int) -> None:
        self.sent = 0
        self._client = publisher(port)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began_s = time.monotonic()
        while not self._over.is_set():
            while self.sent < (time.monotonic() - began_s) * MESSAGES_S / 2:
                self._client.publish("sensors/gate", '{"in": 1}', qos=1)
                self._client.publish("sensors/air", f'{{"pm": {self.sent / 100}}}', qos=1)
                self.sent += 1
            time.sleep(0.005)

    def end(self) -> int:
        """Stop: how often each was sent."""
        self._over.set()
        self._thread.join()
        self._client.publish("over", b"", qos=1).wait_for_publish(60)
        self._client.disconnect()
        return self.sent


@contextlib.contextmanager
def _platform(folder: Path) -> Iterator[tuple[int, Mortal]]:
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(CITY_OF_ONE_GATEWAY + SENSORS)
    (folder / "edge.toml").write_text(EDGE.format(port=port))
    (folder / "cloud.toml").write_text(
        f'[broker]\nport = {port}\n[store]\nengine = "sqlite"\npath = "readings.db"\n'
        f'[registry]\nurl = "sqlite:///registry.db"\ncity = "city.toml"\n[api]\nport = {api_port}\n'
    )
    broker = mosquitto(folder, port, settings="allow_anonymous true\nmax_queued_messages 0")
    with (
        broker,
        siaga_cloud(folder, folder / "cloud.toml", port=api_port),
        contextlib.closing(Mortal(folder)) as mortal,
    ):
        yield port, mortal


def _life_s(dice: random.Random) -> float:
    """Half of them end in their start, the others at work; one in 20 lives long enough to catch up."""
    return dice.choice((dice.uniform(0.0, 0.25), dice.uniform(0.1, 0.6))) if dice.random() > 0.05 else 2.0


def _kill_again_and_again(folder: Path, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    with _platform(folder) as (port, mortal):
        pid = mortal.start()
        _subscribed(folder)
        load = Load(port)
        for _ in range(kills):
            time.sleep(_life_s(dice))  # the moment itself, not a wait for something
            status = mortal.end(pid, signal.SIGKILL)
            assert status == signal.SIGKILL, f"seed {seed}: an agent ended by itself with {status}\n{_tail(folder)}"
            pid = mortal.start()
        sent = load.end()
        wait_until(lambda: len(_stored(folder, "air")) >= sent, f"{sent} are stored", patience_s=300)
        wait_until(lambda: len(_stored(folder, "gate")) >= sent, f"{sent} are stored", patience_s=60)
        time.sleep(2.0)  # what is counted twice comes now
        assert os.waitstatus_to_exitcode(mortal.end(pid, signal.SIGTERM)) == 0, _tail(folder)
        numbers = Counter(round(value * 100) for value in _stored(folder, "air"))
        double = [number for number, times in numbers.items() if times > 1]
        print(
            f"seed {seed}: {kills} SIGKILLs; {sent} numbered messages sent, {sent - len(numbers)} lost, {len(double)} "
            f"double; {sent} equal ones sent, {len(_stored(folder, 'gate'))} stored"
        )
        assert (sorted(numbers), double) == (list(range(sent)), []), f"seed {seed}"
        assert _stored(folder, "gate") == [1.0] * sent, f"seed {seed}"
        assert "declared" not in (folder / "cloud.log").read_text(), _tail(folder)


def _subscribed(folder: Path) -> None:
    log = folder / "edge.log"
    wait_until(lambda: "source sensors" in log.read_text(), "the topic is subscribed")


def _stored(folder: Path, sensor: str) -> list[float]:
    if not (folder / "readings.db").exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{folder}/readings.db?mode=ro", uri=True)) as store:
        return [value for (value,) in store.execute(STORED, [sensor])]


def _tail(folder: Path) -> str:
    return "\n".join((folder / "edge.log").read_text(errors="replace").splitlines()[-40:])


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_a_thousand_sigkills_under_load_lose_nothing_and_count_nothing_twice(tmp_path: Path):
    seed = int(os.environ.get("SIAGA_SEED", random.randrange(10_000)))
    _kill_again_and_again(tmp_path, int(os.environ.get("SIAGA_KILLS", "1000")), seed)
