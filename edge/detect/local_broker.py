"""What comes on a broker nearby for some seconds:  # and nothing else is subscribed to, and nothing is published.

heard_on(broker, 30.0) ─► HeardMessages      BrokerSilent: nobody is there, or it refuses
"""

import threading

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.detect.messages import HeardMessages
from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings
from runtime.reasons import reason_of

_LOGIN_S = 10.0


class BrokerSilent(Exception):
    """A broker cannot be listened to; `problem` is one sentence."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


def heard_on(broker: BrokerSettings, seconds: float) -> HeardMessages:
    """Listen for so long; BrokerSilent."""
    node = broker.nodes()[0]
    heard, granted, codes = HeardMessages(), threading.Event(), list[ReasonCode]()
    client = paho.Client(CallbackAPIVersion.VERSION2, "", clean_session=True, protocol=paho.MQTTv311)

    def on_connect(_client: object, _data: object, _flags: object, code: ReasonCode, _properties: object) -> None:
        codes.append(code)
        if code.is_failure:
            granted.set()
        else:
            client.subscribe("#", qos=0)

    def on_subscribe(
        _client: object, _data: object, _mid: int, granted_codes: list[ReasonCode], _properties: object
    ) -> None:
        codes.extend(granted_codes)
        granted.set()

    client.on_connect, client.on_subscribe = on_connect, on_subscribe
    client.on_message = lambda _client, _data, message: heard.add(message.topic, bytes(message.payload))
    try:
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password())
        if broker.tls is not None:
            client.tls_set_context(broker.tls.context())
        client.connect(node.host, node.port)
    except (OSError, ValueError) as error:
        raise BrokerSilent(
            LocalizedMessage(
                "nothing can be heard at the local broker {broker}: {reason}; is it running, and is that its address?",
                broker=str(node), reason=reason_of(error),
            )
        ) from None  # fmt: skip
    client.loop_start()
    try:
        if not granted.wait(_LOGIN_S) or any(code.is_failure for code in codes):
            raise BrokerSilent(_refused(str(node)))
        threading.Event().wait(seconds)
    finally:
        client.disconnect()
        client.loop_stop()
    return heard


def _refused(node: str) -> LocalizedMessage:
    return LocalizedMessage(
        "the local broker {broker} lets nobody hear all topics without a name: write its login in [local_broker] of "
        "edge.toml, and name the file with --config",
        broker=node,
    )
