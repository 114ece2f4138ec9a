"""The simulated siren: it listens where a real one would, and answers that it has sounded.

morotai/siren  ─► {"command":"alarm","key":"9c41…","on":true,"severity":"extreme","text":{"en":"…","id":"…"}}
morotai/siren/reply  ◄─ {"v":1,"key":"9c41…"}
"""

import contextlib

import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from cloud.notify.channels.mqtt.answers import REPLY

TOPIC = "morotai/siren"
MOST_COMMANDS = 1_000


class SirenCommand(msgspec.Struct, frozen=True):
    """What of a command a siren understands; `on` is false when the alarm is over."""

    key: str
    on: bool
    severity: str = ""


class SimulatedSiren:
    """A siren on the demo's broker; `commands` are those that came, the newest last."""

    def __init__(self, port: int) -> None:
        self.commands: list[SirenCommand] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="simulated-siren")
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = lambda client, *_: client.subscribe(TOPIC, qos=1)
        self._client.on_message = lambda _client, _data, message: self._on_command(bytes(message.payload))
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def _on_command(self, payload: bytes) -> None:
        with contextlib.suppress(msgspec.MsgspecError):  # what it does not understand it does not answer
            command = msgspec.json.decode(payload, type=SirenCommand)
            self.commands = [*self.commands, command][-MOST_COMMANDS:]
            self._client.publish(f"{TOPIC}{REPLY}", msgspec.json.encode({"v": 1, "key": command.key}), qos=1)
