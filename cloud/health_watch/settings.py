"""watch.toml: how often the watch asks, after how long it notifies, and over which channels.

every_s = 60   after_s = 180   language = "both"   name = "watch on gw-daruba"
[[channels]]   name = "bot"   kind = "telegram"   token_file = "bot.token"   chat = "-1001234567890"
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.fields import Name
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.channels.webhook.settings import WebhookChannel
from cloud.notify.steps import Language
from runtime.settings import Settings, SettingsError, beside, load_settings

Channel = Annotated[TelegramChannel | EmailChannel | WebhookChannel, Field(discriminator="kind")]


class WatchSettings(Settings):
    """The whole of watch.toml.

    Each URL is asked every `every_s`; of one that gives no good answer for `after_s` people are notified, and again
    every `again_h` while that lasts. `life_sign_days`: how often it says that it lives. `state` is the file in which
    it keeps whom it notified of.
    """

    name: Name = "watch"
    every_s: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    after_s: Annotated[float, Field(ge=1, le=86_400)] = 180.0
    timeout_s: Annotated[float, Field(ge=1, le=60)] = 10.0
    again_h: Annotated[float, Field(gt=0, le=24 * 7)] = 6.0
    life_sign_days: Annotated[float, Field(gt=0, le=31)] = 7.0
    language: Language = "both"
    ca: Path | None = None
    state: Path = Path("watch-state.json")
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=16)]

    @field_validator("channels")
    @classmethod
    def _each_has_a_name_of_its_own(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        names = [channel.name for channel in channels]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"{doubled[0]!r} stands there twice; give each its own name")
        return channels

    @model_validator(mode="after")
    def _each_reaches_somebody(self) -> "WatchSettings":
        for number, channel in enumerate(self.channels):
            if not channel.own_addresses():
                raise ValueError(f"channels[{number}].{channel.own_field}: is missing; the watch tells this address")
        return self


def load_watch_settings(file: Path) -> WatchSettings:
    """Read `file`; SettingsError lists every mistake, missing secrets among them."""
    settings = load_settings(file, WatchSettings)
    channels = tuple(channel.beside(file) for channel in settings.channels)
    problems = [
        f"{file.name}: channels[{number}].{key}: {sentence}"
        for number, channel in enumerate(channels)
        for key, sentence in channel.missing()
    ]
    if problems:
        raise SettingsError(problems)
    ca = None if settings.ca is None else beside(file, settings.ca)
    return settings.model_copy(update={"channels": channels, "ca": ca, "state": beside(file, settings.state)})
