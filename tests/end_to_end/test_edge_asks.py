"""A real `siaga-edge` that asks a simulated device (`siaga-edge simulate`) on a pseudo-terminal, until it is gone."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.edge_gateway import Cloud, Gateway
from tests.servers import wait_until

AIR = """
[[sources]]
name = "hall"
family = "MH-Z19B"
port = "{path}"
sensor = "hall-1"
every_s = 1
silent_s = 4
"""


def simulated(path: Path, *options: str) -> subprocess.Popen[str]:
    """The process of a simulated MH-Z19B, once it is on its line."""
    command = [sys.executable, "-m", "edge.cli", "--language", "en", "simulate", "mhz19b", str(path), *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline().startswith("a simulated mhz19b is at")
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.stderr.close()


def test_a_device_that_answers_when_asked_is_read_and_one_that_does_not_is_said(tmp_path: Path):
    path = tmp_path / "tty-hall"
    device = simulated(path)
    gateway = Gateway(tmp_path, sources=AIR.format(path=path))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: len(cloud.values("co2")) > 1, "the concentration is asked for and read")
        assert all(300 < value < 700 for value in cloud.values("co2"))
        ended(device)
        wait_until(lambda: cloud.source_state("hall") == "failed", "the status says that it is gone")
        device = simulated(path, "--fault", "silent")
        wait_until(lambda: "does not answer: asked" in detail(cloud), "the status says who does not answer")
        ended(device)
        gateway.edge.must_live()
        cloud.close()


def detail(cloud: Cloud) -> str:
    status = cloud.status()
    return next((source.detail for source in status.sources if source.name == "hall"), "") if status else ""
