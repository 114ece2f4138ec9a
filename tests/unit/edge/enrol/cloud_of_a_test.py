"""A cloud that a test makes up: it answers what `runtime.connect.steps` would ask a broker, in memory."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from runtime.broker_settings import BrokerSettings
from runtime.connect_step import ANSWER, LOGIN, ConnectStep, Exchange
from wire import Ack, Channel, decode_batch, encode_ack, topic_of
from wire.enrolment_bundle import EnrolmentBundle
from wire.gateway_config import CONFIG_VERSION, ExpectedSensor, GatewayConfig, encode_config
from wire.sealed_login import encode_login, handover_key, seal_login

LASTING = "cGFzc3dvcmQgdGhhdCBsYXN0cw"
SENSOR = ExpectedSensor("river-daruba-1", "daruba", ("water_level",), 450.0, 10.0)
BUNDLE = EnrolmentBundle(
    "gw-daruba", ("broker.example.org:8883",), "gw-daruba.0", bytes(range(24)), "gw-daruba", 99_999
)


class SimulatedCloud:
    """Logins with their passwords, and whether an ack comes; `on_connect` is called at each login."""

    def __init__(self, bundle: EnrolmentBundle = BUNDLE) -> None:
        self.bundle = bundle
        self.logins = {bundle.username: bundle.password, bundle.lasting: LASTING}
        self.answers = True
        self.config: bytes | None = configuration(bundle)
        self.tried: list[str] = []
        self.on_connect: Callable[[str], None] = lambda _username: None

    def steps(self, broker: BrokerSettings, *, exchange: Exchange, **rest: Any) -> Iterator[ConnectStep]:
        """In the place of `runtime.connect.steps`."""
        assert broker.tls is not None, "a secret is never sent without TLS"
        username = str(broker.username)
        self.tried.append(username)
        self.on_connect(username)
        if broker.password() != self.logins.get(username):
            yield ConnectStep(LOGIN, False, str(rest["login_advice"]))
            return
        yield ConnectStep(LOGIN, True, f"lets {username} in")
        if any(exchange.is_answer(topic, payload) for topic, payload in self._heard(username, exchange, rest)):
            yield ConnectStep(ANSWER, True, "answered")
        else:
            yield ConnectStep(ANSWER, False, "no answer")

    def _heard(self, username: str, exchange: Exchange, rest: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
        """What comes: the retained configuration, and an ack to a login that may send."""
        if self.config is not None:
            config = (topic_of(self.bundle.gateway, Channel.CONFIG), self.config)
            rest["on_message"](*config)
            yield config
        if username == self.bundle.username:
            assert (exchange.topic, exchange.payload) == ("", b""), "the one-time login may send nothing"
        elif self.answers:
            stream = decode_batch(exchange.payload).stream
            yield topic_of(self.bundle.gateway, Channel.ACK), encode_ack(Ack(stream, 1, 0))


def configuration(bundle: EnrolmentBundle, *, username: str | None = None, password: str | None = None) -> bytes:
    """What the city has retained for the gateway of `bundle`."""
    key = handover_key(password or bundle.password, gateway=bundle.gateway, username=bundle.username)
    login = seal_login(
        LASTING, gateway=bundle.gateway, username=username or bundle.lasting, key_of=bundle.username, key=key,
        nonce=bytes(16),
    )  # fmt: skip
    raw = msgspec.Raw(encode_login(login))
    return encode_config(GatewayConfig(CONFIG_VERSION, 3, sensors=(SENSOR,), login=raw))
