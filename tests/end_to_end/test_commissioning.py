"""The commands of a technician beside real processes: an agent that runs, a broker, devices on pseudo-terminals."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.check import check_file
from edge.commission.commissioning import Commissioning
from edge.commission.dialogue import Dialogue
from edge.commission.topics import topics_nearby
from edge.detect.run import PortSearched
from firmware_bridge.families import maxbotix
from i18n.catalog import LanguageCode
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire, publisher, wait_for_values
from tests.servers import free_port, mosquitto, wait_until
from wire import Ack, RefusedReadings, RefusedSensor
from wire.gateway_config import ExpectedSensor

RIVER = '[[sources]]\nname = "river"\nfamily = "maxbotix"\nport = "{port}"\nsensor = "river-1"\nmedian_of = 1\n'


def siaga_edge_says(*arguments: object) -> subprocess.CompletedProcess[str]:
    """What a command says, in English."""
    command = [sys.executable, "-m", "edge.cli", "--language", "en", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def findings(config: Path) -> tuple[int, dict[str, Any], dict[str, dict[str, str]]]:
    """The exit code of `doctor --json`, its document, and its findings by check."""
    said = siaga_edge_says("doctor", "--json", "--config", config)
    document = json.loads(said.stdout)
    return said.returncode, document, {one["check"]: one for one in document["findings"]}


def test_the_doctor_asks_a_running_agent_and_leaves_it_its_lines_and_its_connection(tmp_path: Path):
    wire = Wire(tmp_path / "tty-river")
    gateway = Gateway(tmp_path, sources=RIVER.format(port=wire.port))
    gateway.edge.command = ["env", *gateway.edge.command]  # not forked: it is told by its command line
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("river"), "the line is open")
        wire.send(maxbotix.build(distance_mm=3_000))
        wait_for_values(cloud, "distance", {300.0})
        wait_until(
            lambda: findings(gateway.settings_file)[2]["answer"]["outcome"] == "pass", "the acknowledgement is back"
        )
        code, document, found = findings(gateway.settings_file)
        assert (code, document["agent_runs"], found["source"]["outcome"]) == (0, True, "pass")
        assert found["source"]["said"].startswith("distance 300 cm, ")
        assert found["link"]["outcome"] == "pass"

        sensors = (RefusedSensor("river-1", "unknown_sensor", 1),)
        refused = RefusedReadings({"unknown_sensor": 1}, sensors)
        cloud.answer = lambda batch: Ack(batch.stream, batch.first, batch.last, refused)
        wire.send(maxbotix.build(distance_mm=3_100))
        wait_for_values(cloud, "distance", {300.0, 310.0})
        wait_until(lambda: findings(gateway.settings_file)[0] == 1, "the doctor says that it was refused")
        assert "add the sensor at the server" in findings(gateway.settings_file)[2]["refused"]["said"]

        said = siaga_edge_says("detect", wire.port, "--config", gateway.settings_file)
        assert said.returncode == 1
        assert "which reads its source 'river' there" in said.stderr
        wire.send(maxbotix.build(distance_mm=3_200))
        wait_for_values(cloud, "distance", {320.0})
        cloud.close()
    wire.unplug()


def test_what_stands_on_a_real_broker_is_heard_and_init_writes_it_as_the_city_names_it(tmp_path: Path):
    port, config = free_port(), tmp_path / "edge.toml"
    config.write_text(f'[gateway]\nid = "gw-7"\n[uplink]\nport = 1\n[local_broker]\nport = {port}\n')
    dialogue = Dialogue(LanguageCode.ENGLISH, takes_all=True)
    assert topics_nearby(config, dialogue, 0.5) == (), "nobody is there yet, which is a sentence"
    with mosquitto(tmp_path, port):
        client = publisher(port)
        payload = '{"Time":"2026-11-29T12:00:00","PMS5003":{"PM2.5":12}}'
        client.publish("tele/air-market/SENSOR", payload, qos=1, retain=True).wait_for_publish(10)
        (found,) = topics_nearby(config, dialogue, 0.5)
        client.disconnect()
        client.loop_stop()
    assert (found.topic, found.dialect, found.samples[0].value) == ("tele/air-market/SENSOR", "tasmota", 12.0)
    work = Commissioning(config, dialogue, PortSearched, may_replace=False)
    expected = [ExpectedSensor("air-1", "market", ("pm2_5",))]
    work.write(work.beginning(gateway="", cloud=""), work.sources([], expected, [found]))
    [source] = check_file(config).mqtt_sources
    assert (source.topic, source.sensor) == (found.topic, "air-1")


@pytest.mark.proof
def test_init_writes_a_file_for_a_simulated_device_by_which_an_agent_would_run(tmp_path: Path):
    port, config = tmp_path / "tty-level", tmp_path / "edge.toml"
    command = [sys.executable, "-m", "edge.cli", "simulate", "maxbotix", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as device:
        try:
            wait_until(port.exists, "the device is at its line")
            typed = ("--yes", "--config", config, "--gateway", "gw-7", "--cloud", "127.0.0.1:1883", "--port", port)
            assert siaga_edge_says("init", *typed, "--seconds", 4).returncode == 0
            assert siaga_edge_says("check", "--config", config).returncode == 0
        finally:
            device.terminate()
    (source,) = tomllib.loads(config.read_text())["sources"]
    assert (source["family"], source["port"], source["sensor"]) == ("maxbotix", str(port), "level-1")
