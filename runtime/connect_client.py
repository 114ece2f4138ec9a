"""An MQTT client for one try:  login ─► rights ─► answer, each a step with what to do where it fails."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Sequence

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from i18n.catalog import N_
from i18n.message import LocalizedMessage, located
from runtime.address import Address
from runtime.broker_settings import BrokerSettings
from runtime.connect_step import ANSWER, LOGIN, RIGHTS, ConnectStep, Exchange
from runtime.reasons import reason_of

_REFUSED = {
    1: N_("{node} speaks another version of MQTT than 3.1.1; use a broker that does"),
    2: N_("{node} does not take the client id {client}"),
    3: N_("{node} is not ready; try again in a minute, and look at its log"),
}
_LET_IN = N_("{node} lets client {client} in {who}")
_KEPT_OUT = N_("{node} does not let client {client} in {who}")
_MOST_EARLY = 8
"""Messages that are kept from before it is known what to wait for: retained ones come with the subscription."""
_NO_LOGIN = N_("{node} says nothing to a login; is it an MQTT broker?")


def _advised(said: LocalizedMessage, advice: str) -> LocalizedMessage:
    return LocalizedMessage("{said}; {advice}", said=said, advice=advice) if advice else said


class ClientAttempt:
    """An MQTT client for one try, on a thread of its own."""

    def __init__(
        self,
        broker: BrokerSettings,
        node: Address,
        identifier: str,
        timeout_s: float,
        on_message: Callable[[str, bytes], None] = lambda _topic, _payload: None,
    ) -> None:
        self._broker = broker
        self._deliver = on_message
        self._node = node
        self._identifier = identifier
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._login: int | None = None
        self._granted: dict[int, list[int]] = {}
        self._ended = False
        self._answered = False
        self._early: list[tuple[str, bytes]] = []
        self._is_answer: Callable[[str, bytes], bool] = lambda _topic, _payload: False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            identifier,
            clean_session=True,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> "ClientAttempt":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._client.disconnect()
        self._client.loop_stop()

    def login(self, advice: str) -> ConnectStep:
        """Connect; the broker's refusal with what may be behind it."""
        broker = self._broker
        try:
            if broker.username is not None:
                self._client.username_pw_set(broker.username, broker.password())
            if broker.tls is not None:
                self._client.tls_set_context(broker.tls.context())
            self._client.connect(self._node.host, self._node.port, keepalive=30)
        except (OSError, ssl.SSLError, ValueError) as error:
            return ConnectStep(LOGIN, False, located(str(self._node), reason_of(error)))
        self._client.loop_start()
        self._wait(lambda: self._login is not None or self._ended)
        if self._login == 0:
            return ConnectStep(LOGIN, True, self._about_login(_LET_IN))
        if self._login is None:
            return ConnectStep(LOGIN, False, self._about_login(_NO_LOGIN))
        refused = self._about_login(_REFUSED.get(self._login, _KEPT_OUT))
        return ConnectStep(LOGIN, False, _advised(refused, advice))

    def _about_login(self, form: str) -> LocalizedMessage:
        name = self._broker.username
        who = LocalizedMessage("without a name") if name is None else LocalizedMessage("as {name}", name=repr(name))
        return LocalizedMessage(form, node=str(self._node), client=self._identifier, who=who)

    def subscribe(self, topics: Sequence[str]) -> ConnectStep:
        """Ask for the topics, and see which the broker refuses."""
        asked = {int(self._client.subscribe(topic, qos=1)[1] or 0): topic for topic in topics}
        self._wait(lambda: len(self._granted) >= len(asked) or self._ended)
        refused = [
            topic for mid, topic in asked.items() if any(code >= 0x80 for code in self._granted.get(mid, [0x80]))
        ]
        if refused:
            said = LocalizedMessage(
                "{node} refuses the subscription to {topics}; its access list does not have this client; enrol it "
                "again on the server",
                node=str(self._node), topics=", ".join(refused[:3]),
            )  # fmt: skip
            return ConnectStep(RIGHTS, False, said)
        shown = ", ".join(topics[:3]) + (" …" if len(topics) > 3 else "")
        return ConnectStep(RIGHTS, True, LocalizedMessage("may hear {topics}", topics=shown))

    def exchange(self, exchange: Exchange) -> ConnectStep:
        """Send a message, and wait for its answer."""
        with self._changed:
            self._is_answer = exchange.is_answer
            self._answered = any(exchange.is_answer(*message) for message in self._early)
        if exchange.topic:
            self._client.publish(exchange.topic, exchange.payload, qos=1)
        self._wait(lambda: self._answered or self._ended)
        if self._answered and not exchange.topic:
            return ConnectStep(ANSWER, True, LocalizedMessage("what waits there has come"))
        if self._answered:
            said = LocalizedMessage("what was sent on {topic} was answered", topic=exchange.topic)
            return ConnectStep(ANSWER, True, said)
        return ConnectStep(ANSWER, False, self._unanswered(exchange))

    def _unanswered(self, exchange: Exchange) -> LocalizedMessage:
        if not exchange.topic:
            return LocalizedMessage(
                "nothing came within {seconds:g} s; {advice}", seconds=self._timeout_s, advice=exchange.silence
            )
        if self._ended:
            return LocalizedMessage(
                "{node} broke off when {topic} was sent to; look at its log",
                node=str(self._node), topic=exchange.topic,
            )  # fmt: skip
        return LocalizedMessage(
            "no answer to {topic} within {seconds:g} s; {advice}",
            topic=exchange.topic, seconds=self._timeout_s, advice=exchange.silence,
        )  # fmt: skip

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(condition, timeout=self._timeout_s)

    def _notify(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _on_connect(self, _client: object, _data: object, _flags: object, code: object, _properties: object) -> None:
        # MQTT 3.1.1's return codes [MQTT-3.2.2-6], which paho gives as those of version 5
        known = {
            "Success": 0,
            "Unsupported protocol version": 1,
            "Client identifier not valid": 2,
            "Server unavailable": 3,
        }
        self._notify(lambda: setattr(self, "_login", known.get(str(code), 5)))

    def _on_disconnect(self, *_: object) -> None:
        self._notify(lambda: setattr(self, "_ended", True))

    def _on_subscribe(
        self, _client: object, _data: object, mid: int, codes: Sequence[object], _properties: object
    ) -> None:
        granted = [int(getattr(code, "value", 0x80)) for code in codes]
        self._notify(lambda: self._granted.__setitem__(mid, granted))

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._deliver(message.topic, bytes(message.payload))
        with self._changed:
            if len(self._early) < _MOST_EARLY:
                self._early.append((message.topic, bytes(message.payload)))
            is_answer = self._is_answer(message.topic, bytes(message.payload))
        if is_answer:
            self._notify(lambda: setattr(self, "_answered", True))
