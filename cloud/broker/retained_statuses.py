"""What each gateway's status at the broker says, for a command that runs beside the cloud.

siaga/v1/20/gw-daruba/status {"online":true,"version":"1.2.0",…}  ─►  {"gw-daruba": Status(…)}
"""

import asyncio
import contextlib
import secrets

from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import Message, MqttConnection, MqttError
from wire import Channel, Status, WireError, decode_status, parse_topic, subscription
from wire.topics import SHARDS

LISTEN_S = 3.0
"""Retained messages come at once; after so long without one, there are no more."""


async def retained_statuses(broker: BrokerSettings) -> dict[str, Status]:
    """Return each gateway's status; nothing where the broker refuses the cloud's own login."""
    found: dict[str, Status] = {}
    messages: asyncio.Queue[Message] = asyncio.Queue()
    connection = MqttConnection(
        broker, broker.nodes()[0], identifier=f"siaga-look-{secrets.token_hex(4)}", on_message=messages.put_nowait
    )
    with contextlib.suppress(MqttError, OSError, TimeoutError):
        async with connection:
            for topic in subscription(Channel.STATUS, range(SHARDS)):
                await connection.subscribe(topic, qos=0)
            async with asyncio.timeout(LISTEN_S) as waiting:
                while True:
                    message = await messages.get()
                    if message.retained:  # those of now come for ever: a thousand gateways leave no pause between them
                        waiting.reschedule(asyncio.get_running_loop().time() + LISTEN_S)
                    with contextlib.suppress(WireError):
                        found[parse_topic(message.topic).gateway] = decode_status(message.payload)
    return found
