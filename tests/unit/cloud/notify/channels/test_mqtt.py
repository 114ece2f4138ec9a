"""Commands to sirens and signs."""

from typing import Any

import httpx
import msgspec

from cloud.notify.channels.mqtt.send import MqttCommands
from cloud.notify.channels.mqtt.settings import MqttChannel
from cloud.notify.contract import Later, Outcome
from cloud.notify.notifications import Notification
from tests.unit.cloud.notify.examples import channel_context, line, notification


async def commands(
    settings: MqttChannel, sent: Notification, *, is_connected: bool = True
) -> tuple[Outcome, list[tuple[str, Any]]]:
    published: list[tuple[str, Any]] = []

    def publish(topic: str, payload: bytes) -> bool:
        published.append((topic, msgspec.json.decode(payload)))
        return is_connected

    async with httpx.AsyncClient() as client:
        return await MqttCommands(settings, channel_context(client, publish)).send(sent), published


async def test_a_siren_gets_commands_on_its_gateways_topic_or_on_its_own():
    sent = notification(line(gateway="gw-a"), line(gateway="gw-b", kind="closed"), line(gateway="gw-b", repeated=True))
    _, published = await commands(MqttChannel(name="siren", kind="mqtt"), sent)
    assert [(topic.split("/", 3)[3], command["on"]) for topic, command in published] == [
        ("gw-a/cmd", True),
        ("gw-b/cmd", False),
    ]
    _, published = await commands(MqttChannel(name="sign", kind="mqtt", topic="signs/harbour"), sent)
    assert [(topic, command["on"], command["severity"]) for topic, command in published] == [
        ("signs/harbour", True, "extreme")
    ]


async def test_without_a_broker_a_siren_gets_its_command_later():
    outcome, _ = await commands(MqttChannel(name="siren", kind="mqtt"), notification(line()), is_connected=False)
    assert isinstance(outcome, Later)
