"""kind = "mqtt":   topic = "siaga/notify/tower", or empty for the …/cmd of the alarm's gateway   command = "siren" """

from typing import ClassVar, Literal

from pydantic import field_validator

from cloud.core.printable import PrintableText
from cloud.notify.channels.fields import Name, PerMinute
from cloud.notify.channels.mqtt.answers import REPLY
from cloud.notify.channels.settings import ChannelSettings
from i18n.message import LocalizedMessage

DEVICES = "siaga/notify/"
"""Below it devices listen that people add: the cloud's login at the broker is granted it."""
DEVICES_REPLIES = f"{DEVICES}+{REPLY}"
"""Where such devices answer."""


class MqttChannel(ChannelSettings):
    """A siren or a sign; `topic` is where it listens, empty for the …/cmd of the alarm's gateway."""

    is_answered: ClassVar[bool] = True

    kind: Literal["mqtt"]
    topic: PrintableText = ""
    command: Name = "alarm"
    per_minute: PerMinute = 600

    @field_validator("topic")
    @classmethod
    def _topic_can_be_published(cls, text: str) -> str:
        if set(text) & {"+", "#", "\0"}:
            raise ValueError(LocalizedMessage("a topic to publish to has no + and no #; write the whole of it"))
        return text

    def reply_topics(self) -> list[str]:
        """Return where a device with a topic of its own answers; those of a gateway answer on its …/cmd/reply."""
        return [f"{self.topic}{REPLY}"] if self.topic else []
