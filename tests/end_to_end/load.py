"""A counted load on a whole platform, and the question whether all of it arrived.

load = begin(platform);  … whatever is killed meanwhile …;  readings = everything_arrives(platform, load)
"""

import base64
import threading
import time
from collections.abc import Callable

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.end_to_end.platform import GATEWAY, SENSORS, Platform, message
from tests.servers import wait_until
from wire import decode_batch

MESSAGES_PER_S = 250  # of two readings each
REFUSED_EACH = 400  # one message in so many holds a reading that physics refuses

Key = tuple[str, str, int]


class Load(threading.Thread):
    """Simulated sensors: publishes at QoS 1 to the local broker until stopped, and remembers what it sent."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.good: dict[Key, float] = {}
        self.refused: dict[Key, float] = {}
        self._stop_now = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="load")
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def probe(self) -> None:
        """One message of a sensor that is not counted, to see whether the way is open."""
        self._client.publish("sensors/probe", message(time.time_ns() // 1_000_000, 1.0, 2.0), qos=1)

    def run(self) -> None:
        """Publish at an even pace, each message with a time of its own."""
        started, started_ms = time.monotonic(), time.time_ns() // 1_000_000
        number = 0
        while not self._stop_now.is_set():
            while number < (time.monotonic() - started) * MESSAGES_PER_S:
                self._send(number, started_ms + 1_000 * number // MESSAGES_PER_S)
                number += 1
            time.sleep(0.01)

    def _send(self, number: int, time_ms: int) -> None:
        sensor = SENSORS[number % len(SENSORS)]
        pm2_5, pm10 = number % 9_000 / 10, float(number % 20_000)
        refuse = number % REFUSED_EACH == 7
        self.good[sensor, "pm2_5", time_ms] = pm2_5
        (self.refused if refuse else self.good)[sensor, "pm10", time_ms] = -5.0 if refuse else pm10
        self._client.publish(f"sensors/{sensor}", message(time_ms, pm2_5, -5.0 if refuse else pm10), qos=1)

    def stop(self) -> None:
        """Send no more, and wait until the local broker has all."""
        self._stop_now.set()
        self.join()
        wait_until(lambda: not self._client._out_messages, "the local broker has taken every message")
        self._client.loop_stop()


def stored(platform: Platform) -> dict[Key, float]:
    """What InfluxDB holds."""
    found: dict[Key, float] = {}
    for sensor in SENSORS:
        for series in platform.query(f"SELECT pm2_5, pm10 FROM air WHERE sensor = '{sensor}'"):
            columns = series["columns"]
            for row in series["values"]:
                values = dict(zip(columns, row, strict=True))
                for quantity in ("pm2_5", "pm10"):
                    if values[quantity] is not None:
                        found[sensor, quantity, values["time"]] = values[quantity]
    return found


def dead(platform: Platform) -> dict[Key, float]:
    """What the dead letters hold."""
    found: dict[Key, float] = {}
    for letter in platform.dead_letters():
        assert letter["reason"] == "out_of_bounds"
        raw = letter["raw"].encode() if letter["encoding"] == "text" else base64.b64decode(letter["raw"])
        for reading in decode_batch(raw).readings():
            found[reading.sensor, reading.quantity, reading.time_ms] = reading.value
    return found


def _way_is_open(platform: Platform, load: Load) -> Callable[[], bool]:
    def poll() -> bool:
        load.probe()
        return any(latest["sensor"] == "probe" for latest in platform.api("/readings/latest?domain=air"))

    return poll


def begin(platform: Platform) -> Load:
    """A load that is under way, and arrives."""
    load = Load(platform.local_port)
    wait_until(_way_is_open(platform, load), "the first reading arrives", patience_s=60)
    load.start()
    return load


def everything_arrives(platform: Platform, load: Load) -> int:
    """End the load, and wait until each of its readings is stored once or dead-lettered; how many those were."""
    load.stop()

    def everything_is_somewhere() -> bool:
        return len(stored(platform)) + len(dead(platform)) >= len(load.good) + len(load.refused)

    wait_until(everything_is_somewhere, "all readings arrive", patience_s=90)
    assert stored(platform) == load.good
    assert dead(platform) == load.refused
    _the_accounting_agrees(platform, len(load.good) + len(load.refused))
    return len(load.good) + len(load.refused)


def _the_accounting_agrees(platform: Platform, sent: int) -> None:
    def account() -> dict[str, int]:
        (gateway,) = [gateway for gateway in platform.api("/gateways") if gateway["id"] == GATEWAY]
        return dict(gateway["account"])

    wait_until(lambda: account()["missing"] == 0, "the accounting finds every seq")
    final = account()
    assert final["declared_lost"] == 0
    # more than sent where the killed agent had committed a message that it had not yet acknowledged to the sensor
    assert sent <= final["received"]
