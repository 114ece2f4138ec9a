"""(f) Latency from a crossing on the tty to a notification that a local receiver has accepted, under load.

    pseudo-terminal ─► siaga-edge ─┐
    simulated gateways, LOAD_PER_S ┴► Mosquitto ─► siaga-cloud (RULES rules) ─► webhook ─► receiver
The sensor on the tty goes over its level and back, again and again. A crossing begins before its frame is written
and ends when the receiver has taken the message that raises it. Messages are not gathered here (window_s = 0).
"""

import json
import os
import threading
import time
import tty
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.processes import cpu_s
from bench.settings import cloud_settings, edge_settings
from firmware_bridge.families import sds011
from tests.receivers import HttpReceiver
from tests.servers import free_port, mosquitto, siaga_cloud, siaga_edge, wait_until
from wire import Channel, Reading, encode_batch, topic_of

GATEWAYS = 20
SENSORS_EACH = 50
FAMILIES = 10
RULES = GATEWAYS * SENSORS_EACH * FAMILIES
LOAD_PER_S = 5_000
CROSSINGS = 150
PERIOD_S = 0.2
LOW, HIGH, LIMIT = 10.0, 40.0, 25.0
QUANTITIES = ("pm2_5", "pm10", "temperature", "humidity", "pressure")
VALUES = {"pm2_5": 12.0, "pm10": 30.0, "temperature": 27.0, "humidity": 80.0, "pressure": 1_008.0}
_BATCHES_PER_S = 2
"""Of each simulated gateway."""


class Paged(NamedTuple):
    """From crossing to accepted, in ms; readings a second of the load that were acknowledged, the cloud's CPU share."""

    p50_ms: float
    p99_ms: float
    crossings: int
    load_per_s: float
    cpu_share: float


def measure(folder: Path) -> Paged:
    """Run the way once."""
    folder.mkdir()
    master, slave = os.openpty()
    tty.setraw(slave)
    port, api_port = free_port(), free_port()
    with HttpReceiver() as hook:
        (folder / "city.toml").write_text(_city())
        (folder / "rules.toml").write_text(_rules())
        (folder / "hook.secret").write_text("a-secret-that-is-long-enough")
        settings = cloud_settings(port, api_port, 'engine = "sqlite"\npath = "readings.db"') + _notify(hook.url)
        (folder / "cloud.toml").write_text(settings)
        (folder / "edge.toml").write_text(edge_settings(port, _source(os.ttyname(slave))))
        with (
            mosquitto(folder, port, settings="allow_anonymous true\nset_tcp_nodelay true"),
            siaga_cloud(folder, folder / "cloud.toml", port=api_port) as cloud,
            siaga_edge(folder, folder / "edge.toml"),
        ):
            wait_until(lambda: "connected to broker" in cloud.tail(), "the cloud subscribes", patience_s=60)
            process = cloud.process
            assert process is not None
            with _Load(port) as load:
                wait_until(lambda: load.is_up, "the load is under way")
                _cross(master, 5)  # to warm up, not counted
                wait_until(lambda: len(_raised(hook)) >= 5, "the way is open")
                warm, cpu_before_s = len(_raised(hook)), cpu_s(process.pid)
                load.begin()
                started_s = time.perf_counter()
                crossed = _cross(master, CROSSINGS)
                wait_until(lambda: len(_raised(hook)) >= warm + CROSSINGS, "every crossing is told", patience_s=30)
                took_s = time.perf_counter() - started_s
                share = (cpu_s(process.pid) - cpu_before_s) / took_s
                rate = load.acknowledged / took_s
        took_ms = sorted(
            (told - at) * 1e3 for at, told in zip(crossed, sorted(_raised(hook))[warm:], strict=True)
        )  # crossings are told one by one, in their order
        return Paged(took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100], len(took_ms), rate, share)


def _cross(master: int, times: int) -> list[float]:
    crossed = []
    due = time.perf_counter()
    for _ in range(times):
        for value in (LOW, HIGH):
            due += PERIOD_S / 2
            time.sleep(max(0.0, due - time.perf_counter()))
            at = time.time()
            os.write(master, sds011.build(pm2_5=value, pm10=value))
            if value == HIGH:
                crossed.append(at)
    os.write(master, sds011.build(pm2_5=LOW, pm10=LOW))
    return crossed


def _raised(hook: HttpReceiver) -> list[float]:
    """When each crossing was told."""
    return [
        delivery.at
        for delivery in hook.accepted
        for line in json.loads(delivery.body)["alarms"]
        if line["kind"] == "raised" and line["sensor"] == "tty" and not line["repeated"]
    ]


