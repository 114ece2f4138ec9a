"""Routes messages of the broker by their topic.

…/up ─► ingest queue      …/status ─► statuses      …/config/reported ─► reports on configurations
…/cmd/reply ─► who asked the gateway; notifications, where siaga/notify/…/reply goes too
anything else ─► counted, and dropped
"""

import logging
from collections.abc import Callable, Collection
from functools import lru_cache

from cloud.gateways.statuses import Statuses
from cloud.metrics.exposition import Metrics
from cloud.notify.channels.mqtt.answers import REPLY
from cloud.notify.channels.mqtt.settings import DEVICES
from runtime.mqtt_connection import Message
from wire import Channel, WireError, parse_topic, subscription

_log = logging.getLogger(__name__)
_parse = lru_cache(maxsize=16_384)(parse_topic)


def topics(shards: range, *, ingest: bool) -> list[str]:
    """What to subscribe to for `shards`: statuses, and batches where this process ingests them."""
    channels = (Channel.STATUS, Channel.UP) if ingest else (Channel.STATUS,)
    return [topic for channel in channels for topic in subscription(channel, shards)]


def _is_of_a_device(topic: str) -> bool:
    """Whether a device answers there that people added while the cloud runs: siaga/notify/{name}/reply."""
    return topic.startswith(DEVICES) and topic.endswith(REPLY)


class MessageRouter:
    """Hands each message on; `offer` takes batches, `acknowledge` gives the PUBACK of all others.

    `on_reply` takes what devices answer to commands: on their gateway's topic, or on one of `reply_topics`.
    `on_gateway_reply` takes what gateways answer themselves, `on_config_report` what they made of a configuration.
    """

    def __init__(
        self,
        *,
        statuses: Statuses,
        metrics: Metrics,
        offer: Callable[[Message, str], None],
        acknowledge: Callable[[Message], None],
        on_reply: Callable[[bytes], None] = lambda _payload: None,
        reply_topics: Collection[str] = (),
        on_gateway_reply: Callable[[str, bytes], None] = lambda _gateway, _payload: None,
        on_config_report: Callable[[str, bytes], None] = lambda _gateway, _payload: None,
    ) -> None:
        self._statuses = statuses
        self._metrics = metrics
        self._offer = offer
        self._acknowledge = acknowledge
        self._on_reply = on_reply
        self._reply_topics = frozenset(reply_topics)
        self._on_gateway_reply = on_gateway_reply
        self._on_config_report = on_config_report

    def on_message(self, message: Message) -> None:
        """Route a message of the session, on the event loop."""
        if message.topic in self._reply_topics or _is_of_a_device(message.topic):
            self._on_reply(message.payload)
            self._acknowledge(message)
            return
        try:
            topic = _parse(message.topic)
        except WireError as error:
            self._metrics.ignored.inc()
            _log.warning("a message was let go: %s", error)
            self._acknowledge(message)
            return
        if topic.channel is Channel.UP:
            self._statuses.on_message(topic.gateway)
            self._offer(message, topic.gateway)
            return
        if topic.channel is Channel.CMD_REPLY:
            self._on_reply(message.payload)
            self._on_gateway_reply(topic.gateway, message.payload)
        elif topic.channel is Channel.CONFIG_REPORTED:
            self._on_config_report(topic.gateway, message.payload)
        elif topic.channel is Channel.STATUS:
            self._statuses.on_status(topic.gateway, message.payload, retained=message.retained)
        self._acknowledge(message)
