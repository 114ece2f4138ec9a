"""(o) A start of the edge: from exec to the first new reading at the cloud's broker, the spool empty, and with 72 h.

siaga-edge is started ─► imports, settings, spool ─► sources ─► a message that comes each 20 ms ─► its batch on …/up
Nothing is acknowledged, so the spool is as full for each start.
"""

import statistics
import threading
import time
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.edge import SOURCE, message
from bench.figures import Figure
from bench.processes import cpu_s, peak_mb
from bench.settings import edge_settings
from tests.long_outage import long_outage
from tests.servers import free_port, mosquitto, siaga_edge
from wire import decode_batch

HOURS = 72.0
STARTS = 3
_PROBE_EVERY_S = 0.02
_PATIENCE_S = 60.0


class Start(NamedTuple):
    """How long it took to the first new reading, the CPU that this cost, and the most memory until then."""

    took_s: float
    cpu_s: float
    peak_mb: float


def figures(folder: Path, hours: float = HOURS) -> list[Figure]:
    """The rows of an empty spool and of a full one; of several starts the median."""
    folder.mkdir()
    rows = _rows("an empty spool", _starts(folder / "empty"))
    (folder / "full").mkdir()
    outage = long_outage(folder / "full" / "spool.db", hours=hours, end_ms=time.time_ns() // 1_000_000)
    return rows + _rows(f"a spool of {outage.readings:,} readings", _starts(folder / "full"))


def _rows(spool: str, starts: list[Start]) -> list[Figure]:
    took_s, used_s = (statistics.median(column) for column in list(zip(*starts, strict=True))[:2])
    beside = f"{used_s:.2f} s of CPU, {max(start.peak_mb for start in starts):.0f} MB"
    return [Figure(f"(o) edge, {spool}: start to the first new reading sent", took_s, "s", beside, "≤ 1", took_s <= 1)]


def _starts(folder: Path) -> list[Start]:
    folder.mkdir(exist_ok=True)
    port = free_port()
    (folder / "edge.toml").write_text(edge_settings(port, SOURCE, local_broker=True))
    with mosquitto(folder, port, settings="allow_anonymous true\nmax_queued_messages 0"):
        return [_start(folder, port) for _ in range(STARTS)]


def _start(folder: Path, port: int) -> Start:
    came = threading.Event()
    client = _listener(port, came)
    try:
        edge = siaga_edge(folder, folder / "edge.toml")
        began_s = time.monotonic()
        with edge:
            number = 0
            while not came.wait(_PROBE_EVERY_S):
                client.publish("sensors/probe", message(number := number + 1), qos=0)
                if time.monotonic() - began_s > _PATIENCE_S:
                    raise TimeoutError(f"no new reading came in {_PATIENCE_S:.0f} s; the log ends:\n{edge.tail()}")
            took_s = time.monotonic() - began_s
            assert edge.process is not None
            return Start(took_s, cpu_s(edge.process.pid), peak_mb(edge.process.pid))
    finally:
        client.loop_stop()


def _listener(port: int, came: threading.Event) -> paho.Client:
    """Sets `came` when a batch of new readings comes."""

    def hear(_client: object, _data: object, heard: paho.MQTTMessage) -> None:
        batch = decode_batch(bytes(heard.payload))
        if batch.columns and not batch.backfill:
            came.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-start")
    client.on_message = hear
    client.connect("127.0.0.1", port)
    client.subscribe("siaga/v1/+/gw-bench/up", qos=0)
    client.loop_start()
    return client
