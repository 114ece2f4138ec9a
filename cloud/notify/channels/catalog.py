"""The kinds of channels: a line joins the settings of one to the sender that works by them.

Adding a kind: a folder with `settings.py` (a `ChannelSettings` whose `kind` is a Literal) and `send.py` (a `Sender`
made of those settings and a `ChannelContext`), and its line here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field

from cloud.notify.channels.cap_file.send import CapFiles
from cloud.notify.channels.cap_file.settings import CapFileChannel
from cloud.notify.channels.email.send import Email
from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.mqtt.send import MqttCommands
from cloud.notify.channels.mqtt.settings import MqttChannel
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.channels.telegram.send import Telegram
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.channels.webhook.send import Webhook
from cloud.notify.channels.webhook.settings import WebhookChannel
from cloud.notify.contract import ChannelContext, Sender

_SENDERS: dict[type[ChannelSettings], Callable[[Any, ChannelContext], Sender]] = {
    TelegramChannel: Telegram,
    EmailChannel: Email,
    WebhookChannel: Webhook,
    MqttChannel: MqttCommands,
    CapFileChannel: CapFiles,
}

if TYPE_CHECKING:
    Channel = ChannelSettings
else:  # made of the table, which a type checker cannot follow: so a new kind stays one line
    Channel = Annotated[Union[tuple(_SENDERS)], Field(discriminator="kind")]  # noqa: UP007


def sender_of(settings: ChannelSettings, context: ChannelContext) -> Sender:
    """Return the channel that `settings` describe, at work."""
    return _SENDERS[type(settings)](settings, context)
