"""A real `siaga-edge`: reload on SIGHUP, its commands, and brokers that come and go."""

import signal
import subprocess
import sys
from pathlib import Path

from firmware_bridge.families import sds011
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire, publisher, wait_for_values
from tests.servers import wait_until

MARKET = """
[[sources]]
name = "market"
family = "tasmota"
topic = "tele/market/SENSOR"
sensor = "air-market"
"""
BEACH = """
[[sources]]
name = "beach"
family = "tasmota"
topic = "tele/beach/SENSOR"
sensor = "air-beach"
"""


def test_a_hangup_signal_starts_what_is_new_and_leaves_the_rest_running(tmp_path: Path):
    wire = Wire(tmp_path / "tty-air")
    line = f'[[sources]]\nname = "line"\nfamily = "sds011"\nport = "{wire.port}"\nsensor = "air-line"\n'
    gateway = Gateway(tmp_path, sources=MARKET + line, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("market") and cloud.is_open("line"), "both sources are open")
        wire.send(sds011.build(pm2_5=1.5, pm10=2.5))
        wait_until(lambda: cloud.source_state("line") == "ok", "the line speaks")
        gateway.write(BEACH + line)
        gateway.edge.signal(signal.SIGHUP)
        wait_until(lambda: cloud.is_open("beach"), "the new topic is subscribed")
        assert cloud.source_state("market") == ""
        assert cloud.source_state("line") == "ok"
        sensor = publisher(gateway.port)
        sensor.publish("tele/market/SENSOR", '{"Time":"2026-11-24T03:10:00","BME280":{"Temperature":21.0}}', qos=1)
        sensor.publish("tele/beach/SENSOR", '{"Time":"2026-11-24T03:10:00","BME280":{"Temperature":30.5}}', qos=1)
        wait_for_values(cloud, "temperature", {30.5})
        assert cloud.values("temperature") == [30.5]
        assert gateway.edge.tail().count("source line: starting") == 1
        cloud.close()


def test_a_reload_with_mistakes_changes_nothing_and_names_them_all(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=MARKET, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("market"), "the topic is subscribed")
        gateway.write(MARKET.replace("tasmota", "tasmoto") + BEACH.replace("tele/beach", "tele/be+ch"))
        gateway.edge.signal(signal.SIGHUP)
        wait_until(lambda: "did you mean tasmota?" in gateway.edge.tail(), "the log names the first mistake")
        wait_until(lambda: "+ stands for a whole level" in gateway.edge.tail(), "the log names the second")
        publisher(gateway.port).publish("tele/market/SENSOR", '{"BME280":{"Temperature":21.0}}', qos=1)
        wait_for_values(cloud, "temperature", {21.0})
        cloud.close()


def test_a_broker_that_is_killed_is_found_again_and_nothing_is_missing(tmp_path: Path):
    wire = Wire(tmp_path / "tty-air")
    line = f'[[sources]]\nname = "line"\nfamily = "sds011"\nport = "{wire.port}"\nsensor = "air-line"\n'
    gateway = Gateway(tmp_path, sources=line)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("line"), "the line is open")
        wire.send(sds011.build(pm2_5=1.0, pm10=2.0))
        wait_for_values(cloud, "pm2_5", {1.0})
        gateway.broker.kill()
        for tenths in range(20, 40):
            wire.send(sds011.build(pm2_5=tenths / 10, pm10=2.0))
        gateway.broker.start()
        wait_for_values(cloud, "pm2_5", {tenths / 10 for tenths in range(20, 40)})
        assert cloud.lost() == []
        cloud.close()


def test_retained_messages_without_a_time_of_their_own_are_old_news(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=MARKET, local=True)
    with gateway.broker:
        sensor = publisher(gateway.port)
        sensor.publish("tele/market/SENSOR", '{"BME280":{"Temperature":11.0}}', qos=1, retain=True).wait_for_publish(10)
        with gateway.edge:
            cloud = Cloud(gateway.port)
            wait_until(lambda: cloud.source_state("market") == "ok", "the retained message was heard")
            sensor.publish("tele/market/SENSOR", '{"BME280":{"Temperature":22.0}}', qos=1)
            wait_for_values(cloud, "temperature", {22.0})
            assert cloud.values("temperature") == [22.0]
            cloud.close()


def test_run_refuses_settings_with_mistakes_in_the_words_of_check(tmp_path: Path):
    settings = tmp_path / "edge.toml"
    settings.write_text('[gateway]\nid = "GW 1"\n[spool]\nmax_md = 3\n[[sources]]\nname = "a"\nfamily = "sds"\n')
    said = {command: _siaga_edge(command, settings) for command in ("check", "run")}
    assert said["check"].returncode == said["run"].returncode == 2
    assert said["check"].stderr == said["run"].stderr
    assert len(said["check"].stderr.splitlines()) == 3


def test_a_port_that_is_missing_is_a_warning(tmp_path: Path):
    settings = tmp_path / "edge.toml"
    settings.write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "a"\nfamily = "sds011"\nsensor = "air-1"\nport = "/dev/ttyUSB77"\n'
    )
    done = _siaga_edge("check", settings)
    assert done.returncode == 0
    assert "warning: edge.toml: sources[0].port: '/dev/ttyUSB77' does not exist" in done.stderr


def _siaga_edge(command: str, settings: Path) -> "subprocess.CompletedProcess[str]":
    root = Path(__file__).parent.parent.parent
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", command, "--config", settings], cwd=root, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
