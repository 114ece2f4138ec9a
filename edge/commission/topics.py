"""Sensors that come over MQTT, for init: what is heard at the broker nearby for some seconds, topic by topic.

127.0.0.1:1883 listens? ─► "listen for 30 s?" ─► HeardMessages ─► TopicFound ─► a source, as the city names it

A broker that no file names and that does not answer is no news: most gateways have none.
"""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from edge.commission.dialogue import Dialogue
from edge.commission.expectations import FoundPort, MatchedSensors
from edge.commission.settings_file import as_expected, local_broker_in
from edge.detect.found import DeviceFound
from edge.detect.local_broker import BrokerSilent, heard_on
from edge.detect.messages import HeardMessages, TopicFound, proposed_for
from edge.detect.run import broker_nearby
from edge.detect.score import Sureness
from edge.detect.sentences import PROGRESS, of_broker, of_topic
from edge.detect.source_lines import ProposedSource
from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings

SECONDS = 30.0
_THERE_S = 2.0

Hear = Callable[[BrokerSettings, float], HeardMessages]


def topics_nearby(config: Path, dialogue: Dialogue, seconds: float, hear: Hear = heard_on) -> Sequence[TopicFound]:
    """What is known of the topics at the local broker, after a person agreed to listen."""
    broker, is_named = broker_nearby(config), local_broker_in(config)
    if not is_named and not _is_there(broker):
        return ()
    seconds = min(seconds, SECONDS)
    question = LocalizedMessage(
        "listen at the local broker {broker} for {seconds:.0f} s, for sensors that come over MQTT?",
        broker=str(broker), seconds=seconds,
    )  # fmt: skip
    if not dialogue.agrees(question):
        return ()
    dialogue.tell(LocalizedMessage("{what} …", what=PROGRESS["listen"]))
    try:
        heard = hear(broker, seconds)
    except BrokerSilent as silent:
        dialogue.tell(silent.problem)
        return ()
    topics = heard.found()
    dialogue.tell(*map(of_topic, topics), *of_broker(heard))
    return [topic for topic in topics if topic.dialect]


def _is_there(broker: BrokerSettings) -> bool:
    node = broker.nodes()[0]
    try:
        socket.create_connection((node.host, node.port), _THERE_S).close()
    except OSError:
        return False
    return True


def as_port(topic: TopicFound) -> FoundPort:
    """A topic as what stands at a port, so that it is given its sensor as a device on a line is."""
    device = DeviceFound(topic.dialect, topic.options, None, Sureness.CERTAIN, topic.count, 0, topic.samples)
    return FoundPort(topic.topic, (device,))


def source_of(topic: TopicFound, whose: MatchedSensors, taken: set[str]) -> ProposedSource | None:
    """The source of a topic, with the names that the city has; what it names is added to `taken`."""
    source = proposed_for(topic, taken)
    sensors = whose.of_port(topic.topic)
    if source is None or not sensors:
        return source
    if "channels" in source.table:
        channels = {
            channel: sensors[channel].id if channel in sensors else name
            for channel, name in source.table["channels"].items()
        }
        return msgspec.structs.replace(source, table={**source.table, "channels": channels})
    sensor = sensors[min(sensors)]  # that of the topic itself, where only some of it has a channel
    others = sorted(whose.doubts - {sensor.id}) if sensor.id in whose.doubts else []
    return as_expected(msgspec.structs.replace(source, table={**source.table, "sensor": sensor.id}), sensor, others)
