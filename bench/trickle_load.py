"""(j) The load of the cloud's trickle: gateways that send a small batch each second, evenly, and take the acks.

Load(gateways=1_000, batches_per_s=1_000, readings_each=12) ─► Sender ─► Mosquitto ─► cloud ─► acks ─► delays
"""

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import wait_until
from wire import Channel, Reading, decode_ack, encode_batch, topic_of

VALUES = {"pm2_5": 12.0, "pm10": 30.0, "temperature": 27.0, "humidity": 80.0, "pressure": 1_008.0, "pm1": 8.0}
"""What the two sensors of each gateway measure: values that no check and no judge stops at."""
SENSORS = ("a", "b")
SERIES = tuple((sensor, quantity) for sensor in SENSORS for quantity in VALUES)


class Load(NamedTuple):
    """What comes in: from how many gateways, how many batches a second of all of them, readings in each."""

    gateways: int
    batches_per_s: int
    readings_each: int

    def __str__(self) -> str:
        gateways = "one gateway" if self.gateways == 1 else f"{self.gateways:,} gateways"
        return f"{gateways}, {self.batches_per_s:,} batches/s of {self.readings_each}"


class Sender:
    """Publishes batches at the pace of a load, and takes the acks."""

    def __init__(self, port: int, series: Sequence[tuple[str, str]] = SERIES) -> None:
        self._series = series
        self.delays_ms: list[float] = []
        self.acks = 0
        self._began: dict[tuple[str, int], tuple[float, int]] = {}
        self._seq: dict[str, int] = {}
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench")
        self._client.on_message = self._take_ack
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("siaga/v1/+/+/ack", qos=0)
        self._client.loop_start()

    def run(self, load: Load, seconds: float) -> int:
        """Publish for `seconds`; how many batches went out."""
        begin = time.perf_counter()
        for sent in itertools.count():
            due_s = sent / load.batches_per_s
            if due_s >= seconds:
                return sent
            time.sleep(max(0.0, begin + due_s - time.perf_counter()))
            self.send(sent % load.gateways, load.readings_each)
        raise AssertionError("counting has no end")

    def wait(self, patience_s: float = 30.0) -> None:
        """Wait until every batch is acknowledged."""
        wait_until(lambda: not self._began, "every batch is acknowledged", patience_s=patience_s)

    def stop(self) -> None:
        """Leave the broker."""
        self._client.loop_stop()
        self._client.disconnect()

    def forget(self) -> None:
        """Wait for no ack any more: who takes the batches from now on sends none."""
        with self._lock:
            self._began.clear()

    def send(self, number: int, readings_each: int) -> None:
        """A batch of gateway `number`."""
        gateway, now_ms = gateway_id(number), time.time_ns() // 1_000_000
        first = self._seq.get(gateway, 1)
        self._seq[gateway] = first + readings_each
        readings = [
            Reading(f"{gateway}-{sensor}", quantity, now_ms, VALUES[quantity] + first % 7 / 10)
            for sensor, quantity in self._series[:readings_each]
        ]
        with self._lock:
            self._began[gateway, first] = (time.perf_counter(), readings_each)
        self._client.publish(topic_of(gateway, Channel.UP), encode_batch(f"{number:016x}", first, readings), qos=1)

    def _take_ack(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        ack, gateway, now_s = decode_ack(bytes(message.payload)), message.topic.split("/")[-2], time.perf_counter()
        with self._lock:
            self.acks += 1
            first = ack.first
            while first <= ack.last and (began := self._began.pop((gateway, first), None)) is not None:
                self.delays_ms.append((now_s - began[0]) * 1_000)
                first += began[1]


def gateway_id(number: int) -> str:
    """The id of gateway `number`."""
    return f"gw-{number:04d}"


def city(gateways: int, series: Sequence[tuple[str, str]] = SERIES) -> str:
    """city.toml with as many sites, each with a gateway and the sensors of `series`."""
    sensors: defaultdict[str, list[str]] = defaultdict(list)
    for sensor, quantity in series:
        sensors[sensor].append(quantity)
    rows = (
        f'[[sites]]\nid = "{name}"\nname = "{name}"\nplace = "Daruba"\nlatitude = 2.05\nlongitude = 128.29\n'
        f'[[gateways]]\nid = "{name}"\nname = "{name}"\nsite = "{name}"\n'
        + "".join(
            f'[[sensors]]\nid = "{name}-{sensor}"\nname = "{sensor}"\nsite = "{name}"\ngateway = "{name}"\n'
            f"quantities = {quantities}\n"
            for sensor, quantities in sensors.items()
        )
        for name in map(gateway_id, range(gateways))
    )
    return f'[city]\nname = "Bench"\nzone = "Asia/Jayapura"\n{"".join(rows)}'
