"""Which login each gateway connects with now, as its retained status says.

siaga/v1/20/gw-daruba/status {"online":true,"login":"gw-daruba.2",…}  ─►  {"gw-daruba": "gw-daruba.2"}
"""

import asyncio
import contextlib
import secrets

import aiomqtt

from runtime.broker_settings import BrokerSettings
from wire import Channel, WireError, decode_status, parse_topic, subscription
from wire.topics import SHARDS

LISTEN_S = 3.0
"""Retained messages come at once; for so long without one more, there are none."""


async def logins_in_use(broker: BrokerSettings) -> dict[str, str]:
    """By gateway, the login that it said it uses; nobody's where the broker cannot be heard with the cloud's login."""
    found: dict[str, str] = {}
    where = broker.nodes()[0]
    with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
        async with aiomqtt.Client(
            where.host, where.port, identifier=f"siaga-look-{secrets.token_hex(4)}", username=broker.username,
            password=broker.password(), tls_context=None if broker.tls is None else broker.tls.context(),
        ) as client:  # fmt: skip
            for topic in subscription(Channel.STATUS, range(SHARDS)):
                await client.subscribe(topic, qos=0)
            messages = aiter(client.messages)
            while True:
                async with asyncio.timeout(LISTEN_S):
                    message = await anext(messages)
                with contextlib.suppress(WireError):
                    status = decode_status(bytes(message.payload))
                    if status.online and status.login:
                        found[parse_topic(str(message.topic)).gateway] = status.login
    return found
