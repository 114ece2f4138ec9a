"""A gateway behind a bad link:  a simulated sensor on a pty ─► siaga-edge │ Link │ Mosquitto ─► siaga-cloud, SQLite

The sensor says 0.0, 0.1, 0.2 …, each once, so that what is stored can be counted. A listener beside the cloud sees when
each batch comes.
"""

import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.bad_link import Link, Namespace
from tests.end_to_end.edge_gateway import Wire
from tests.servers import Program, mosquitto, siaga_cloud, siaga_edge, wait_until
from wire import Status, decode_batch, decode_status

_T = TypeVar("_T")
GATEWAY, SENSOR = "gw-test", "river-test"
PORT = 18_831
_CITY = f"""
[city]
name = "Test"
zone = "Asia/Jayapura"
[[sites]]
id = "here"
name = "Here"
place = "Daruba"
latitude = 2.05
longitude = 128.29
[[gateways]]
id = "{GATEWAY}"
name = "Test"
site = "here"
[[sensors]]
id = "{SENSOR}"
name = "River"
site = "here"
gateway = "{GATEWAY}"
quantities = ["water_level"]
"""


class Came(NamedTuple):
    """A reading in a batch that came to the broker at `at_s` (UTC), made at `made_s`."""

    at_s: float
    made_s: float
    live: bool

    @property
    def delay_s(self) -> float:
        """How long it was under way."""
        return self.at_s - self.made_s


class Listener:
    """Hears all batches and statuses at the broker."""

    def __init__(self, address: str) -> None:
        self.came: list[Came] = []
        self.status: Status | None = None
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self._client.on_message = self._on_message
        self._client.connect(address, PORT)
        self._client.subscribe([("siaga/v1/+/+/up", 1), ("siaga/v1/+/+/status", 1)])
        self._client.loop_start()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        if message.topic.endswith("/status"):
            self.status = decode_status(bytes(message.payload))
            return
        batch, now_s = decode_batch(bytes(message.payload)), time.time()
        self.came += [Came(now_s, reading.time_ms / 1_000, not batch.backfill) for reading in batch.readings()]

    def close(self) -> None:
        """Go away."""
        self._client.loop_stop()

    def is_open(self) -> bool:
        """Whether the gateway reads the sensor's line."""
        return self.status is not None and any(source.detail.startswith("open") for source in self.status.sources)

    def notes(self) -> tuple[str, ...]:
        """What the newest status wants somebody to look at."""
        return () if self.status is None else self.status.notes

    def live(self, since_s: float) -> list[float]:
        """How long live readings that came after `since_s` were under way."""
        return [each.delay_s for each in self.came if each.live and each.at_s >= since_s]


class Site:
    """What runs; `said` counts what the sensor has said."""

    def __init__(self, folder: Path, listener: Listener, wire: Wire) -> None:
        self.folder, self.listener = folder, listener
        self.said = 0
        self._wire = wire
        self._stop = threading.Event()
        self._rate = 0.0
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def say(self, lines_a_second: float) -> None:
        """The sensor says so many lines a second from now on."""
        self._rate = lines_a_second

    def stored(self) -> tuple[int, int]:
        """How many readings of the sensor the cloud's store holds, and how many different values they have."""
        with closing(sqlite3.connect(f"file:{self.folder / 'readings.db'}?mode=ro", uri=True)) as store:
            readings, values = store.execute(_COUNT, (SENSOR,)).fetchone()
            return int(readings), int(values)

    def all_is_stored(self, *, patience_s: float = 120.0) -> float:
        """Wait until the store holds all that was said, each once; how long that took, in s."""
        began_s = time.monotonic()
        self._rate = 0.0
        time.sleep(0.5)  # the line that is being said
        wait_until(
            lambda: self.stored() == (self.said, self.said), f"{self.said} readings are stored", patience_s=patience_s
        )
        return time.monotonic() - began_s

    def close(self) -> None:
        """The sensor says no more."""
        self._stop.set()
        self._thread.join()

    def _talk(self) -> None:
        self._wire.send(b"\n")
        while not self._stop.is_set():
            if not self._rate:
                time.sleep(0.05)
                continue
            self._wire.send(f"{self.said / 10:.1f}\n".encode())
            self.said += 1
            time.sleep(1 / self._rate)


def broker_on(folder: Path, host: str) -> Program:
    """A Mosquitto on the loopback of its network, and at `host`."""
    return mosquitto(folder, PORT, settings=f"listener {PORT} {host}\nallow_anonymous true\nmax_queued_messages 0")


def edge_on(folder: Path, port: Path, host: str, uplink: str = "") -> Program:
    """An agent that reads the sensor at `port`, and sends to the broker at `host`."""
    settings = folder / "edge.toml"
    settings.write_text(
        f'[gateway]\nid = "{GATEWAY}"\n[clock]\ntrust_system = true\n[health]\nevery_s = 0\n'
        f'[uplink]\nhost = "{host}"\nport = {PORT}\n{uplink}\n'
        f'[[sources]]\nname = "river"\nfamily = "generic"\nport = "{port}"\nsensor = "{SENSOR}"\n'
        "columns = { water_level = 1 }\n"
    )
    return siaga_edge(folder, settings)


@contextmanager
def site(
    folder: Path, gateway: Namespace, server: Namespace, link: Link, uplink: str = "", *, host: str = ""
) -> Iterator[Site]:
    """All of it, running, with the first reading stored; the broker is at the link's other end, or at `host` there."""
    host = host or link.server_address
    (folder / "city.toml").write_text(_CITY)
    (folder / "cloud.toml").write_text(
        f'[broker]\nhost = "127.0.0.1"\nport = {PORT}\n[store]\nengine = "sqlite"\npath = "readings.db"\n'
        '[registry]\nurl = "sqlite:///registry.db"\ncity = "city.toml"\n'
    )
    port = folder / "ttyRIVER"
    edge = gateway.of(edge_on(folder, port, host, uplink))
    broker = server.of(broker_on(folder, host))
    cloud = server.of(siaga_cloud(folder, folder / "cloud.toml"))
    with broker:
        listener = at_the_broker(server, lambda: Listener("127.0.0.1"))
        with cloud:
            wait_until(lambda: "is up" in cloud.tail(), "the cloud is up", patience_s=60)
            running = Site(folder, listener, Wire(port))
            try:
                with edge:
                    wait_until(listener.is_open, "the sensor's line is open")
                    running.say(5.0)
                    wait_until(lambda: running.stored()[0] > 0, "the first reading is stored", patience_s=60)
                    yield running
            finally:
                running.close()
                listener.close()


def at_the_broker(server: Namespace, client: Callable[[], _T]) -> _T:
    """A client in the server's network, as soon as the broker listens there."""
    found: list[_T] = []

    def connects() -> bool:
        try:
            found.append(server.inside(client))
        except OSError:
            return False
        return True

    wait_until(connects, "the broker listens")
    return found[0]


def described(delays_s: list[float]) -> str:
    """The middle and the longest of some delays."""
    return f"p50 {statistics.median(delays_s):.2f} s, longest {max(delays_s):.2f} s" if delays_s else "none"


_COUNT = """
SELECT count(*), count(DISTINCT value) FROM readings
WHERE series = (SELECT id FROM series WHERE sensor = ? AND quantity = 'water_level')
"""
