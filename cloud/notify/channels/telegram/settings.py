"""kind = "telegram":   token_file = "telegram.token"   chat = "-1001234567890"   url = "https://api.telegram.org" """

from pathlib import Path
from typing import ClassVar, Literal

from cloud.notify.channels.fields import ChatId, PerMinute, SecretHttpUrl
from cloud.notify.channels.secret_source import SecretSource
from cloud.notify.channels.settings import ChannelSettings, file_of, unusable
from runtime.secret_urls import SecretUrl


class TelegramChannel(ChannelSettings):
    """A bot of Telegram; `chat` is notified where a step names nobody with a chat of their own."""

    person_field: ClassVar[str | None] = "telegram"
    own_field: ClassVar[str] = "chat"
    deduplicates: ClassVar[bool] = False  # the Bot API takes no key, so a second attempt says that it may be one

    kind: Literal["telegram"]
    token_file: SecretSource
    chat: ChatId = ""
    url: SecretHttpUrl = SecretUrl("https://api.telegram.org")
    per_minute: PerMinute = 20  # what Telegram lets a bot say in one group

    def own_addresses(self) -> tuple[str, ...]:
        """Return the chat, if there is one."""
        return (self.chat,) if self.chat else ()

    def missing(self) -> list[tuple[str, str]]:
        """Return the file without a token."""
        return unusable("token_file", self.token_file, "write the bot's token into it")

    def secret_files(self) -> dict[str, Path | None]:
        """Return the token's file."""
        return {"token_file": file_of(self.token_file)}
