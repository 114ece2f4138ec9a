"""Whether a broker can be reached and used, step by step, each with what to do where it fails:

clock ─► name ─► reach ─► TLS ─► login ─► rights ─► answer
ok       ok      ok       failed: the certificate of broker.example.org is not valid for that name; …

The first step that fails ends it: those after it would only say the same again.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from runtime.address import Address
from runtime.broker_settings import TLS_PORT, BrokerSettings

TIMEOUT_S = 10.0
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""This program is not older: a clock before it is wrong."""
_UNVERIFIED = {
    # X509_V_ERR_… of OpenSSL: what the certificate of the server is not
    7: "is of an authority of the same name with another key; bring the server's present ca.crt here",
    9: "is not valid yet, by this machine's clock ({now}); set the clock (timedatectl), or look at the server's",
    10: "has ended, by this machine's clock ({now}); renew it on the server (docs/operations.md, certificates)",
    18: "is signed by itself; name the server's authority in tls.ca",
    19: "is of an authority that tls.ca does not have; bring the server's ca.crt here",
    20: "is of an authority that tls.ca does not have; bring the server's ca.crt here",
    62: "does not have the name {host}; use a name that stands in it, or add this one on the server and renew it",
    64: "does not have the address {host}; use a name that stands in it, or add this one on the server and renew it",
}
_REFUSED = {
    1: "speaks another version of MQTT than 3.1.1; use a broker that does",
    2: "does not take the client id {identifier}",
    3: "is not ready; try again in a minute, and look at its log",
}


class ConnectStep(NamedTuple):
    """One step: its name, whether it succeeded, and a sentence on it."""

    name: str
    ok: bool
    said: str


class Exchange(NamedTuple):
    """A message that somebody must answer: what is sent where, on which of the subscriptions the answer comes."""

    topic: str
    payload: bytes
    is_answer: Callable[[str, bytes], bool]
    silence: str
    """What to do where no answer comes."""


