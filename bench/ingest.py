"""(b) The whole ingest path: batches already queued on a real Mosquitto, to InfluxDB or SQLite.

The cloud subscribes, is stopped (SIGSTOP) while the batches are published, and goes on (SIGCONT): from there to the
last ack, which it gives only when the store holds the batch, is the time that counts.
"""

import signal
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.lines_and_batches import READINGS_EACH, city
from bench.processes import busy_s, cpu_s, peak_mb
from bench.settings import cloud_settings
from tests.servers import Program, free_port, mosquitto, siaga_cloud, wait_until
from wire import Channel, decode_ack, topic_of

QUEUE = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000"


class Ingest(NamedTuple):
    """What the cloud, or several, did with the queue; cores: how many these, the store and all kept busy meanwhile."""

    readings_per_s: float
    cpu_us_a_reading: float
    peak_mb: float
    cores: float
    store_cores: float = 0.0
    all_cores: float = 0.0


def measure(folder: Path, store: str, batches: Iterable[tuple[str, bytes]]) -> Ingest:
    """Run the cloud with the `[store]` settings `store` on `batches` (gateway, payload)."""
    folder.mkdir()
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(city())
    (folder / "cloud.toml").write_text(cloud_settings(port, api_port, store))
    broker = mosquitto(folder, port, settings=QUEUE)
    cloud = siaga_cloud(folder, folder / "cloud.toml", port=api_port)
    with broker, cloud:
        return drain(port, [cloud], list(batches))


def drain(
    port: int, clouds: Sequence[Program], batches: list[tuple[str, bytes]], *, store: Program | None = None
) -> Ingest:
    """Queue `batches` at the broker while `clouds` stand still, and let these take them all in."""
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
    wait_until(lambda: all("connected to broker" in cloud.tail() for cloud in clouds), "the clouds subscribe")
    pids = [cloud.process.pid for cloud in clouds if cloud.process is not None]
    for cloud in clouds:
        cloud.signal(signal.SIGSTOP)
    for gateway, payload in batches:
        client.publish(topic_of(gateway, Channel.UP), payload, qos=1)
    wait_until(lambda: not client._out_messages, "the broker holds all batches", patience_s=120)
    used = _Used(pids, [] if store is None or store.process is None else [store.process.pid])
    started = time.perf_counter()
    for cloud in clouds:
        cloud.signal(signal.SIGCONT)
    if not all_acknowledged.wait(300):
        logs = "\n".join(cloud.tail() for cloud in clouds)
        raise RuntimeError(f"{safe} of {readings} readings were acknowledged; the logs of the clouds end:\n{logs}")
    took_s = time.perf_counter() - started
    by_clouds_s, by_store_s, by_all_s = used.since()
    client.loop_stop()
    shares = (by_clouds_s / took_s, by_store_s / took_s, by_all_s / took_s)
    return Ingest(readings / took_s, by_clouds_s / readings * 1e6, max(map(peak_mb, pids)), *shares)


class _Used:
    """CPU seconds of some processes, of some others, and of the whole machine, since it was made."""

    def __init__(self, *groups: list[int]) -> None:
        self._groups = groups
        self._before = self._now()

    def since(self) -> list[float]:
        return [now - before for now, before in zip(self._now(), self._before, strict=True)]

    def _now(self) -> list[float]:
        return [*(sum(map(cpu_s, group)) for group in self._groups), busy_s()]
