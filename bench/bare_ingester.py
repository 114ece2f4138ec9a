"""(j) The limit of the cloud at a trickle: paho, the batch's decoder, one write of what has come, and the PUBACKs.

Run as a process of its own: `python -m bench.bare_ingester PORT influxdb:PORT` or `… PORT sqlite:FILE`. It writes the
same values to the same store as often as the cloud would, 9 times a second at most; it checks, judges and accounts
nothing, and sends no ack.
"""

import http.client
import queue
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.limit import make_database
from wire import Batch, decode_batch

GATHER_S = 0.11
DATABASE = "bare"
_TABLE = """
CREATE TABLE readings (
    sensor TEXT, quantity TEXT, time_ms INTEGER, value REAL, PRIMARY KEY (sensor, quantity, time_ms)
) WITHOUT ROWID
"""
Write = Callable[[Sequence[Batch]], None]


def main(port: int, store: str) -> None:
    """Subscribe, say "ready", and write until killed."""
    engine, _, where = store.partition(":")
    write = _into_influxdb(int(where)) if engine == "influxdb" else _into_sqlite(where)
    came: queue.SimpleQueue[paho.MQTTMessage] = queue.SimpleQueue()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.manual_ack_set(True)
    client.on_message = lambda _client, _userdata, message: came.put(message)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe("siaga/v1/+/+/up", qos=1)
    client.loop_start()
    while True:
        messages = [came.get()]
        began_s = time.monotonic()
        while not came.empty():
            messages.append(came.get())
        write([decode_batch(bytes(message.payload)) for message in messages])
        for message in messages:
            client.ack(message.mid, message.qos)
        time.sleep(max(0.0, began_s + GATHER_S - time.monotonic()))


def _into_influxdb(port: int) -> Write:
    make_database(port, DATABASE)
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def write(batches: Sequence[Batch]) -> None:
        body = "\n".join(line for batch in batches for line in _lines(batch)).encode()
        connection.request("POST", f"/write?db={DATABASE}&precision=ms", body)
        response = connection.getresponse()
        response.read()
        if response.status != 204:
            raise RuntimeError(f"InfluxDB answered {response.status} to a write of the bench")

    return write


def _lines(batch: Batch) -> list[str]:
    """A line for each sensor and time, as the cloud writes them."""
    fields: dict[tuple[str, int], list[str]] = {}
    for column in batch.columns:
        for time_ms, value in zip(column.times_ms, column.values, strict=True):
            fields.setdefault((column.sensor, time_ms), []).append(f"{column.quantity}={value}")
    return [
        f"air,gateway={sensor[:7]},sensor={sensor},site={sensor[:7]} {','.join(values)} {time_ms}"
        for (sensor, time_ms), values in fields.items()
    ]


def _into_sqlite(file: str) -> Write:
    connection = sqlite3.connect(file, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _TABLE):
        connection.execute(statement)

    def write(batches: Sequence[Batch]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        rows = (
            (column.sensor, column.quantity, time_ms, value)
            for batch in batches
            for column in batch.columns
            for time_ms, value in zip(column.times_ms, column.values, strict=True)
        )
        connection.executemany("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")

    return write


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
