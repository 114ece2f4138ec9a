"""A storm: simulated gateways whose sensors all cross their level, each batch sent again until it is acknowledged.

with Gateways(port) as gateways:  gateways.cross(3)        every sensor of gateway 3: a calm reading, then a high one
"""

import threading
import time
from pathlib import Path
from typing import Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from wire import Channel, Reading, decode_ack, encode_batch, parse_topic, topic_of

SENSORS_EACH = 50
CALM, HIGH, LIMIT = 10.0, 80.0, 50.0
RESEND_S = 1.0


def gateway_id(number: int) -> str:
    return f"gw-{number:02d}"


def sensor_id(gateway: int, number: int) -> str:
    return f"air-{gateway:02d}-{number:03d}"


def sensors(gateways: int) -> set[str]:
    return {sensor_id(gateway, number) for gateway in range(gateways) for number in range(SENSORS_EACH)}


class Gateways(threading.Thread):
    """All of them on one connection: what is not acknowledged end to end is published again, as a gateway does."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.waiting: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="storm")
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe("siaga/v1/+/+/ack", 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def cross(self, gateway: int) -> None:
        """The level of every sensor of a gateway is crossed now."""
        now_ms = time.time_ns() // 1_000_000
        readings = [
            Reading(sensor_id(gateway, number), "pm2_5", time_ms, value)
            for number in range(SENSORS_EACH)
            for time_ms, value in ((now_ms - 10_000, CALM), (now_ms, HIGH))
        ]
        payload = encode_batch(f"{gateway:016x}", 1, readings)
        with self._lock:
            self.waiting[gateway_id(gateway)] = payload
        self._client.publish(topic_of(gateway_id(gateway), Channel.UP), payload, qos=1)

    def run(self) -> None:
        while not self._end.wait(RESEND_S):
            with self._lock:
                waiting = dict(self.waiting)
            for gateway, payload in waiting.items():
                self._client.publish(topic_of(gateway, Channel.UP), payload, qos=1)

    def _hear(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        gateway = parse_topic(message.topic).gateway
        if decode_ack(bytes(message.payload)).last >= 2 * SENSORS_EACH:
            with self._lock:
                self.waiting.pop(gateway, None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
        self._client.loop_stop()


def settle(folder: Path, *, gateways: int, broker: int, hook: str, mail: int) -> Path:
    """Write the settings of a cloud that tells a webhook and a mailbox of every alarm; gives cloud.toml."""
    (folder / "hook.secret").write_text("a-secret-that-is-long-enough")
    (folder / "city.toml").write_text(_city(gateways))
    (folder / "rules.toml").write_text(
        '[[rules]]\nfamily = "dust"\nquantity = "pm2_5"\nkind = "above"\ntitle = "Dust"\n'
        f'levels = [{{ name = "Thick", severity = "severe", limit = {LIMIT} }}]\n'
    )
    settings = folder / "cloud.toml"
    settings.write_text(f"""
[broker]
port = {broker}
[registry]
url = "sqlite:///registry.db"
city = "city.toml"
[rules]
initial = "rules.toml"
[api]
enabled = false
[notify]
language = "en"
window_s = 1.0
[[notify.channels]]
name = "hook"
kind = "webhook"
url = "{hook}"
secret_file = "hook.secret"
[[notify.channels]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "siaga@morotai.example"
to = ["duty@morotai.example"]
per_minute = 600
[[notify.steps]]
channels = ["hook"]
[[notify.steps]]
channels = ["mail"]
""")
    return settings


def _city(gateways: int) -> str:
    place = (
        '[city]\nname = "Storm"\nzone = "Asia/Jayapura"\n'
        '[[sites]]\nid = "here"\nname = "Here"\nlatitude = 2\nlongitude = 128\n'
    )
    posts = "".join(
        f'[[gateways]]\nid = "{gateway_id(number)}"\nname = "Post"\nsite = "here"\n' for number in range(gateways)
    )
    gauges = "".join(
        f'[[sensors]]\nid = "{sensor_id(gateway, number)}"\nname = "{sensor_id(gateway, number)}"\nsite = "here"\n'
        f'gateway = "{gateway_id(gateway)}"\nquantities = ["pm2_5"]\n'
        for gateway in range(gateways)
        for number in range(SENSORS_EACH)
    )
    return place + posts + gauges
