"""Messages of the broker are routed by their topic."""

from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.ingest.message_router import MessageRouter, topics
from cloud.metrics.exposition import Metrics
from runtime.mqtt_connection import Message
from tests.unit.cloud.examples import GATEWAY
from wire import Channel, Status, encode_status, topic_of

STATUS = Status(1, True, GATEWAY, "0.1.0", "boot", "stream", 0)


class Broker:
    def __init__(self) -> None:
        self.statuses = Statuses()
        self.metrics = Metrics(Accounts())
        self.offered: list[str] = []
        self.acknowledged: list[str] = []
        self.router = MessageRouter(
            statuses=self.statuses, metrics=self.metrics, offer=lambda _, gateway: self.offered.append(gateway),
            acknowledge=lambda message: self.acknowledged.append(message.topic),
        )  # fmt: skip

    def send(self, topic: str, content: bytes = b"") -> None:
        self.router.on_message(Message(topic, content, False, False, 1, 1, 1))


def test_a_batch_is_offered_with_its_gateway_and_not_acknowledged_here():
    broker = Broker()
    broker.send(topic_of(GATEWAY, Channel.UP))
    assert (broker.offered, broker.acknowledged) == ([GATEWAY], [])


def test_what_a_device_answers_goes_to_the_notifications():
    broker = Broker()
    replies: list[bytes] = []
    broker.router = MessageRouter(
        statuses=broker.statuses, metrics=broker.metrics, offer=lambda *_: None,
        acknowledge=lambda message: broker.acknowledged.append(message.topic),
        on_reply=replies.append, reply_topics=["morotai/siren/reply"],
    )  # fmt: skip
    for topic in (topic_of(GATEWAY, Channel.CMD_REPLY), "morotai/siren/reply", "siaga/notify/added-since/reply"):
        broker.send(topic, topic.encode())
    assert replies == [topic.encode() for topic in broker.acknowledged]
    assert len(replies) == 3
    assert broker.statuses.status(GATEWAY) is None


def test_a_status_is_applied_and_acknowledged():
    broker = Broker()
    topic = topic_of(GATEWAY, Channel.STATUS)
    broker.send(topic, encode_status(STATUS))
    assert broker.statuses.status(GATEWAY) == STATUS
    assert broker.acknowledged == [topic]


def test_a_topic_that_is_no_gateway_s_is_counted_and_dropped():
    broker = Broker()
    broker.send("siaga/v1/3f/gw-daruba/up")
    assert broker.offered == []
    assert broker.acknowledged == ["siaga/v1/3f/gw-daruba/up"]
    assert broker.metrics.registry.get_sample_value("siaga_messages_ignored_total") == 1


def test_a_process_subscribes_to_its_shards_alone():
    assert topics(range(64), ingest=True) == ["siaga/v1/+/+/status", "siaga/v1/+/+/up"]
    assert topics(range(2), ingest=False) == ["siaga/v1/00/+/status", "siaga/v1/01/+/status"]
