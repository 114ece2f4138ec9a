"""(c) The limit of the edge on this machine: paho alone receives, decodes the JSON and PUBACKs; nothing is kept.

Run as a process of its own: `python -m bench.bare_subscriber PORT MESSAGES SECONDS`; prints its CPU µs a message.
"""

import json
import sys
import threading
import time

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion


def main(port: int, messages: int, patience_s: float) -> None:
    """Subscribe, say "ready", and measure from the first message to the last."""
    heard = 0
    started_s = 0.0
    all_heard = threading.Event()

    def hear(_client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        nonlocal heard, started_s
        if heard == 0:
            started_s = time.process_time()
        json.loads(message.payload)
        heard += 1
        if heard == messages:
            all_heard.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.on_message = hear
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe("sensors/+", qos=1)
    client.loop_start()
    if not all_heard.wait(patience_s):
        sys.exit(f"{heard} of {messages} messages came")
    print((time.process_time() - started_s) / messages * 1e6, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
