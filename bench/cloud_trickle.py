"""(j) The cloud at a trickle: small batches, live, from one gateway or from many, to InfluxDB or SQLite.

publisher ─► Mosquitto ─► cloud ─► store        a batch that is acknowledged is durable: that is its delay
1, 10, 100, 1,000 messages a second of two values each; 10, 100, 1,000 gateways with a batch of ten each second
"""

import itertools
import threading
import time
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.processes import cpu_s, peak_mb
from bench.settings import cloud_settings
from tests.servers import Program, free_port, mosquitto, siaga_cloud, wait_until
from wire import Channel, Reading, decode_ack, encode_batch, topic_of

WARM_S, MEASURED_S = 5.0, 15.0
QUANTITIES = ("pm2_5", "pm10", "temperature", "humidity", "pressure")
BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000"


class Load(NamedTuple):
    """What comes in: from how many gateways, how many batches a second of all of them, readings in each."""

    gateways: int
    batches_per_s: int
    readings_each: int

    def __str__(self) -> str:
        return f"{self.gateways} × {self.batches_per_s // self.gateways or 1}/s × {self.readings_each}"


class Cost(NamedTuple):
    """What that took: share of a core and µs of CPU a value of the cloud, the store's µs, delays to the ack.

    Acks a second: one for each gateway of a write.
    """

    cloud_share: float
    cloud_us: float
    store_us: float
    p50_ms: float
    p99_ms: float
    acks_per_s: float
    peak_mb: float


LOADS = (
    Load(1, 1, 2), Load(1, 10, 2), Load(1, 100, 2), Load(1, 1_000, 2),
    Load(10, 10, 10), Load(100, 100, 10), Load(1_000, 1_000, 10),
)  # fmt: skip


def measure(folder: Path, store: str, load: Load, server: Program | None) -> Cost:
    """Run a cloud with the `[store]` settings `store`, kept by `server`, under `load` for `MEASURED_S`."""
    folder.mkdir()
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(_city(load.gateways))
    (folder / "cloud.toml").write_text(cloud_settings(port, api_port, store))
    broker = mosquitto(folder, port, settings=BROKER)
    cloud = siaga_cloud(folder, folder / "cloud.toml", port=api_port)
    with broker, cloud:
        wait_until(lambda: "connected to broker" in cloud.tail(), "the cloud subscribes")
        pids = [program.process.pid for program in (cloud, server) if program is not None and program.process]
        return _under(load, port, pids)


def _under(load: Load, port: int, pids: list[int]) -> Cost:
    sender = _Sender(load, port)
    sender.run(WARM_S)
    before, acks_before = [cpu_s(pid) for pid in pids], sender.acks
    sent = sender.run(MEASURED_S)
    used = [cpu_s(pid) - first for pid, first in zip(pids, before, strict=True)]
    sender.stop()
    values = sent * load.readings_each
    delays = sorted(sender.delays_ms[-sent:])
    return Cost(
        used[0] / MEASURED_S,
        used[0] / values * 1e6,
        used[1] / values * 1e6 if len(used) > 1 else 0.0,
        delays[len(delays) // 2],
        delays[len(delays) * 99 // 100],
        (sender.acks - acks_before) / MEASURED_S,
        peak_mb(pids[0]),
    )


class _Sender:
    """Publishes batches at the load's pace, and takes the acks."""

    def __init__(self, load: Load, port: int) -> None:
        self.delays_ms: list[float] = []
        self.acks = 0
        self._load = load
        self._began: dict[tuple[str, int], float] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench")
        self._client.on_message = self._take_ack
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("siaga/v1/+/+/ack", qos=0)
        self._client.loop_start()

    def run(self, seconds: float) -> int:
        """Publish for `seconds`, wait for the acks, and give how many batches went out."""
        begin, sent = time.perf_counter(), 0
        while (due := sent / self._load.batches_per_s) < seconds:
            time.sleep(max(0.0, begin + due - time.perf_counter()))
            self._publish(next(self._numbers))
            sent += 1
        wait_until(lambda: not self._began, "every batch is acknowledged")
        return sent

    def stop(self) -> None:
        self._client.loop_stop()
        self._client.disconnect()

    def _publish(self, number: int) -> None:
        load = self._load
        gateway, turn = f"gw-{number % load.gateways:04d}", number // load.gateways
        now_ms, first = time.time_ns() // 1_000_000, 1 + turn * load.readings_each
        readings = [
            Reading(
                f"{gateway}-{index // len(QUANTITIES)}", QUANTITIES[index % len(QUANTITIES)], now_ms, 20.0 + turn % 7
            )
            for index in range(load.readings_each)
        ]
        with self._lock:
            self._began[gateway, first] = time.perf_counter()
        stream = f"{number % load.gateways:016x}"
        self._client.publish(topic_of(gateway, Channel.UP), encode_batch(stream, first, readings), qos=1)

    def _take_ack(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        ack, gateway = decode_ack(bytes(message.payload)), message.topic.split("/")[-2]
        now_s = time.perf_counter()
        self.acks += 1
        with self._lock:
            for first in range(ack.first, ack.last + 1, self._load.readings_each):
                if (began_s := self._began.pop((gateway, first), None)) is not None:
                    self.delays_ms.append((now_s - began_s) * 1_000)


def _city(gateways: int) -> str:
    names = [f"gw-{number:04d}" for number in range(gateways)]
    site = '[[sites]]\nid = "bench"\nname = "Bench"\nplace = "Daruba"\nlatitude = 2.05\nlongitude = 128.29\n'
    rows = (
        f'[[gateways]]\nid = "{name}"\nname = "{name}"\nsite = "bench"\n'
        + "".join(
            f'[[sensors]]\nid = "{name}-{number}"\nname = "air"\nsite = "bench"\ngateway = "{name}"\n'
            f"quantities = {list(QUANTITIES)}\n"
            for number in range(2)
        )
        for name in names
    )
    return f'[city]\nname = "Bench"\nzone = "Asia/Jayapura"\n{site}{"".join(rows)}'
