"""make demo as its user meets it: fresh readings of every domain, data that stays, one sentence for what is wrong."""

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.influxdb import installed_influxdb
from tests import loopback
from tests.servers import Command, Program, free_port, wait_until
from wire.measurements import COMPUTED


def _demo(
    folder: Path, port: int, *, data: Path | None = None, name: str = "demo", past_days: int = 0, store: str = "sqlite"
) -> Program:
    command: Command = [
        sys.executable,
        "-m",
        "demo.cli",
        "--port",
        str(port),
        "--data",
        data or folder / "data",
        "--history",
        str(past_days),
        "--store",
        store,
        "--grafana",
        "none",
        "--language",
        "en",
    ]
    return Program(name, command, folder)


def _visitor(demo: Program, role: str = "viewer") -> httpx.Client:
    """Somebody who logs in as the demo says."""
    said = re.search(r"by name: viewer, .*administrator; the password is (\S+)", demo.tail())
    assert said is not None
    assert "For this machine only: it listens on the loopback." in demo.tail()
    port = demo.command[demo.command.index("--port") + 1]
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10)
    client.post("/session", json={"name": role, "password": said[1]}).raise_for_status()
    return client


def _get(visitor: httpx.Client, path: str) -> Any:
    return visitor.get(path).raise_for_status().json()


def _hours_ago(hours: int) -> int:
    return int((time.time() - hours * 3_600) * 1_000)


def _is_ready(demo: Program) -> bool:
    demo.must_live()
    return "Ctrl-C ends the demo." in demo.tail()  # the last of what it says at the start


def _parts_of(demo: Program) -> dict[int, str]:
    """The processes that the demo has started: pid and command line."""
    assert demo.process is not None
    return {pid: _command(pid) for pid in _processes() if _parent(pid) == demo.process.pid}


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _parent(pid: int) -> int | None:
    """The parent of a living process."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None  # it ended while we looked
    return None if state == "Z" else int(parent)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _living(parts: dict[int, str]) -> dict[int, str]:
    return {pid: command for pid, command in parts.items() if _parent(pid) is not None and _command(pid) == command}


def test_the_demo_shows_fresh_readings_keeps_them_over_a_restart_and_ends_at_ctrl_c(tmp_path: Path):
    port = free_port()
    with _demo(tmp_path, port, past_days=1) as demo:
        wait_until(lambda: _is_ready(demo), "the demo is ready", patience_s=60)
        visitor = _visitor(demo)
        past = _get(visitor, f"/readings?sensor=river-daruba&quantity=water_level&start={_hours_ago(23)}&every=1h")
        assert len(past["points"]) in (23, 24)  # without a gap up to the present
        alarms = _get(visitor, "/alarms")["alarms"]
        assert [alarm for alarm in alarms if alarm["late"] or alarm["family"] == "silence"] == []
        for domain in ("flood", "air", "footfall"):
            latest = _get(visitor, f"/readings/latest?domain={domain}")
            assert min(reading["age_s"] for reading in latest) < 10
            measured = [reading for reading in latest if reading["gateway"] != COMPUTED]  # young as an hour begins
            assert {reading["gateway"] for reading in measured if reading["age_s"] < 10} == {"gw-daruba", "gw-utara"}
        wait_until(lambda: len(re.findall(r"lost 0 ·", demo.tail())) >= 2, "two lines of figures")
        refused = _get(visitor, "/dead-letters")
        assert (refused["open"], refused["letters"], refused["discarded"]) == (0, [], []), refused
        level = _get(visitor, "/readings/latest?domain=flood&site=daruba-river")[0]
        parts = _parts_of(demo)
        assert len(parts) == 5  # broker, devices, cloud, two gateways
        demo.signal(signal.SIGINT)
        assert demo.wait() == 0
    assert _living(parts) == {}
    assert "its data stays in" in demo.tail()

    with _demo(tmp_path, port, name="again") as demo:
        wait_until(lambda: _is_ready(demo), "the demo is ready again", patience_s=60)
        for role in ("viewer", "technician", "operator", "engineer", "administrator"):
            assert _get(_visitor(demo, role), "/session")["role"] == role
        history = _get(_visitor(demo), "/readings?sensor={sensor}&quantity={quantity}&start={time}".format(**level))
        assert history["points"][0]["time"] == level["time"]
        assert history["points"][0]["value"] == level["value"]
        assert demo.stop() == 0


def test_no_process_is_left_when_the_demo_itself_is_killed_and_another_can_follow_at_once(tmp_path: Path):
    port, data = free_port(), tmp_path / 'pulau "Morotai" $1'
    with _demo(tmp_path, port, data=data) as demo:
        wait_until(lambda: _is_ready(demo), "the demo is ready", patience_s=60)
        parts = _parts_of(demo)
        demo.kill()
    with _demo(tmp_path, port, data=data, name="again") as again:
        wait_until(lambda: _is_ready(again), "another demo is ready")
        assert _living(parts) == {}


def test_its_link_logs_in_once_on_an_influxdb_that_is_there_and_a_part_that_dies_ends_the_demo(tmp_path: Path):
    with _demo(tmp_path, free_port(), store="auto") as demo:
        wait_until(lambda: _is_ready(demo), "the demo is ready", patience_s=60)
        link = re.search(r"http://127\.0\.0\.1:\d+/login/code/\S+", demo.tail())
        assert link is not None
        assert [loopback.post(link[0]).status_code for _ in range(2)] == [303, 401]
        assert (tmp_path / "data" / "readings.db").exists() is (installed_influxdb() is None)
        parts = _parts_of(demo)
        (gateway,) = [pid for pid, command in parts.items() if "gw-utara.toml" in command]
        os.kill(gateway, signal.SIGKILL)
        assert demo.wait() == 1
    assert "gw-utara ended with code -9" in demo.tail()
    assert _living(parts) == {}


def _refusal(demo: Program) -> str:
    demo.start()
    assert demo.wait() == 2
    (sentence,) = demo.tail().splitlines()
    return sentence


def test_a_busy_port_is_one_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        sentence = _refusal(_demo(tmp_path, port))
    assert sentence == (
        f"port {port} cannot be used: Address already in use; end what uses it, or take another port:"
        " siaga-demo --port 8090, or make demo PORT=8090"
    )


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    sentence = _refusal(_demo(tmp_path, free_port(), data=file / "data"))
    assert sentence == (
        f"the data folder {file}/data cannot be written: Not a directory;"
        " name another folder: siaga-demo --data FOLDER, or make demo DATA=FOLDER"
    )


def test_two_demos_do_not_share_a_folder(tmp_path: Path):
    with _demo(tmp_path, free_port()) as first:
        wait_until(lambda: (tmp_path / "data" / "cloud.toml").exists(), "the first has the folder")
        first.must_live()
        sentence = _refusal(_demo(tmp_path, free_port(), name="second"))
    assert sentence.startswith(f"another demo uses the data folder {tmp_path}/data;")


@pytest.mark.parametrize("port", ["0", "eighty", "70000"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str):
    demo = Program("demo", [sys.executable, "-m", "demo.cli", "--port", port], tmp_path).start()
    assert demo.wait() == 2
    assert f"{port!r} is no port; write a number from 1 to 65535" in demo.tail()
