"""A technician before a running gateway: a real agent, a real broker, a simulated cloud that refuses a sensor."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from firmware_bridge.families import sds011
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire
from tests.servers import free_port, wait_until
from wire import Ack, Batch, RefusedReadings
from wire.ack import RefusedSensor

SOURCE = '[[sources]]\nname = "air"\nfamily = "sds011"\nport = "{port}"\nsensor = "air-1"\n'


def asked(gateway: Gateway, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "edge.cli", "--language", "en", *words, "--config", str(gateway.settings_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return done.returncode, done.stdout + done.stderr


def status(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked(gateway, "status", "--json")[1])
    return found


def test_status_says_what_the_cloud_has_and_refuses_and_that_no_agent_runs(tmp_path: Path):
    wire = Wire(tmp_path / "tty")
    page = f"127.0.0.1:{free_port()}"
    gateway = Gateway(tmp_path, sources=SOURCE.format(port=wire.port) + f'[page]\nlisten = "{page}"\n')
    with gateway.broker:
        cloud = Cloud(gateway.port)
        cloud.answer = _refusing
        with gateway.edge:
            wait_until(lambda: cloud.is_open("air"), "the line is open")
            wire.send(sds011.build(pm2_5=12.3, pm10=30.1))
            wait_until(lambda: bool(cloud.readings()), "readings are acknowledged")
            wait_until(lambda: asked(gateway, "status", "--line")[0] == 1, "the ack with the refusal is heard")
            _, line = asked(gateway, "status", "--line")
            assert line.startswith("refused: the cloud has everything up to ")
            assert "of air-1: unknown sensor" in line
            (air,) = status(gateway)["sources"]
            assert air["name"] == "air"
            assert air["values"][0]["sensor"] == "air-1"
            assert json.loads(shown(page, "/status.json"))["sources"][0]["values"] != []
            document = shown(page, "/?language=id")
            assert '<section class="word refused"><h1>Ditolak</h1>' in document
            assert "dari air-1: sensor tidak dikenal" in document
            assert gateway.edge.stop() == 0
        cloud.close()
    code, said = asked(gateway, "status")
    assert code == 3
    assert "siaga-edge does not run with this spool" in said
    assert not (tmp_path / "control.sock").exists()


def shown(page: str, path: str) -> str:
    """What a phone gets from the gateway's own page."""
    with urllib.request.urlopen(f"http://{page}{path}", timeout=20) as answer:
        return str(answer.read().decode())


def _refusing(batch: Batch) -> Ack:
    count = batch.last - batch.first + 1
    refused = RefusedReadings({"unknown_sensor": count}, (RefusedSensor("air-1", "unknown_sensor", count),))
    return Ack(batch.stream, batch.first, batch.last, refused if count else None)