def steps(
    broker: BrokerSettings,
    *,
    identifier: str,
    subscriptions: Sequence[str] = (),
    exchange: Exchange | None = None,
    login_advice: str = "",
    timeout_s: float = TIMEOUT_S,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[ConnectStep]:
    """Try each node of `broker` in turn; nothing that can go wrong is an exception."""
    yield (clock := _clock(now()))
    if not clock.ok:
        return
    for node in broker.nodes():
        yield from _through(_of_node(broker, node, identifier, subscriptions, exchange, login_advice, timeout_s, now))


def _through(tried: Iterator[ConnectStep]) -> Iterator[ConnectStep]:
    for step in tried:
        yield step
        if not step.ok:
            return


def _of_node(
    broker: BrokerSettings, node: Address, identifier: str, subscriptions: Sequence[str], exchange: Exchange | None,
    login_advice: str, timeout_s: float, now: Callable[[], datetime],
) -> Iterator[ConnectStep]:  # fmt: skip
    yield _name(node)
    yield _reach(node, timeout_s)
    yield _tls(broker, node, timeout_s, now())
    with _Client(broker, node, identifier, timeout_s) as client:
        yield client.login(login_advice)
        if subscriptions:
            yield client.subscribe(subscriptions)
        if exchange is not None:
            yield client.exchange(exchange)


def _clock(now: datetime) -> ConnectStep:
    said = f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC"
    if now < EARLIEST:
        return ConnectStep("clock", False, f"{said}, which is past; set it (timedatectl set-time), or let NTP through")
    return ConnectStep("clock", True, said)


def _name(node: Address) -> ConnectStep:
    try:
        found = socket.getaddrinfo(node.host, node.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return ConnectStep(
            "name", False, f"{node.host} has no address ({reason}); look at the name, the link and the DNS"
        )
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    return ConnectStep("name", True, f"{node.host} is {', '.join(addresses[:4])}")


def _reach(node: Address, timeout_s: float) -> ConnectStep:
    try:
        with socket.create_connection((node.host, node.port), timeout=timeout_s):
            return ConnectStep("reach", True, f"{node} takes connections")
    except ConnectionRefusedError:
        return ConnectStep("reach", False, f"nothing listens at {node}; look whether the broker runs, and at the port")
    except TimeoutError:
        said = f"{node} does not answer within {timeout_s:g} s; look at the link, the firewall and the port"
        return ConnectStep("reach", False, said)
    except OSError as error:
        return ConnectStep("reach", False, f"{node} cannot be reached: {error.strerror or error}; look at the link")


def _tls(broker: BrokerSettings, node: Address, timeout_s: float, now: datetime) -> ConnectStep:
    if broker.tls is None:
        if _speaks_tls(node, timeout_s):
            return ConnectStep(
                "TLS", False, f"{node} speaks TLS, and tls is missing; add tls = {{ }}, and its ca if need be"
            )
        return ConnectStep("TLS", True, "none is asked for: what is sent can be read on the way")
    try:
        context = broker.tls.context()
    except (OSError, ssl.SSLError) as error:
        return ConnectStep("TLS", False, f"the files of tls cannot be used: {error}; ca, cert and key are PEM")
    try:
        with (
            socket.create_connection((node.host, node.port), timeout=timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=node.host) as wrapped,
        ):
            return ConnectStep("TLS", True, f"{wrapped.version()}, {_until(wrapped)}")
    except ssl.SSLCertVerificationError as error:
        words = _UNVERIFIED.get(error.verify_code, f"cannot be verified: {error.verify_message}; look at tls.ca")
        said = words.format(now=f"{now:%Y-%m-%d %H:%M} UTC", host=node.host)
        return ConnectStep("TLS", False, f"the certificate of {node} {said}")
    except (ssl.SSLError, OSError) as error:
        return ConnectStep("TLS", False, _no_tls(node, error))


def _no_tls(node: Address, error: OSError) -> str:
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    if isinstance(error, ssl.SSLError) and reason != "WRONG_VERSION_NUMBER":
        return f"{node} broke off the TLS handshake ({reason}); look at tls.cert and tls.key, and at the broker's log"
    return f"{node} does not speak TLS ({reason}); look at the port ({TLS_PORT} is usual), or take tls out"


def _speaks_tls(node: Address, timeout_s: float) -> bool:
    """Whether a server that we would speak to in the clear answers a TLS greeting; what it is we need not trust."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((node.host, node.port), timeout=min(timeout_s, 3.0)) as plain,
            context.wrap_socket(plain, server_hostname=node.host),
        ):
            return True
    except OSError:
        return False


def _until(wrapped: ssl.SSLSocket) -> str:
    ends = str((wrapped.getpeercert() or {}).get("notAfter", ""))
    if not ends:
        return "verified"
    days = (ssl.cert_time_to_seconds(ends) - time.time()) / 86_400
    return f"the certificate is good for {days:.0f} days"


class _Client:
    """An MQTT client for one try, on a thread of its own."""

    def __init__(self, broker: BrokerSettings, node: Address, identifier: str, timeout_s: float) -> None:
        self._broker = broker
        self._node = node
        self._identifier = identifier
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._login: int | None = None
        self._granted: dict[int, list[int]] = {}
        self._ended = False
        self._answered = False
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

    def __enter__(self) -> "_Client":
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
            return ConnectStep("login", False, f"{self._node}: {error}")
        self._client.loop_start()
        self._wait(lambda: self._login is not None or self._ended)
        who = "without a name" if broker.username is None else f"as {broker.username!r}"
        if self._login == 0:
            return ConnectStep("login", True, f"{self._node} lets client {self._identifier} in {who}")
        if self._login is None:
            return ConnectStep("login", False, f"{self._node} says nothing to a login; is it an MQTT broker?")
        refused = _REFUSED.get(self._login, f"does not let client {self._identifier} in {who}")
        said = refused.format(identifier=self._identifier)
        return ConnectStep("login", False, f"{self._node} {said}" + (f"; {advice}" if advice else ""))

    def subscribe(self, topics: Sequence[str]) -> ConnectStep:
        """Ask for the topics, and see which the broker refuses."""
        asked = {int(self._client.subscribe(topic, qos=1)[1] or 0): topic for topic in topics}
        self._wait(lambda: len(self._granted) >= len(asked) or self._ended)
        refused = [
            topic for mid, topic in asked.items() if any(code >= 0x80 for code in self._granted.get(mid, [0x80]))
        ]
        if refused:
            advice = "its access list does not have this client; enrol it again on the server"
            return ConnectStep(
                "rights", False, f"{self._node} refuses the subscription to {', '.join(refused[:3])}; {advice}"
            )
        return ConnectStep("rights", True, f"may hear {', '.join(topics[:3])}" + (" …" if len(topics) > 3 else ""))

    def exchange(self, exchange: Exchange) -> ConnectStep:
        """Send a message, and wait for its answer."""
        self._is_answer = exchange.is_answer
        self._client.publish(exchange.topic, exchange.payload, qos=1)
        self._wait(lambda: self._answered or self._ended)
        if self._answered:
            return ConnectStep("answer", True, f"what was sent on {exchange.topic} was answered")
        if self._ended:
            return ConnectStep(
                "answer", False, f"{self._node} broke off when {exchange.topic} was sent to; look at its log"
            )
        said = f"no answer to {exchange.topic} within {self._timeout_s:g} s; {exchange.silence}"
        return ConnectStep("answer", False, said)

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
        if self._is_answer(message.topic, bytes(message.payload)):
            self._notify(lambda: setattr(self, "_answered", True))
