"""A simulated cloud for the edge's measurements: acknowledges each batch as soon as it comes, and counts readings."""

import threading

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from wire import Ack, Channel, decode_batch, encode_ack, parse_topic, topic_of


class Sink:
    """Listens on a broker; `wait(n)` until `n` readings of sensors (not of gateway health) have come."""

    def __init__(self, port: int) -> None:
        self.readings = 0
        self.batches = 0
        self.payload_bytes = 0
        self._enough = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="sink")
        self._client.on_message = self._hear
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("siaga/v1/+/+/up", qos=1)
        self._client.loop_start()

    def _hear(self, client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        batch = decode_batch(bytes(message.payload))
        ack = Ack(batch.stream, batch.first, batch.last)
        client.publish(topic_of(parse_topic(message.topic).gateway, Channel.ACK), encode_ack(ack), qos=1)
        with self._enough:
            self.readings += sum(len(column.values) for column in batch.columns)
            self.batches += 1
            self.payload_bytes += len(message.payload)
            self._enough.notify_all()

    def wait(self, readings: int, patience_s: float) -> None:
        """Until so many readings have come; TimeoutError where they do not."""
        with self._enough:
            if not self._enough.wait_for(lambda: self.readings >= readings, patience_s):
                raise TimeoutError(f"{self.readings} of {readings} readings came in {patience_s:.0f} s")

    def is_quiet(self, for_s: float) -> bool:
        """Whether nothing comes for so long."""
        before = self.readings
        with self._enough:
            return not self._enough.wait_for(lambda: self.readings > before, for_s)

    def close(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()
