"""(b) The whole ingest path: batches already queued on a real Mosquitto, to InfluxDB or SQLite.

The cloud subscribes, is stopped (SIGSTOP) while the batches are published, and goes on (SIGCONT): from there to the
last ack, which it gives only when the store holds the batch, is the time that counts.
"""

import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.lines_and_batches import READINGS_EACH, city
from bench.processes import cpu_s, peak_mb
from bench.settings import cloud_settings
from tests.servers import Program, free_port, mosquitto, siaga_cloud, wait_until
from wire import Channel, decode_ack, topic_of

QUEUE = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000"


class Ingest(NamedTuple):
    """What the cloud did with the queue."""

    readings_per_s: float
    cpu_us_a_reading: float
    peak_mb: float


def measure(folder: Path, store: str, batches: Iterable[tuple[str, bytes]]) -> Ingest:
    """Run the cloud with the `[store]` settings `store` on `batches` (gateway, payload)."""
    folder.mkdir()
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(city())
    (folder / "cloud.toml").write_text(cloud_settings(port, api_port, store))
    broker = mosquitto(folder, port, settings=QUEUE)
    cloud = siaga_cloud(folder, folder / "cloud.toml", port=api_port)
    with broker, cloud:
        return _drain(port, cloud, list(batches))


def _drain(port: int, cloud: Program, batches: list[tuple[str, bytes]]) -> Ingest:
    readings = READINGS_EACH * len(batches)
    safe = 0
    all_acknowledged = threading.Event()

    def hear(_client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        nonlocal safe
        ack = decode_ack(bytes(message.payload))
        safe += ack.last - ack.first + 1
        if safe >= readings:
            all_acknowledged.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench")
    client.on_message = hear
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.subscribe("siaga/v1/+/+/ack", qos=0)
    client.loop_start()
    wait_until(lambda: "connected to broker" in cloud.tail(), "the cloud subscribes")
    process = cloud.process
    assert process is not None
    cloud.signal(signal.SIGSTOP)
    for gateway, payload in batches:
        client.publish(topic_of(gateway, Channel.UP), payload, qos=1)
    wait_until(lambda: not client._out_messages, "the broker holds all batches", patience_s=120)
    cpu_before_s, started = cpu_s(process.pid), time.perf_counter()
    cloud.signal(signal.SIGCONT)
    if not all_acknowledged.wait(300):
        raise RuntimeError(f"{safe} of {readings} readings were acknowledged; the cloud's log ends:\n{cloud.tail()}")
    took_s = time.perf_counter() - started
    used_s = cpu_s(process.pid) - cpu_before_s
    client.loop_stop()
    return Ingest(readings / took_s, used_s / readings * 1e6, peak_mb(process.pid))
