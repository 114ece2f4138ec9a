"""The broker's memory has a bound by client: a real Mosquitto with the limits of the deployment's own file."""

import re
import threading
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import PATIENCE_S, Program, free_port, mosquitto, wait_until
from wire.batch import MAX_BATCH_BYTES

DEPLOYED = Path(__file__).parents[2] / "deploy" / "mosquitto" / "mosquitto.conf"
LIMIT = re.compile(r"^(?:max_\w+|message_size_limit) \d+$", re.MULTILINE)
QUEUED_BYTES = 64 * 2**20
BATCHES = 400
"""100 MiB: more than waits for one client."""


def broker(folder: Path) -> Program:
    return mosquitto(folder, free_port(), settings="\n".join(["allow_anonymous true", *limits()]))


def limits() -> list[str]:
    return LIMIT.findall(DEPLOYED.read_text(encoding="utf-8"))


def client(name: str, *, clean: bool = True) -> Client:
    return Client(CallbackAPIVersion.VERSION2, name, clean_session=clean)


def connected(one: Client, server: Program) -> None:
    assert server.port is not None
    one.connect("127.0.0.1", server.port)


def memory_bytes(program: Program) -> int:
    assert program.process is not None
    (line,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{program.process.pid}/status").read_text())
    return int(line) * 1024


def test_the_deployment_bounds_what_the_broker_holds_in_bytes():
    given = dict(line.split() for line in limits())
    assert int(given["max_queued_bytes"]) == QUEUED_BYTES
    assert int(given["max_inflight_bytes"]) == QUEUED_BYTES
    assert "memory_limit" not in given, "with it the broker turns all away once a login was changed"
    assert given["max_qos"] == "1"


def test_what_waits_for_a_client_that_is_away_is_bounded_in_bytes(tmp_path: Path):
    """A gateway floods the queue of a cloud that is away; the broker lets go of the rest, and takes what comes then."""
    with broker(tmp_path) as server:
        cloud = client("cloud", clean=False)
        subscribed = threading.Event()
        cloud.on_subscribe = lambda *_: subscribed.set()
        connected(cloud, server)
        cloud.loop_start()
        cloud.subscribe("up/#", qos=1)
        assert subscribed.wait(PATIENCE_S)
        cloud.disconnect()
        cloud.loop_stop()

        gateway = client("gw")
        gateway.max_inflight_messages_set(1_000)
        connected(gateway, server)
        gateway.loop_start()
        sent = [gateway.publish("up/gw", b"x" * MAX_BATCH_BYTES, qos=1) for _ in range(BATCHES)]
        for each in sent:
            each.wait_for_publish(PATIENCE_S)
        assert all(each.is_published() for each in sent)
        assert memory_bytes(server) < QUEUED_BYTES + 48 * 2**20

        heard: list[int] = []
        last = threading.Event()

        def hear(_client: object, _data: object, message: MQTTMessage) -> None:
            heard.append(len(message.payload))
            if message.topic == "up/last":
                last.set()

        cloud.on_message = hear
        connected(cloud, server)
        cloud.loop_start()
        wait_until(lambda: heard, "what waited comes")
        gateway.publish("up/last", b"", qos=1).wait_for_publish(PATIENCE_S)
        assert last.wait(PATIENCE_S)
        assert 0.9 * QUEUED_BYTES < sum(heard) <= QUEUED_BYTES + MAX_BATCH_BYTES
        for one in (cloud, gateway):
            one.disconnect()
            one.loop_stop()


def test_messages_of_qos_2_that_are_never_released_pile_up_nowhere(tmp_path: Path):
    with broker(tmp_path) as server:
        gone = threading.Event()
        hostile = client("gw")
        hostile.on_disconnect = lambda *_: gone.set()
        connected(hostile, server)
        hostile.loop_start()
        hostile.publish("up/gw", b"x" * MAX_BATCH_BYTES, qos=2)
        assert gone.wait(PATIENCE_S)
        hostile.loop_stop()
        assert memory_bytes(server) < 16 * 2**20