class _Load(threading.Thread):
    """Simulated gateways that publish LOAD_PER_S readings a second, all of them calm."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged = 0
        self._end = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="load")
        self._client.on_message = self._hear
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(f"siaga/v1/+/{_gateway(number)}/ack", 0) for number in range(GATEWAYS)])
        self._client.loop_start()

    @property
    def is_up(self) -> bool:
        """Whether the cloud has acknowledged some of it."""
        return self.acknowledged > LOAD_PER_S

    def begin(self) -> None:
        """Count from here."""
        self.acknowledged = 0

    def run(self) -> None:
        """Publish at an even pace: each gateway's batch in its turn."""
        sent = dict.fromkeys(range(GATEWAYS), 0)
        turn, due = 0, time.perf_counter()
        while not self._end.is_set():
            due += 1 / (GATEWAYS * _BATCHES_PER_S)
            time.sleep(max(0.0, due - time.perf_counter()))
            gateway = turn % GATEWAYS
            readings = _readings(gateway, turn // GATEWAYS)
            payload = encode_batch(f"{gateway:016x}", sent[gateway] + 1, readings)
            sent[gateway] += len(readings)
            self._client.publish(topic_of(_gateway(gateway), Channel.UP), payload, qos=1)
            turn += 1

    def _hear(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        ack = json.loads(message.payload)
        self.acknowledged += ack["last"] - ack["first"] + 1

    def __enter__(self) -> "_Load":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
        self._client.loop_stop()


def _readings(gateway: int, turn: int) -> list[Reading]:
    """A batch: every other sensor of the gateway in turn, all its quantities at one time."""
    now_ms = time.time_ns() // 1_000_000
    each = LOAD_PER_S // (GATEWAYS * _BATCHES_PER_S * len(QUANTITIES))
    first = turn * each
    return [
        Reading(_sensor(gateway, (first + number) % SENSORS_EACH), quantity, now_ms, VALUES[quantity] + turn % 7 / 10)
        for number in range(each)
        for quantity in QUANTITIES
    ]


def _gateway(number: int) -> str:
    return f"gw-{number:02d}"


def _sensor(gateway: int, number: int) -> str:
    return f"air-{gateway:02d}-{number:02d}"


def _rules() -> str:
    """A rule of each family for each sensor, and one on the tty's."""
    rules = "".join(
        _rule(f"rule-{family}", _sensor(gateway, number), quantity, VALUES[quantity] + 5 + family / 2)
        for gateway in range(GATEWAYS)
        for number in range(SENSORS_EACH)
        for family in range(FAMILIES)
        if (quantity := QUANTITIES[family % len(QUANTITIES)])
    )
    return rules + _rule("tty", "tty", "pm2_5", LIMIT)


def _rule(family: str, sensor: str, quantity: str, limit: float) -> str:
    return (
        f'[[rules]]\nfamily = "{family}"\nscope = "sensor:{sensor}"\nquantity = "{quantity}"\nkind = "above"\n'
        f'title = "Over"\nlevels = [{{ name = "Over", severity = "severe", limit = {limit} }}]\n'
    )


def _source(port: str) -> str:
    return f'[[sources]]\nname = "tty"\nfamily = "sds011"\nport = "{port}"\nsensor = "tty"\n'


def _notify(url: str) -> str:
    return f"""
[rules]
initial = "rules.toml"
[notify]
window_s = 0
send = ["raised"]
[[notify.channels]]
name = "hook"
kind = "webhook"
url = "{url}"
secret_file = "hook.secret"
per_minute = 6_000
[[notify.steps]]
channels = ["hook"]
"""


def _city() -> str:
    gateways = "".join(
        f'[[gateways]]\nid = "{name}"\nname = "{name}"\nsite = "bench"\n'
        for name in ("gw-bench", *(_gateway(number) for number in range(GATEWAYS)))
    )
    sensors = "".join(
        f'[[sensors]]\nid = "{_sensor(gateway, number)}"\nname = "air"\nsite = "bench"\n'
        f'gateway = "{_gateway(gateway)}"\nquantities = {list(QUANTITIES)}\n'
        for gateway in range(GATEWAYS)
        for number in range(SENSORS_EACH)
    )
    own = (
        '[[sensors]]\nid = "tty"\nname = "tty"\nsite = "bench"\ngateway = "gw-bench"\nquantities = ["pm2_5", "pm10"]\n'
    )
    site = '[[sites]]\nid = "bench"\nname = "Bench"\nplace = "Daruba"\nlatitude = 2.05\nlongitude = 128.29\n'
    return f'[city]\nname = "Bench"\nzone = "Asia/Jayapura"\n{site}{gateways}{sensors}{own}'
