"""A simulated Home Assistant: the newest message of each topic at a real broker, retained ones first."""

import json

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion


class Listener:
    """Listens to announcements and values until it is closed."""

    def __init__(self, port: int) -> None:
        self.newest: dict[str, bytes] = {}
        self.count = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="simulated-home-assistant")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([("homeassistant/#", 1), ("siaga-edge/#", 1)])
        self._client.loop_start()

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self.count += 1
        self.newest[message.topic] = bytes(message.payload)

    def value(self, topic: str) -> object:
        return json.loads(self.newest[topic])["value"] if self.newest.get(topic) else "nothing"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
