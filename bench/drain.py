"""(n) 72 hours without a link: what its spool is, how fast that drains, how soon a new reading is stored beside it.

5,184,000 readings in a spool ─► siaga-edge ─► Mosquitto ─► siaga-cloud ─► InfluxDB, while ten messages of two values a
second come. A reading is stored when its ack comes, which follows the durable write.
"""

import threading
import time
from itertools import count
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.edge import SOURCE, message
from bench.figures import Figure
from bench.processes import cpu_s, peak_mb
from bench.settings import cloud_settings, edge_settings
from tests.long_outage import MAX_MB, QUANTITIES, SENSORS, STREAM, LongOutage, long_outage
from tests.servers import Program, all_of, free_port, mosquitto, siaga_cloud, siaga_edge, wait_until
from wire import Ack, Channel, decode_ack, decode_batch, parse_topic

HOURS = 72.0
MESSAGES_A_SECOND = 10
_LIVE_BYTES = 4_096
"""A batch of live readings is smaller, and one of the backlog is larger as soon as the link is known."""


class Drain(NamedTuple):
    """How the spool was emptied; `delays_s` are those of live readings, to the ack, while it was."""

    outage: LongOutage
    took_s: float
    delays_s: list[float]
    edge_cpu_s: float
    edge_peak_mb: float
    cloud_cpu_s: float

    @property
    def readings_a_second(self) -> float:
        """From the first ack of the backlog to the last."""
        return self.outage.readings / self.took_s


def measure(folder: Path, store: str, hours: float = HOURS) -> Drain:
    """Fill a spool, and drain it into the `store` of a cloud (the keys of its table)."""
    folder.mkdir()
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(_city())
    (folder / "cloud.toml").write_text(cloud_settings(port, api_port, store))
    (folder / "edge.toml").write_text(edge_settings(port, SOURCE, local_broker=True))
    outage = long_outage(folder / "spool.db", hours=hours, end_ms=time.time_ns() // 1_000_000)
    broker = mosquitto(folder, port, settings="allow_anonymous true\nmax_queued_messages 0")
    edge, cloud = siaga_edge(folder, folder / "edge.toml"), siaga_cloud(folder, folder / "cloud.toml", port=api_port)
    with all_of(broker, cloud):
        wait_until(lambda: "is up" in cloud.tail(), "the cloud hears batches")
        listener = _Listener(port, outage.readings)
        try:
            with edge:
                listener.talk_until_drained()
                edge_pid, cloud_pid = _pid(edge), _pid(cloud)
                return Drain(
                    outage, listener.took_s, listener.delays_s,
                    cpu_s(edge_pid), peak_mb(edge_pid), cpu_s(cloud_pid),
                )  # fmt: skip
        finally:
            listener.close()


def figures(drained: Drain) -> list[Figure]:
    """What is said of it."""
    outage, delays = drained.outage, sorted(drained.delays_s)
    p99_ms = delays[int(len(delays) * 0.99)] * 1_000
    of_cpu = f"{drained.edge_cpu_s / outage.readings * 1e6:.1f} µs of the edge's CPU a reading"
    room = f"{outage.lost} lost, {outage.used_bytes / outage.readings:.1f} B a reading"
    held = f"{outage.readings:,} readings"
    p50_ms, longest_ms = delays[len(delays) // 2] * 1_000, delays[-1] * 1_000
    return [
        Figure(
            "(n) spool of 72 hours, 200 series each 10 s", outage.used_bytes / 1e6, "MB", f"{held}, {room}",
            f"≤ {MAX_MB} MiB", outage.used_bytes <= MAX_MB * 2**20 and not outage.lost,
        ),
        Figure("(n) memory that grew while it filled", outage.grown_mb, "MB", "", "≤ 5", outage.grown_mb <= 5),
        Figure(
            "(n) drained", drained.readings_a_second, "readings/s", of_cpu, "≥ 50,000",
            drained.readings_a_second >= 50_000,
        ),
        Figure(
            "(n) a new reading to its ack meanwhile, p99", p99_ms, "ms",
            f"p50 {p50_ms:.0f} ms, longest {longest_ms:.0f} ms", "≤ 1,000", p99_ms <= 1_000,
        ),
        Figure("(n) peak memory of the edge meanwhile", drained.edge_peak_mb, "MB"),
    ]  # fmt: skip


class _Listener:
    """Hears batches and acks, and is the sensors that go on meanwhile."""

    def __init__(self, port: int, backlog: int) -> None:
        self.delays_s: list[float] = []
        self.drained = 0
        self.took_s = 0.0
        self._backlog = backlog
        self._began_s = 0.0
        self._live: dict[tuple[str, int], float] = {}
        self._over = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-listener")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([("siaga/v1/+/gw-bench/up", 0), ("siaga/v1/+/gw-bench/ack", 0)])
        self._client.loop_start()

    def talk_until_drained(self) -> None:
        """Publish at a steady rate until the backlog is acknowledged."""
        began_s = time.monotonic()
        for number in count():
            if self._over.wait(max(0.0, began_s + number / MESSAGES_A_SECOND - time.monotonic())):
                return
            sensor = SENSORS[number % len(SENSORS)]
            self._client.publish(f"sensors/{sensor}", message(number), qos=1)
            if time.monotonic() - began_s > 900:
                raise TimeoutError(f"{self.drained} of {self._backlog} readings were drained in a quarter of an hour")

    def close(self) -> None:
        """Go away."""
        self._client.loop_stop()

    def _on_message(self, _client: object, _data: object, heard: paho.MQTTMessage) -> None:
        if parse_topic(heard.topic).channel is Channel.ACK:
            self._on_ack(decode_ack(bytes(heard.payload)), time.time())
        elif len(heard.payload) < _LIVE_BYTES:
            batch = decode_batch(bytes(heard.payload))
            if not batch.backfill and batch.columns:
                self._live[batch.stream, batch.last] = min(column.times_ms[0] for column in batch.columns) / 1_000

    def _on_ack(self, ack: Ack, now_s: float) -> None:
        if ack.stream == STREAM:
            self._began_s = self._began_s or now_s
            self.drained += ack.last - ack.first + 1
            self.took_s = now_s - self._began_s
        elif self._began_s and (made_s := self._live.pop((ack.stream, ack.last), None)) is not None:
            self.delays_s.append(now_s - made_s)
        if self.drained >= self._backlog:
            self._over.set()


def _pid(program: Program) -> int:
    assert program.process is not None
    return program.process.pid


def _city() -> str:
    quantities = ", ".join(f'"{quantity}"' for quantity in QUANTITIES)
    sensors = "".join(
        f'[[sensors]]\nid = "{sensor}"\nname = "{sensor}"\nsite = "here"\ngateway = "gw-bench"\n'
        f"quantities = [{quantities}]\n"
        for sensor in SENSORS
    )
    return (
        '[city]\nname = "Bench"\nzone = "Asia/Jayapura"\n[[sites]]\nid = "here"\nname = "Here"\nplace = "Daruba"\n'
        'latitude = 2.05\nlongitude = 128.29\n[[gateways]]\nid = "gw-bench"\nname = "Bench"\nsite = "here"\n' + sensors
    )
