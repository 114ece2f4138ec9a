"""Which code sends over which kind of channel."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from cloud.notify.channels.cap_file.send import CapFiles, Warnings
from cloud.notify.channels.email.send import Email
from cloud.notify.channels.mqtt.send import Commands, Publish
from cloud.notify.channels.telegram.send import Telegram
from cloud.notify.channels.webhook.send import Webhook
from cloud.notify.contract import Sender
from cloud.notify.settings import Channel


class ChannelContext(msgspec.Struct, frozen=True):
    """What channels send with."""

    client: httpx.AsyncClient
    publish: Publish
    warnings: Warnings
    console: str


_KINDS: dict[str, Callable[[Any, ChannelContext], Sender]] = {
    "telegram": lambda settings, means: Telegram(settings, means.client, console=means.console),
    "email": lambda settings, means: Email(settings, console=means.console),
    "webhook": lambda settings, means: Webhook(settings, means.client, console=means.console),
    "mqtt": lambda settings, means: Commands(settings, means.publish),
    "cap_file": lambda settings, means: CapFiles(settings, means.warnings),
}


def sender(settings: Channel, means: ChannelContext) -> Sender:
    """The channel that `settings` describe, at work."""
    return _KINDS[settings.kind](settings, means)
