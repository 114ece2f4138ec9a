"""What comes from the broker goes to its place by its topic."""

from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.ingest.message_router import MessageRouter, topics
from cloud.metrics.exposition import Metrics
from runtime.mqtt_connection import Message
from tests.unit.cloud.examples import GATEWAY
from wire import Channel, Status, encode_status, topic_of

STATUS = Status(1, True, GATEWAY, "0.1.0", "boot", "stream", 0)


class Desk:
    def __init__(self) -> None:
        self.statuses = Statuses()
        self.metrics = Metrics(Accounts())
        self.offered: list[str] = []
        self.acknowledged: list[str] = []
        self.reception = MessageRouter(
            statuses=self.statuses, metrics=self.metrics, offer=lambda _, gateway: self.offered.append(gateway),
            acknowledge=lambda message: self.acknowledged.append(message.topic),
        )  # fmt: skip

    def hear(self, topic: str, content: bytes = b"") -> None:
        self.reception.hear(Message(topic, content, False, False, 1, 1, 1))


def test_a_batch_is_offered_with_its_gateway_and_not_acknowledged_here():
    desk = Desk()
    desk.hear(topic_of(GATEWAY, Channel.UP))
    assert (desk.offered, desk.acknowledged) == ([GATEWAY], [])


def test_what_a_device_answers_goes_to_the_notifications():
    desk = Desk()
    heard: list[bytes] = []
    desk.reception = MessageRouter(
        statuses=desk.statuses, metrics=desk.metrics, offer=lambda *_: None,
        acknowledge=lambda message: desk.acknowledged.append(message.topic),
        replied=heard.append, replies=["siaga/notify/tower/reply"],
    )  # fmt: skip
    for topic in (topic_of(GATEWAY, Channel.CMD_REPLY), "siaga/notify/tower/reply"):
        desk.hear(topic, topic.encode())
    assert heard == [topic.encode() for topic in desk.acknowledged]
    assert len(heard) == 2
    assert desk.statuses.status(GATEWAY) is None


def test_a_status_is_taken_and_acknowledged():
    desk = Desk()
    topic = topic_of(GATEWAY, Channel.STATUS)
    desk.hear(topic, encode_status(STATUS))
    assert desk.statuses.status(GATEWAY) == STATUS
    assert desk.acknowledged == [topic]


def test_a_topic_that_is_no_gateway_s_is_counted_and_let_go():
    desk = Desk()
    desk.hear("siaga/v1/3f/gw-daruba/up")
    assert desk.offered == []
    assert desk.acknowledged == ["siaga/v1/3f/gw-daruba/up"]
    assert desk.metrics.registry.get_sample_value("siaga_messages_ignored_total") == 1


def test_a_process_subscribes_to_its_shards_alone():
    assert topics(range(64), ingest=True) == ["siaga/v1/+/+/status", "siaga/v1/+/+/up"]
    assert topics(range(2), ingest=False) == ["siaga/v1/00/+/status", "siaga/v1/01/+/status"]
