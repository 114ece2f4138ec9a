"""The login that each gateway connects with now, as its retained status says.

siaga/v1/20/gw-daruba/status {"online":true,"login":"gw-daruba.2",…}  ─►  {"gw-daruba": "gw-daruba.2"}
"""

import asyncio
import contextlib
import secrets

from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import Message, MqttConnection, MqttError
from wire import Channel, WireError, decode_status, parse_topic, subscription
from wire.topics import SHARDS

LISTEN_S = 3.0
"""Retained messages come at once; after so long without one, there are no more."""


async def logins_in_use(broker: BrokerSettings) -> dict[str, str]:
    """Return each gateway's login; nothing where the broker refuses the cloud's own login."""
    found: dict[str, str] = {}
    messages: asyncio.Queue[Message] = asyncio.Queue()
    connection = MqttConnection(
        broker,
        broker.nodes()[0],
        identifier=f"siaga-look-{secrets.token_hex(4)}",
        on_message=messages.put_nowait,
    )
    with contextlib.suppress(MqttError, OSError, TimeoutError):
        async with connection:
            for topic in subscription(Channel.STATUS, range(SHARDS)):
                await connection.subscribe(topic, qos=0)
            while True:
                async with asyncio.timeout(LISTEN_S):
                    message = await messages.get()
                with contextlib.suppress(WireError):
                    status = decode_status(message.payload)
                    if status.online and status.login:
                        found[parse_topic(message.topic).gateway] = status.login
    return found
