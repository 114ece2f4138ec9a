"""A fleet of simulated gateways on a real cloud, with a tap on each of its ways, and the promise held at each ack.

Fleet ─► Mosquitto ─► tap ─► siaga-cloud ─► tap ─► InfluxDB            registry, and the embedded store: files
  each batch again until its ack comes          └─ at each ack: are the rows stored, and the receipt committed?
"""

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from cloud.core.ranges import Ranges, Span
from tests import loopback
from tests.people import bearer, token_in
from tests.servers import Command, Program, all_of, free_port, influxd, mosquitto, require, siaga_cloud, wait_until
from tests.taps import Packet, Tap, http, mqtt
from wire import Ack, Channel, Reading, decode_ack, encode_batch, parse_topic, topic_of

READINGS_EACH = 3
RESEND_S = 0.5
T0_MS = int(time.time() * 1_000) - 3_600_000
SEQ_MS = 10
"""A gateway's reading of seq n is of T0_MS + n * SEQ_MS."""
STREAM = "s1"


def gateway_id(number: int) -> str:
    return f"gw-{number:03d}"


class Fleet(threading.Thread):
    """Gateways on one connection: what no ack has covered is published again."""

    def __init__(self, port: int, gateways: int) -> None:
        super().__init__(daemon=True)
        self.sent = dict.fromkeys(map(gateway_id, range(gateways)), 0)
        """By gateway the last seq."""
        self._waiting: dict[tuple[str, int], tuple[bytes, float]] = {}
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="fleet")
        self._client.max_inflight_messages_set(1_000)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe("siaga/v1/+/+/ack", 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, number: int) -> None:
        """A batch of gateway `number`."""
        gateway = gateway_id(number)
        first = self.sent[gateway] + 1
        self.sent[gateway] += READINGS_EACH
        readings = [
            Reading(f"air-{gateway}", "pm2_5", T0_MS + seq * SEQ_MS, 20.0 + seq % 5 / 10)
            for seq in range(first, first + READINGS_EACH)
        ]
        payload = encode_batch(STREAM, first, readings)
        with self._lock:
            self._waiting[gateway, first] = (payload, time.monotonic())
        self._client.publish(topic_of(gateway, Channel.UP), payload, qos=1)

    def send_all(self) -> None:
        """A batch of each gateway, in one moment."""
        for number in range(len(self.sent)):
            self.send(number)

    def wait_for_acks(self, patience_s: float = 60) -> None:
        """Wait until every batch is acknowledged."""
        wait_until(lambda: not self._waiting, "every batch is acknowledged", patience_s=patience_s)

    def run(self) -> None:
        while not self._end.wait(RESEND_S / 2):
            with self._lock:
                now_s = time.monotonic()
                late = [key for key, (_, sent_s) in self._waiting.items() if now_s - sent_s > RESEND_S]
                for key in late:
                    self._waiting[key] = (self._waiting[key][0], now_s)
                again = [(key[0], self._waiting[key][0]) for key in late]
            for gateway, payload in again:
                self._client.publish(topic_of(gateway, Channel.UP), payload, qos=1)

    def _hear(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        gateway, ack = parse_topic(message.topic).gateway, decode_ack(bytes(message.payload))
        with self._lock:
            for first in range(ack.first, ack.last + 1, READINGS_EACH):
                self._waiting.pop((gateway, first), None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
        self._client.disconnect()
        self._client.loop_stop()


class City:
    """The processes of a city on `engine`, sqlite or influxdb, and what stands in its files and databases.

    `counted`: nobody looks behind acks, which takes longer than a trickle waits, and what the cloud forces to disk is
    counted, which takes strace.
    """

    def __init__(self, folder: Path, engine: str, *, gateways: int = 10, counted: bool = False) -> None:
        self.folder = folder
        self.engine = engine
        self.gateways = gateways
        self.broker_port, self.influx_port, self.api_port = free_port(), free_port(), free_port()
        self.too_early: list[str] = []
        """Acks that went out before the rows, or before the receipt."""
        self._is_over = False
        self.to_broker = Tap(free_port(), self.broker_port, mqtt, watch=_see_nothing if counted else self._look_behind)
        self.to_store = Tap(free_port(), self.influx_port, http)
        (folder / "city.toml").write_text(_city(gateways))
        (folder / "cloud.toml").write_text(self._settings())
        self._token = token_in(folder)
        self.broker = mosquitto(folder, self.broker_port, settings=_BROKER)
        self.influxd = influxd(folder, self.influx_port) if engine == "influxdb" else None
        self.cloud = siaga_cloud(folder, folder / "cloud.toml", port=self.api_port)
        if counted:
            watch: Command = [
                require("strace"),
                "-D",
                "-f",
                "-qq",
                "-y",
                "--seccomp-bpf",
                "-e",
                "trace=fsync,fdatasync",
            ]
            command: Command = [*watch, "-o", folder / "trace", *self.cloud.command]
            self.cloud = Program("cloud", command, folder, port=self.api_port)

    @property
    def programs(self) -> list[Program]:
        """In the order in which they start."""
        return [each for each in (self.broker, self.influxd, self.cloud) if each is not None]

    @contextmanager
    def running(self) -> Iterator[Fleet]:
        with ExitStack() as stack:
            for each in (self.to_broker, self.to_store, all_of(*self.programs)):
                stack.enter_context(each)
            wait_until(lambda: "connected to broker" in self.cloud.tail(), "the cloud subscribes")
            fleet = stack.enter_context(Fleet(self.broker_port, self.gateways))
            try:
                yield fleet
            finally:
                self._is_over = True  # who still looks behind an ack needs no answer any more

    @contextmanager
    def locked(self, database: str) -> Iterator[None]:
        """Hold the lock that writing to a SQLite file takes: the cloud waits before its transaction begins."""
        with closing(sqlite3.connect(self.folder / database, isolation_level=None)) as other:
            wait_until(lambda: _lock(other), f"{database} is locked")
            yield

    def rows(self, gateway: str, first: int = 1, last: int = 10**9) -> int:
        """How many readings of a gateway's seq `first` to `last` the store itself holds."""
        start_ms, end_ms = T0_MS + first * SEQ_MS, T0_MS + last * SEQ_MS
        if self.engine == "sqlite":
            held = (
                "SELECT count(*) FROM readings JOIN series ON series = id WHERE sensor = ? AND time_ms BETWEEN ? AND ?"
            )
            return int(self._read("readings.db", held, f"air-{gateway}", start_ms, end_ms)[0][0])
        there = f"sensor = 'air-{gateway}' AND time >= {start_ms}ms AND time <= {end_ms}ms"
        held = f"SELECT count(pm2_5) FROM air WHERE {there}"
        address = f"http://127.0.0.1:{self.influx_port}/query"
        answer = loopback.get(address, params={"db": "siaga", "q": held}, timeout=20).raise_for_status().json()
        return sum(row[1] for series in answer["results"][0].get("series", []) for row in series["values"])

    def received(self, gateway: str) -> tuple[Span, ...]:
        """The ranges that the registry itself says were received."""
        held = "SELECT received FROM stream_accounts WHERE gateway = ? AND stream = ?"
        found = self._read("registry.db", held, gateway, STREAM)
        return msgspec.json.decode(str(found[0][0]), type=Ranges).spans if found else ()

    def metric(self, name: str) -> float:
        """A figure of /metrics."""
        address = f"http://127.0.0.1:{self.api_port}/metrics"
        text = loopback.get(address, headers=bearer(self._token), timeout=20).text
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def forced(self, file: str) -> int:
        """How often a file was forced to disk since the cloud's first start."""
        return len(re.findall(rf"sync\(\d+<.*/{re.escape(file)}>", (self.folder / "trace").read_text()))

    def nothing_is_lost_or_doubled(self, fleet: Fleet) -> None:
        """Every reading is one row and received once, and no ack came before."""
        fleet.wait_for_acks()
        assert {gateway: self.rows(gateway) for gateway in fleet.sent} == fleet.sent
        assert {gateway: self.received(gateway) for gateway in fleet.sent} == {
            gateway: ((1, last),) for gateway, last in fleet.sent.items()
        }
        assert self.too_early == []

    def _look_behind(self, packet: Packet) -> None:
        """At each ack, before it goes on: what it says must stand in store and registry."""
        if not is_ack(packet):
            return
        gateway, ack = parse_topic(packet.topic).gateway, decode_ack(packet.payload)
        if not self._is_safe(gateway, ack):
            self.too_early.append(f"{gateway}: {ack}")

    def _is_safe(self, gateway: str, ack: Ack) -> bool:
        committed = any(first <= ack.first and ack.last <= last for first, last in self.received(gateway))
        rows: list[int] = []

        def answers() -> bool:
            """A killed InfluxDB comes back, and must have the rows then."""
            try:
                rows.append(self.rows(gateway, ack.first, ack.last))
            except httpx.HTTPError:
                return self._is_over
            return True

        wait_until(answers, "the store answers", patience_s=60)
        return committed and rows[-1:] in ([ack.last - ack.first + 1], [])

    def _read(self, database: str, query: str, *what: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder / database}?mode=ro", uri=True)) as reader:
            return reader.execute(query, what).fetchall()

    def _settings(self) -> str:
        influx = f'engine = "influxdb"\nurl = "http://127.0.0.1:{self.to_store.port}"\ndatabase = "siaga"\n'
        sqlite = 'engine = "sqlite"\npath = "readings.db"\n'
        return (
            f"[broker]\nport = {self.to_broker.port}\n[api]\nport = {self.api_port}\n"
            f"[store]\n{influx if self.engine == 'influxdb' else sqlite}"
        )


def is_ack(packet: Packet) -> bool:
    """Whether it is an ack on its way to a gateway."""
    return packet.up and packet.kind == "PUBLISH" and packet.topic.endswith(f"/{Channel.ACK.value}")


def _see_nothing(_packet: Packet) -> None:
    """For who counts alone."""


_BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000\nset_tcp_nodelay true"


def _lock(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


def _city(gateways: int) -> str:
    rows = "".join(
        f'[[gateways]]\nid = "{name}"\nname = "{name}"\nsite = "here"\n'
        f'[[sensors]]\nid = "air-{name}"\nname = "air"\nsite = "here"\ngateway = "{name}"\nquantities = ["pm2_5"]\n'
        for name in map(gateway_id, range(gateways))
    )
    site = '[[sites]]\nid = "here"\nname = "Here"\nplace = "Daruba"\nlatitude = 2.05\nlongitude = 128.29\n'
    return f'[city]\nname = "Fleet"\nzone = "Asia/Jayapura"\n{site}{rows}'
