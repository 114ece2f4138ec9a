"""The demo's gateways on a broker elsewhere, as far as they get without one; test_deployment.py goes further."""

import subprocess
import sys
import tomllib
from pathlib import Path

from demo.folder import DemoFolder
from tests.servers import Command


def test_without_papers_it_says_which_command_makes_them(tmp_path: Path):
    command: Command = [
        sys.executable,
        "-m",
        "demo.gateways",
        "--data",
        tmp_path / "data",
        "--papers",
        tmp_path,
        "--host",
        "b",
    ]
    refused = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert f"siaga-cloud gateway enrol gw-daruba --into {tmp_path} makes it" in refused.stderr


def test_a_gateway_keeps_its_own_broker_for_sensors_when_its_uplink_is_elsewhere(tmp_path: Path):
    elsewhere = 'host = "broker"\nport = 8883'
    DemoFolder(tmp_path).settle(broker_port=1234, uplinks={"gw-daruba": elsewhere})
    moved, here = (tomllib.loads((tmp_path / f"{name}.toml").read_text()) for name in ("gw-daruba", "gw-utara"))
    assert (moved["uplink"]["host"], moved["uplink"]["port"], moved["local_broker"]["port"]) == ("broker", 8883, 1234)
    assert (here["uplink"]["port"], here["local_broker"]["port"]) == (1234, 1234)
