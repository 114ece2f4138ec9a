"""Clients of the rehearsed broker: who somebody is there, what the broker lets them do, and what they hear."""

import tomllib
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from tests.rehearsal import HOST, Rehearsal
from tests.servers import wait_until

A, B = "gw-daruba", "gw-utara"
_ACCEPTED = ReasonCode(PacketTypes.CONNACK, "Success")


class Client:
    """An MQTT client over TLS that remembers what it was answered and what it heard."""

    def __init__(
        self,
        rehearsal: Rehearsal,
        name: str,
        *,
        password: str | None = None,
        login: str | None = None,
        tls: bool = True,
        keep_session: bool = False,
    ) -> None:
        self.answer: ReasonCode | None = None
        self.granted: list[ReasonCode] = []
        self.heard: list[tuple[str, bytes]] = []
        self.ended = False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=not keep_session, reconnect_on_failure=False
        )
        if tls:
            self._client.tls_set(ca_certs=str(rehearsal.ca))
        if login is not None:
            self._client.username_pw_set(login, password)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self.granted.extend(codes)
        self._client.on_message = lambda _client, _data, message: self.heard.append(
            (message.topic, bytes(message.payload))
        )
        self._client.on_disconnect = self._disconnected
        self._client.connect(HOST, rehearsal.broker_port)
        self._client.loop_start()

    @property
    def accepted(self) -> bool:
        """Whether the broker let it in; waits for the broker's word, or for its silence to end the connection."""
        wait_until(lambda: self.answer is not None or self.ended, "the broker accepts or refuses")
        return self.answer == _ACCEPTED

    def _connected(self, _client: object, _data: object, _flags: object, code: ReasonCode, _properties: object) -> None:
        self.answer = code

    def _disconnected(self, *_: object) -> None:
        self.ended = True

    def may_subscribe(self, topic: str) -> bool:
        """Ask to hear `topic`; whether the broker grants it."""
        self.granted.clear()
        self._client.subscribe(topic, 1)
        wait_until(lambda: self.granted, f"an answer to the subscription to {topic}")
        return not self.granted[0].is_failure

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send at QoS 1, and wait for the PUBACK, which a broker gives for what it throws away too."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(20)

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


def enrolled_in(rehearsal: Rehearsal) -> Path:
    return rehearsal.folder / "data" / "gateways"


def password_of(rehearsal: Rehearsal, gateway: str) -> str:
    return (enrolled_in(rehearsal) / gateway / "uplink.password").read_text().strip()


def login_of(rehearsal: Rehearsal, gateway: str) -> str:
    return str(tomllib.loads((enrolled_in(rehearsal) / gateway / "uplink.toml").read_text())["uplink"]["username"])


def gateway_client(rehearsal: Rehearsal, gateway: str, *, client_id: str | None = None) -> Client:
    name = client_id or f"siaga-edge-{gateway}"
    return Client(rehearsal, name, login=login_of(rehearsal, gateway), password=password_of(rehearsal, gateway))


def cloud_client(rehearsal: Rehearsal, *, name: str = "listener", keep_session: bool = False) -> Client:
    password = rehearsal.secret("cloud/broker.password")
    return Client(rehearsal, name, login="siaga-cloud", password=password, keep_session=keep_session)


def accepts(rehearsal: Rehearsal, login: str, password: str) -> bool:
    client = Client(rehearsal, f"siaga-edge-{A}", login=login, password=password)
    try:
        return client.accepted
    finally:
        client.close()


def rotate(rehearsal: Rehearsal, *options: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The login before a rotation, and the one after it."""
    before = login_of(rehearsal, A), password_of(rehearsal, A)
    done = rehearsal.operator("gateway", "rotate", A, "--into", str(enrolled_in(rehearsal)), *options)
    assert done.code == 0, done.err
    return before, (login_of(rehearsal, A), password_of(rehearsal, A))
