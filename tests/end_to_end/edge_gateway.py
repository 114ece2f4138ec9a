"""What the tests of a real `siaga-edge` share: a simulated cloud, a simulated serial sensor, a gateway's folder.

Wire (a real pty) ─► siaga-edge ─► a real Mosquitto ─► Cloud (simulated with paho: counts, acknowledges if told to)
"""

import os
import pty
import threading
import tty
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import free_port, mosquitto, siaga_edge, wait_until
from wire import (
    Ack,
    Batch,
    Channel,
    Lost,
    Reading,
    Status,
    decode_batch,
    decode_status,
    encode_ack,
    parse_topic,
    topic_of,
)


class Cloud:
    """A simulated cloud: takes batches and statuses, and acknowledges batches while `acknowledges` is true."""

    def __init__(self, port: int, *, acknowledges: bool = True) -> None:
        self.acknowledges = acknowledges
        self.answer: Callable[[Batch], Ack] = lambda batch: Ack(batch.stream, batch.first, batch.last)
        self.batches: list[Batch] = []
        self._readings: list[Reading] = []
        self._values: dict[str, list[float]] = defaultdict(list)
        self.statuses: list[Status] = []
        self.lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="simulated-cloud")
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe(
            [("siaga/v1/+/+/up", 1), ("siaga/v1/+/+/status", 1)]
        )
        self._client.reconnect_delay_set(0.1, 0.2)  # type: ignore[arg-type]  # it takes fractions too
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _hear(self, client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        topic = parse_topic(message.topic)
        with self.lock:
            if topic.channel is Channel.STATUS:
                self.statuses.append(decode_status(bytes(message.payload)))
                return
            batch = decode_batch(bytes(message.payload))
            if self.acknowledges:
                self.batches.append(batch)
                for reading in batch.readings():
                    self._readings.append(reading)
                    self._values[reading.quantity].append(reading.value)
                ack = encode_ack(self.answer(batch))
                client.publish(topic_of(topic.gateway, Channel.ACK), ack, qos=1)

    def readings(self, quantity: str | None = None) -> list[Reading]:
        """All readings of acknowledged batches, repetitions included."""
        with self.lock:
            return [reading for reading in self._readings if quantity in (None, reading.quantity)]

    def values(self, quantity: str) -> list[float]:
        """The values of a quantity in the order in which they came."""
        with self.lock:
            return self._values[quantity].copy()

    def lost(self) -> list[Lost]:
        """All declared losses."""
        with self.lock:
            return [loss for batch in self.batches for loss in batch.lost]

    def status(self) -> Status | None:
        """The newest status."""
        with self.lock:
            return self.statuses[-1] if self.statuses else None

    def source_state(self, name: str) -> str:
        """The state of a source in the newest status; empty before there is one."""
        status = self.status()
        return next((str(source.state) for source in status.sources if source.name == name), "") if status else ""

    def is_open(self, name: str) -> bool:
        """Whether an online gateway says that the source is open."""
        status = self.status()
        sources = status.sources if status and status.online else ()
        return any(source.name == name and source.detail.startswith("open") for source in sources)

    def forget_statuses(self) -> None:
        """Wait for new ones."""
        with self.lock:
            self.statuses.clear()

    def close(self) -> None:
        """Go away."""
        self._client.disconnect()
        self._client.loop_stop()


class Wire:
    """A simulated sensor's end of a real pseudo-terminal, reachable at `port` (a symbolic link, as udev makes them)."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self._plugged: tuple[int, int] | None = None
        self.plug_in()

    def plug_in(self) -> None:
        """Put a new pseudo-terminal at the same path."""
        controller, device = pty.openpty()
        tty.setraw(device)
        self._plugged = (controller, device)
        fresh = self.port.with_suffix(".new")
        fresh.symlink_to(os.ttyname(device))
        fresh.replace(self.port)

    def unplug(self) -> None:
        """Take it away: who reads it sees it hang up."""
        if self._plugged is not None:
            for descriptor in self._plugged:
                os.close(descriptor)
            self._plugged = None
            self.port.unlink()

    def send(self, data: bytes) -> None:
        """What the sensor says."""
        assert self._plugged is not None
        os.write(self._plugged[0], data)


class Gateway:
    """The folder, the broker and the settings of one gateway under test."""

    def __init__(
        self, folder: Path, *, sources: str, spool: str = "", uplink: str = "", local: bool = False, broker: str = ""
    ) -> None:
        self.folder = folder
        self.port = free_port()
        settings = f"allow_anonymous true\nmax_queued_messages 0\n{broker}"
        self.broker = mosquitto(folder, self.port, settings=settings)
        self.settings_file = folder / "edge.toml"
        self.spool_file = folder / "spool.db"
        self._rest = (spool, uplink, f"[local_broker]\nport = {self.port}" if local else "")
        self.write(sources)
        self.edge = siaga_edge(folder, self.settings_file)

    def write(self, sources: str) -> None:
        """Write edge.toml with these sources."""
        spool, uplink, local = self._rest
        self.settings_file.write_text(
            f'[gateway]\nid = "gw-test"\n[spool]\n{spool}\n[uplink]\nport = {self.port}\n'
            f"ack_timeout_s = 0.5\n{uplink}\n{local}\n[clock]\ntrust_system = true\n[health]\nevery_s = 0\n{sources}\n"
        )


def publisher(port: int) -> paho.Client:
    """A connected MQTT client of a simulated sensor; `must_be_taken` waits for its PUBACKs."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="simulated-sensor")
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def wait_for_values(cloud: Cloud, quantity: str, values: set[float]) -> None:
    """Until all `values` have come."""
    wait_until(lambda: values <= set(cloud.values(quantity)), f"{len(values)} values of {quantity} are in the cloud")
