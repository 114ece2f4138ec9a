"""A real `siaga-edge` with an outlet to Home Assistant: its values stand at a broker, and the uplink waits for none.

Wire (a real pty) ─► siaga-edge ─┬─► Mosquitto ─► Cloud (simulated)
                                 └─► Mosquitto ─► Listener (a simulated Home Assistant)
"""

import json
import signal
import time
from pathlib import Path

from firmware_bridge.families import sds011
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire, wait_for_values
from tests.integration.edge.home_assistant.listener import Listener
from tests.servers import free_port, mosquitto, siaga_edge, wait_until

SOURCES = """
[home_assistant]
every_s = 1
[home_assistant.broker]
port = {port}

[[sources]]
name = "air"
family = "sds011"
port = "{folder}/tty-air"
sensor = "air-1"
"""
DUST = "siaga-edge/gw-test/values/air-1/pm2_5"
AVAILABLE = "siaga-edge/gw-test/availability"


def test_values_stand_at_the_broker_with_their_times_and_the_gateway_says_whether_it_is_there(tmp_path: Path):
    port = free_port()
    air = Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=SOURCES.format(folder=tmp_path, port=port))
    with mosquitto(tmp_path, port, name="home"), gateway.broker, gateway.edge:
        cloud, home = Cloud(gateway.port), Listener(port)
        wait_until(lambda: cloud.is_open("air"), "the line is open")
        air.send(sds011.build(pm2_5=12.3, pm10=30.1))
        wait_until(lambda: home.value(DUST) == 12.3, "the value is there")
        wait_for_values(cloud, "pm2_5", {12.3})
        (reading,) = cloud.readings("pm2_5")
        assert json.loads(home.newest[DUST])["time"].endswith(f".{reading.time_ms % 1_000:03}Z")
        wait_until(lambda: home.newest.get(AVAILABLE) == b"online", "it says that it is there")
        gateway.edge.kill()
        wait_until(lambda: home.newest[AVAILABLE] == b"offline", "its last will says that it is gone")
        gateway.edge.start()
        wait_until(lambda: home.newest[AVAILABLE] == b"online", "it is back")
        assert home.value(DUST) is None, "nobody knows the value of an earlier run by the time that it is online"
        began_s = time.monotonic()
        assert gateway.edge.stop() == 0
        assert time.monotonic() - began_s < 3
        wait_until(lambda: home.newest[AVAILABLE] == b"offline", "it has said that it goes")
        home.close()
        cloud.close()


def test_without_its_broker_readings_go_to_the_cloud_and_the_status_says_that_it_is_deaf(tmp_path: Path):
    air = Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=SOURCES.format(folder=tmp_path, port=free_port()))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("air"), "the line is open")
        air.send(sds011.build(pm2_5=12.3, pm10=30.1))
        wait_for_values(cloud, "pm2_5", {12.3})
        wait_until(lambda: "Home Assistant hears nothing of this gateway" in notes(cloud), "the status says so")
        assert "Connection refused" in notes(cloud)
        assert gateway.edge.stop() == 0
        cloud.close()


def test_a_broker_that_stands_still_holds_up_neither_the_uplink_nor_the_end(tmp_path: Path):
    port = free_port()
    air = Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=SOURCES.format(folder=tmp_path, port=port))
    home = mosquitto(tmp_path, port, name="home")
    with home, gateway.broker, gateway.edge:
        cloud, listener = Cloud(gateway.port), Listener(port)
        wait_until(lambda: listener.newest.get(AVAILABLE) == b"online", "the outlet is there")
        home.signal(signal.SIGSTOP)
        try:
            for value in (1.0, 2.0, 3.0):
                air.send(sds011.build(pm2_5=value, pm10=30.1))
                wait_for_values(cloud, "pm2_5", {value})
            began_s = time.monotonic()
            assert gateway.edge.stop() == 0
            assert time.monotonic() - began_s < 3
            status = cloud.status()
            assert status is not None
            wait_until(lambda: not (cloud.status() or status).online, "it has said that it goes")
        finally:
            home.signal(signal.SIGCONT)
        listener.close()
        cloud.close()


OTHER = """
[gateway]
id = "gw-other"
[uplink]
port = {uplink}
[local_broker]
port = {port}
[clock]
trust_system = true
[health]
every_s = 0

[[sources]]
name = "announced"
family = "homeassistant"
topic = "homeassistant/#"
state_topics = "siaga-edge/gw-test/values/+/+"
channels = {{ "siaga-gw-test-air-1" = "air-copy" }}
"""


def test_another_gateway_reads_what_this_one_announces(tmp_path: Path):
    port = free_port()
    air = Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=SOURCES.format(folder=tmp_path, port=port))
    there = tmp_path / "other"
    there.mkdir()
    (there / "edge.toml").write_text(OTHER.format(uplink=gateway.port, port=port))
    other = siaga_edge(there, there / "edge.toml", name="other")
    with mosquitto(tmp_path, port, name="home"), gateway.broker, gateway.edge, other:
        cloud, home = Cloud(gateway.port), Listener(port)
        wait_until(lambda: home.newest.get(AVAILABLE) == b"online", "the outlet is there")
        air.send(sds011.build(pm2_5=12.3, pm10=30.1))
        wait_until(lambda: home.value(DUST) == 12.3, "the series is announced, with its value")
        air.send(sds011.build(pm2_5=14.5, pm10=30.1))
        wait_until(lambda: ("air-copy", 14.5) in both(cloud), "the other gateway has read it")
        assert ("air-1", 14.5) in both(cloud)
        home.close()
        cloud.close()


def both(cloud: Cloud) -> set[tuple[str, float]]:
    return {(reading.sensor, reading.value) for reading in cloud.readings("pm2_5")}


def notes(cloud: Cloud) -> str:
    status = cloud.status()
    return " ".join(status.notes) if status else ""
