"""The way from this gateway to the cloud and back, tried once:  an empty batch up, its ack down.

{"stream": "<random>", "first": 1, "last": 0}  ─► …/up        …/ack ─► the same range: broker, cloud and store are there
"""

import os
from collections.abc import Iterator

from edge.settings import EdgeSettings
from i18n.message import LocalizedMessage
from runtime.connect import steps
from runtime.connect_step import ConnectStep, Exchange
from wire import Channel, WireError, decode_ack, encode_batch, topic_of

_SILENCE = LocalizedMessage(
    "is the cloud running, does its city file have this gateway, and may this login send there? "
    "On the server: siaga-cloud gateway list, and health"
)


def connection_steps(settings: EdgeSettings) -> Iterator[ConnectStep]:
    """Try the uplink of `settings`, step by step."""
    gateway = settings.gateway.id
    stream = os.urandom(8).hex()

    def is_answer(_topic: str, payload: bytes) -> bool:
        try:
            return decode_ack(payload).stream == stream
        except WireError:
            return False

    yield from steps(
        settings.uplink,
        identifier=f"siaga-edge-{gateway}",
        subscriptions=[topic_of(gateway, Channel.ACK)],
        exchange=Exchange(topic_of(gateway, Channel.UP), encode_batch(stream, 1, []), is_answer, _SILENCE),
        login_advice=_login_advice(settings),
    )


def _login_advice(settings: EdgeSettings) -> LocalizedMessage:
    """What is behind a refusal, from what can be seen here: brokers say "not authorized" to all of it."""
    gateway, username = settings.gateway.id, settings.uplink.username
    if username is None:
        return LocalizedMessage(
            "it wants a login: enrol {gateway} on the server, and bring its files here", gateway=gateway
        )
    if username.rpartition(".")[0] != gateway and username != gateway:
        return LocalizedMessage(
            "the login is that of {username} and this gateway is {gateway}: a login is good for its own id alone",
            username=repr(username), gateway=repr(gateway),
        )  # fmt: skip
    return LocalizedMessage(
        "on the server, siaga-cloud gateway list says whether {gateway} is enrolled: if not, enrol it; "
        "if it is, the password here is an old one: rotate it, and bring the new file here",
        gateway=gateway,
    )
