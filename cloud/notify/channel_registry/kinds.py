"""The kinds of channels that people may add, and which of their keys are secrets: a table.

EDITABLE["telegram"]    settings chat, timeout_s, per_minute     secrets token ─► the settings' token_file
A secret is written without the "_file" of cloud.toml, and never shown. What names a file of the server (kind
cap_file, ca of a mail server), and another server for Telegram's bots, stay in cloud.toml.
"""

from collections.abc import Mapping

import msgspec

from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.mqtt.settings import MqttChannel
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.channels.webhook.settings import WebhookChannel

_EVERY = ("timeout_s", "per_minute")


class EditableKind(msgspec.Struct, frozen=True):
    """A kind that people may add: its settings' class, its open keys, and by the name of each secret its field."""

    model: type[ChannelSettings]
    keys: tuple[str, ...]
    secrets: Mapping[str, str]

    def is_required(self, key: str) -> bool:
        """Whether there is no such channel without this key or secret."""
        return self.model.model_fields[self.secrets.get(key, key)].is_required()


EDITABLE: Mapping[str, EditableKind] = {
    "telegram": EditableKind(TelegramChannel, ("chat", *_EVERY), {"token": "token_file"}),
    "email": EditableKind(
        EmailChannel,
        ("host", "port", "security", "username", "sender", "to", *_EVERY),
        {"password": "password_file"},
    ),
    "webhook": EditableKind(WebhookChannel, _EVERY, {"url": "url", "secret": "secret_file"}),
    "mqtt": EditableKind(MqttChannel, ("topic", "command", *_EVERY), {}),
}
