"""Any broker: on clusters of RabbitMQ and NATS, whose nodes are killed under load, nothing is lost either."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.clusters import Cluster, Node, nats, rabbitmq
from tests.end_to_end.load import begin, everything_arrives
from tests.end_to_end.platform import Platform
from tests.servers import Program, all_of, wait_until
from wire import Channel, topic_of

DOWN_S = 1.5
STATUS_S = 40.0
"""RabbitMQ keeps no retained message for a subscription with wildcards: a status is known when it is said again."""


def _outage(platform: Platform, nodes: Sequence[Node] = (), programs: Sequence[Program] = ()) -> None:
    platform.cluster.kill(nodes)
    for program in programs:
        program.kill()
    time.sleep(DOWN_S)  # the load goes on meanwhile: this is the outage, not a wait for something
    platform.cluster.start(nodes)
    for program in programs:
        program.start()
    time.sleep(DOWN_S)
    for program in (*nodes, *programs):
        program.must_live()


def test_the_node_that_the_cloud_is_connected_to_is_killed_and_nothing_is_lost(tmp_path: Path):
    platform = Platform(tmp_path, nats)
    with platform.cluster, all_of(*platform.programs):
        load = begin(platform)
        _outage(platform, [platform.cluster.node_of(platform.cloud)])
        assert everything_arrives(platform, load) > 1_000


@pytest.mark.proof
@pytest.mark.parametrize("broker", [nats, rabbitmq])
def test_a_gateway_can_neither_speak_for_another_nor_hear_what_is_said_to_it(
    tmp_path: Path, broker: Callable[[Path, Sequence[str]], Cluster]
):
    with broker(tmp_path, ["gw-one", "gw-two"]) as cluster:
        cloud, one, two = (_Client(cluster, name) for name in ("siaga-cloud", "gw-one", "gw-two"))
        cloud.subscribe("siaga/v1/+/+/up")
        two.subscribe(topic_of("gw-two", Channel.ACK))
        one.subscribe(topic_of("gw-two", Channel.ACK), refused=True)
        one.publish(topic_of("gw-two", Channel.UP), b"forged", qos=0)  # at 1 it would try again and again
        one.publish(topic_of("gw-one", Channel.UP), b"one's own")
        two.publish(topic_of("gw-two", Channel.UP), b"two's own")
        wait_until(lambda: {b"one's own", b"two's own"} <= set(cloud.heard), "the cloud hears what is allowed")
        cloud.publish(topic_of("gw-two", Channel.ACK), b"for two")
        wait_until(lambda: two.heard, "the ack arrives where it belongs")
        assert b"forged" not in cloud.heard
        assert one.heard == []
        with pytest.raises(AssertionError):
            _Client(cluster, "gw-one", password="wrong", patience_s=2)


class _Client:
    """A real MQTT client with the login of a user; it publishes until the broker has it."""

    def __init__(self, cluster: Cluster, user: str, *, password: str = "", patience_s: float = 30) -> None:
        self.heard: list[bytes] = []
        self._granted: list[int] = []
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=_client_id(user))
        client.username_pw_set(user, password or cluster.password(user))
        client.tls_set(str(cluster.certificate))
        client.on_message = lambda _client, _data, message: self.heard.append(bytes(message.payload))
        client.on_subscribe = lambda _client, _data, _id, codes, _properties: self._granted.extend(
            code.value for code in codes
        )
        client.reconnect_delay_set(1, 1)
        client.connect("127.0.0.1", cluster.nodes[0].listens_on)
        client.loop_start()
        self._client = client
        wait_until(client.is_connected, f"{user} is let in", patience_s=patience_s)

    def subscribe(self, topic: str, *, refused: bool = False) -> None:
        self._client.subscribe(topic, qos=1)
        wait_until(lambda: self._granted or refused, f"the subscription to {topic} is answered")
        assert refused or self._granted == [1]

    def publish(self, topic: str, payload: bytes, *, qos: int = 1) -> None:
        wait_until(self._client.is_connected, "the client is connected, again where it was thrown out")
        self._client.publish(topic, payload, qos=qos)


def _client_id(user: str) -> str:
    return "siaga-cloud-api-test" if user == "siaga-cloud" else f"siaga-edge-{user}"


@pytest.mark.proof
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("broker", [nats, rabbitmq])
def test_nodes_gateway_cloud_and_database_are_killed_in_turn_and_together(
    tmp_path: Path, broker: Callable[[Path, Sequence[str]], Cluster]
):
    platform, dice = Platform(tmp_path, broker), random.Random(4)
    with platform.cluster, all_of(*platform.programs):
        nodes = platform.cluster.nodes
        wait_until(lambda: platform.api("/gateways")[0]["online"], "the cloud knows its status", patience_s=STATUS_S)
        load = begin(platform)
        for client in (platform.edge, platform.cloud):
            _outage(platform, [platform.cluster.node_of(client)])
        for node in nodes:
            _outage(platform, [node])
        for program in (platform.edge, platform.cloud, platform.influxd):
            _outage(platform, programs=[program])
        _outage(platform, nodes[:2])  # no majority
        _outage(platform, nodes)
        for _ in range(5):
            _outage(platform, dice.sample(nodes, 1), dice.sample([platform.influxd, platform.cloud, platform.edge], 1))
        readings = everything_arrives(platform, load)
        wait_until(
            lambda: platform.api("/gateways")[0]["online"], "the cloud knows its status again", patience_s=STATUS_S
        )
    print(f"{platform.cluster.nodes[0].name} and its like: {readings:,} readings sent, stored or dead-lettered once")
