"""One try with a login, and what comes over it:  name ─► reach ─► TLS ─► login ─► rights ─► an answer.

lasting login     an empty batch is sent, and the cloud acknowledges it, end to end
one-time login    may send nothing: the city's configuration comes, retained, with the lasting login in it, sealed

Nothing is sent before the broker's certificate is verified.
"""

import os
from collections.abc import Iterator

from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings
from runtime.connect import steps
from runtime.connect_step import ConnectStep, Exchange
from wire import Channel, WireError, decode_ack, encode_batch, topic_of
from wire.gateway_config import MAX_CONFIG_BYTES, GatewayConfig, decode_config

_SILENCE = LocalizedMessage(
    "is the cloud running, and does its city file have this gateway? On the server: siaga-cloud gateway list, health"
)

_NOTHING_WAITS = LocalizedMessage(
    "nothing waits there for this gateway; on the server: siaga-cloud gateway list, and siaga-cloud gateway rotate "
    "--bundle makes a new bundle"
)


class FirstConnection:
    """A try with the login in `broker`; afterwards `works` says whether it does, `config` what came."""

    def __init__(
        self, gateway: str, broker: BrokerSettings, *, advice: LocalizedMessage, one_time: bool = False
    ) -> None:
        self.works = False
        self.config: GatewayConfig | None = None
        self._gateway = gateway
        self._broker = broker
        self._advice = advice
        self._one_time = one_time
        self._stream = os.urandom(8).hex()
        self._ack, self._config = (topic_of(gateway, channel) for channel in (Channel.ACK, Channel.CONFIG))

    def steps(self) -> Iterator[ConnectStep]:
        """Try, step by step; of a cluster's nodes those after the first that works are left alone."""
        if self._one_time:
            exchange = Exchange("", b"", self._is_config, _NOTHING_WAITS)
        else:
            empty = encode_batch(self._stream, 1, [])
            exchange = Exchange(topic_of(self._gateway, Channel.UP), empty, self._is_ack, _SILENCE)
        for step in steps(
            self._broker,
            identifier=f"siaga-edge-{self._gateway}",
            subscriptions=[self._ack, self._config],
            exchange=exchange,
            login_advice=self._advice,
            on_message=self._on_message,
        ):
            yield step
            if self.works:
                return

    def _on_message(self, topic: str, payload: bytes) -> None:
        if topic == self._config and 0 < len(payload) <= MAX_CONFIG_BYTES:
            try:
                self.config = decode_config(payload)
            except WireError:
                self.config = None  # of a newer cloud: the sentence on a missing login names the way out

    def _is_config(self, topic: str, _payload: bytes) -> bool:
        self.works = self.works or topic == self._config
        return self.works

    def _is_ack(self, topic: str, payload: bytes) -> bool:
        if topic != self._ack:
            return False
        try:
            self.works = self.works or decode_ack(payload).stream == self._stream
        except WireError:
            return False
        return self.works
