"""(d) Latency from bytes on the tty to a durable row, at 1,000 readings/s.

    5 pseudo-terminals x 100 SDS011 frames/s x 2 readings ─► siaga-edge ─► Mosquitto ─► siaga-cloud ─► store ─► ack
A frame's clock starts before it is written; it stops when the ack that covers it is heard, so the ack's own way is in.
"""

import os
import threading
import time
import tty
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.settings import cloud_settings, edge_settings
from firmware_bridge.families import sds011
from tests.servers import free_port, mosquitto, siaga_cloud, siaga_edge, wait_until
from wire import Channel, decode_ack, decode_batch, parse_topic

PORTS = 5
FRAMES_PER_S = 100
SECONDS = 20


class Latency(NamedTuple):
    """From bytes to durable, in ms, and how many readings went in and were timed."""

    p50_ms: float
    p99_ms: float
    sent: int
    timed: int


class Witness:
    """Hears batches and acks on the broker, and knows when each (sensor, PM2.5 value) became durable."""

    def __init__(self, port: int) -> None:
        self.durable_at: dict[tuple[str, float], float] = {}
        self._waiting: dict[tuple[str, int, int], list[tuple[str, float]]] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="witness")
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([("siaga/v1/+/+/up", 0), ("siaga/v1/+/+/ack", 0)])
        self._client.loop_start()

    def _hear(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        heard_at = time.perf_counter()
        payload = bytes(message.payload)
        if parse_topic(message.topic).channel is Channel.UP:
            batch = decode_batch(payload)
            frames = [(reading.sensor, reading.value) for reading in batch.readings() if reading.quantity == "pm2_5"]
            self._waiting.setdefault((batch.stream, batch.first, batch.last), frames)
        else:
            ack = decode_ack(payload)  # one may cover several batches
            covered = [
                key for key in self._waiting if key[0] == ack.stream and ack.first <= key[1] <= key[2] <= ack.last
            ]
            for frame in (frame for key in covered for frame in self._waiting.pop(key)):
                self.durable_at.setdefault(frame, heard_at)

    def close(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()


def measure(folder: Path, store: str) -> Latency:
    """Run the way with the `[store]` settings `store`."""
    folder.mkdir()
    masters, names = zip(*[_terminal() for _ in range(PORTS)], strict=True)
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(_city())
    (folder / "cloud.toml").write_text(cloud_settings(port, api_port, store))
    (folder / "edge.toml").write_text(edge_settings(port, _sources(names)))
    with (
        mosquitto(folder, port, settings="allow_anonymous true\nset_tcp_nodelay true"),
        siaga_cloud(folder, folder / "cloud.toml", port=api_port) as cloud,
        siaga_edge(folder, folder / "edge.toml"),
    ):
        wait_until(lambda: "connected to broker" in cloud.tail(), "the cloud subscribes")
        witness = Witness(port)
        written_at: dict[tuple[str, float], float] = {}
        _write_frames(masters, {}, frames=FRAMES_PER_S, first=1)  # a second to warm up, not counted
        wait_until(lambda: len(witness.durable_at) >= PORTS, "the way is open")
        threads = [
            threading.Thread(target=_write_frames, args=((master,), written_at), kwargs={"sensor": number})
            for number, master in enumerate(masters)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: written_at.keys() <= witness.durable_at.keys(), "all frames are durable", patience_s=30)
        witness.close()
        took_ms = sorted((witness.durable_at[frame] - at) * 1e3 for frame, at in written_at.items())
        return Latency(
            took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100], 2 * len(written_at), 2 * len(took_ms)
        )


def _terminal() -> tuple[int, str]:
    master, slave = os.openpty()
    tty.setraw(slave)
    return master, os.ttyname(slave)


def _write_frames(
    masters: tuple[int, ...],
    written_at: dict[tuple[str, float], float],
    *,
    sensor: int = 0,
    frames: int = FRAMES_PER_S * SECONDS,
    first: int = 1_000,
) -> None:
    due = time.perf_counter() + sensor * 0.002
    for number in range(first, first + frames):
        due += 1 / FRAMES_PER_S
        time.sleep(max(0.0, due - time.perf_counter()))
        pm2_5 = number / 10
        frame = sds011.build(pm2_5=pm2_5, pm10=pm2_5)
        for master in masters:
            written_at[f"air-{sensor}", pm2_5] = time.perf_counter()
            os.write(master, frame)


def _sources(names: tuple[str, ...]) -> str:
    return "".join(
        f'[[sources]]\nname = "air {number}"\nfamily = "sds011"\nport = "{name}"\nsensor = "air-{number}"\n'
        for number, name in enumerate(names)
    )


def _city() -> str:
    sensors = "".join(
        f'[[sensors]]\nid = "air-{number}"\nname = "air"\nsite = "bench"\ngateway = "gw-bench"\n'
        'quantities = ["pm2_5", "pm10"]\n'
        for number in range(PORTS)
    )
    return f"""
[city]
name = "Bench"
zone = "Asia/Jayapura"
[[sites]]
id = "bench"
name = "Bench"
place = "Daruba"
latitude = 2.05
longitude = 128.29
[[gateways]]
id = "gw-bench"
name = "Bench"
site = "bench"
{sensors}"""
