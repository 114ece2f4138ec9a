"""What a gateway says when it is asked: its report on the configuration, its reply to a command.

…/cmd {"command":"ping","key":"4f…"}  ─►  …/cmd/reply {"key":"4f…"}             …/config/reported, retained
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable

from cloud.broker.dynamic_security import BrokerRejected
from runtime.broker_settings import BrokerSettings
from runtime.clock import wall_ms
from runtime.mqtt_connection import Message, MqttConnection, MqttError
from wire import Channel, WireError, subscription, topic_of
from wire.gateway_command import COMMAND_VERSION, CommandReply, GatewayCommand, decode_reply, encode_command
from wire.gateway_config import ConfigReport, decode_report

REPLY_S = 15.0
"""How long a gateway's reply is waited for; the command expires then."""
REPORT_S = 3.0
"""Retained messages come at once; after so long, there is none."""


async def report_of(broker: BrokerSettings, gateway: str, shards: range) -> ConfigReport | None:
    """What the gateway reported last; None where it never did. BrokerRejected where the broker cannot be asked."""
    wanted = topic_of(gateway, Channel.CONFIG_REPORTED)
    async with _listening(broker, subscription(Channel.CONFIG_REPORTED, shards)) as (_, messages):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REPORT_S):
                while True:
                    message = await messages.get()
                    if message.topic == wanted:
                        with contextlib.suppress(WireError):
                            return decode_report(message.payload)
    return None


async def ask(
    broker: BrokerSettings, gateway: str, command: str, shards: range, *, source: str = ""
) -> CommandReply | None:
    """Ask a gateway to do something, once; None where it did not reply in time."""
    key = f"siaga-cloud:{secrets.token_hex(8)}"
    expires_ms = wall_ms() + int(REPLY_S * 1_000)
    wanted = topic_of(gateway, Channel.CMD_REPLY)
    asked = encode_command(GatewayCommand(COMMAND_VERSION, command, key, expires_ms, source))
    async with _listening(broker, subscription(Channel.CMD_REPLY, shards)) as (connection, messages):
        connection.publish(topic_of(gateway, Channel.CMD), asked)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REPLY_S):
                while True:
                    message = await messages.get()
                    if message.topic != wanted:
                        continue
                    with contextlib.suppress(WireError):
                        reply = decode_reply(message.payload)
                        if reply.key == key:
                            return reply
    return None


@contextlib.asynccontextmanager
async def _listening(
    broker: BrokerSettings, topics: Iterable[str]
) -> AsyncIterator[tuple[MqttConnection, "asyncio.Queue[Message]"]]:
    messages: asyncio.Queue[Message] = asyncio.Queue()
    connection = MqttConnection(
        broker, broker.nodes()[0], identifier=f"siaga-ask-{secrets.token_hex(4)}", on_message=messages.put_nowait
    )
    try:
        async with connection:
            for topic in topics:
                await connection.subscribe(topic, qos=0)
            yield connection, messages
    except (MqttError, OSError, TimeoutError) as error:
        raise BrokerRejected(f"broker {broker}: {error}; look at [broker] and at the broker's log") from None
