"""(c) The edge: MQTT messages of two values in, to spool, to uplink: CPU for each reading, peak memory.

load ─► Mosquitto ─► siaga-edge ─► the same Mosquitto ─► an acknowledging sink
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.processes import cpu_s, peak_mb
from bench.settings import edge_settings
from bench.sink import Sink
from tests.servers import Program, free_port, mosquitto, siaga_edge, wait_until

MESSAGES = 40_000
SOURCE = """
[[sources]]
name = "air"
family = "json"
topic = "sensors/+"
sensor_level = 1
values = { pm2_5 = "pm.fine", pm10 = "pm.coarse" }
"""


class Edge(NamedTuple):
    """What the agent used."""

    cpu_us_a_reading: float
    peak_mb: float
    lost: int


def measure(folder: Path) -> Edge:
    """Send MESSAGES of two values through the agent, as fast as the broker takes them."""
    folder.mkdir()
    port = free_port()
    (folder / "edge.toml").write_text(edge_settings(port, SOURCE, local_broker=True))
    broker = mosquitto(folder, port, settings="allow_anonymous true\nmax_queued_messages 0")
    edge = siaga_edge(folder, folder / "edge.toml")
    with broker:
        sink = Sink(port)
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="load")
        client.connect("127.0.0.1", port)
        client.loop_start()
        with edge:
            process = edge.process
            assert process is not None

            def way_is_open() -> bool:
                client.publish("sensors/probe", message(0), qos=1)
                return sink.readings > 0

            wait_until(way_is_open, "the first reading comes through")
            wait_until(lambda: sink.is_quiet(0.5), "the probes are through")
            before, cpu_before_s = sink.readings, cpu_s(process.pid)
            for number in range(MESSAGES):
                client.publish(f"sensors/air-{number % 20:02d}", message(number), qos=1)
            sink.wait(before + 2 * MESSAGES, 120)
            used_s = cpu_s(process.pid) - cpu_before_s
            result = Edge(used_s / (2 * MESSAGES) * 1e6, peak_mb(process.pid), before + 2 * MESSAGES - sink.readings)
        client.loop_stop()
        sink.close()
        return result


def bare_cpu_us_a_reading(folder: Path) -> float:
    """What receiving and decoding the same messages costs where nothing is kept: the limit of this machine."""
    folder.mkdir()
    port = free_port()
    with mosquitto(folder, port, settings="allow_anonymous true\nmax_queued_messages 0"):
        bare = Program(
            "bare", [sys.executable, "-m", "bench.bare_subscriber", str(port), str(MESSAGES), "120"], folder
        ).start()
        wait_until(lambda: "ready" in bare.tail(), "the bare subscriber listens")
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="load")
        client.connect("127.0.0.1", port)
        client.loop_start()
        for number in range(MESSAGES):
            client.publish(f"sensors/air-{number % 20:02d}", message(number), qos=1)
        bare.wait()
        client.loop_stop()
        return float(bare.tail(1)) / 2


def message(number: int) -> bytes:
    """A message of two values."""
    return json.dumps({"pm": {"fine": number % 9_000 / 10, "coarse": number % 500 / 2}}).encode()
