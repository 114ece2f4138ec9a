"""[notify] of cloud.toml: over which channels, to whom, after how long; docs/notifications.md has a full example.

[[notify.people]] and [[notify.steps]] are in `steps`, each kind of [[notify.channels]] in its folder of `channels`.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, model_validator

from cloud.core.printable import PrintableText
from cloud.notify.channels.catalog import Channel
from cloud.notify.channels.fields import HttpUrl
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.consistency import instead, mistakes_between
from cloud.notify.steps import Language, PersonSettings, StepSettings
from runtime.settings import Settings, SettingsError
from runtime.settings import beside as beside_file

EventName = Literal["raised", "worsened", "eased", "silent", "heard", "recovering", "resumed", "closed", "late"]


class CapSettings(Settings):
    """What CAP messages say of who sends them; `valid_s` is until when a warning stands without another word."""

    sender: Annotated[str, Field(pattern=r"^[^\s,<&]+$")] = "siaga@localhost"
    sender_name: PrintableText = ""
    contact: PrintableText = ""
    status: Literal["Actual", "Exercise", "Test"] = "Actual"
    valid_s: Annotated[float, Field(ge=600, le=7 * 86_400)] = 21_600.0
    radius_km: Annotated[float, Field(gt=0, le=500)] = 1.0


class NotifySettings(Settings):
    """`[notify]`: `send` names the events that are notified of; `window_s` gathers a storm.

    After `give_up_s` a message that no attempt brought is given up. `morning_test` is the hour of the city at which the
    chain tests itself ("07:00"), empty for never; `console` is where people reach the console, for links in messages.
    `key_file` has the key of the secrets of channels that people add. `allow_private` are the networks of ours that
    such channels may reach, `allow_http` whether their webhooks may go in the clear.
    """

    language: Language = "both"
    console: HttpUrl = ""
    send: tuple[EventName, ...] = ("raised", "worsened", "silent", "heard", "closed")
    window_s: Annotated[float, Field(ge=0, le=3_600)] = 60.0
    give_up_s: Annotated[float, Field(ge=1, le=7 * 86_400)] = 3_600.0
    morning_test: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    people: tuple[PersonSettings, ...] = ()
    channels: tuple[Channel, ...] = ()
    steps: tuple[StepSettings, ...] = ()
    key_file: Path = Path("notify.key")
    allow_private: Annotated[tuple[IPvAnyNetwork, ...], Field(max_length=50)] = ()
    allow_http: bool = False
    cap: CapSettings = CapSettings()

    @model_validator(mode="after")
    def _names_fit_together(self) -> "NotifySettings":
        mistakes = mistakes_between(self.people, self.channels, self.steps)
        if self.morning_test and not self.steps:
            mistakes.append(f"morning_test {self.morning_test!r} has no step to prove; add [[notify.steps]]")
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    def person(self, name: str) -> PersonSettings | None:
        """Return somebody by name."""
        return next((person for person in self.people if person.name == name), None)

    def channel(self, name: str) -> Channel | None:
        """Return a channel by name."""
        return next((channel for channel in self.channels if channel.name == name), None)

    def asleep(self) -> frozenset[str]:
        """Return the names of channels over which no alarm goes: a file has none."""
        return frozenset()

    def may_alarm(self, name: str) -> bool:
        """Whether alarms go over the channel of this name: there is one, and it is in use."""
        return self.channel(name) is not None

    def channels_of(self, step: StepSettings) -> list[ChannelSettings]:
        """Return the channels of a step that alarms go over, in its order."""
        named = (self.channel(name) for name in step.channels if self.may_alarm(name))
        return [channel for channel in named if channel is not None]

    def reply_topics(self) -> list[str]:
        """Return the topics of their own on which devices answer commands."""
        return sorted({topic for channel in self.channels for topic in channel.reply_topics()})

    def beside(self, file: Path) -> "NotifySettings":
        """Return the same settings with relative paths taken from the folder of `file`."""
        placed = {"channels": tuple(channel.beside(file) for channel in self.channels)}
        return self.model_copy(update={**placed, "key_file": beside_file(file, self.key_file)})

    def missing(self, file_name: str) -> list[str]:
        """Return what channels cannot work without, a sentence for each, opened by `file_name`."""
        return [
            f"{file_name}: notify.channels[{number}].{key}: {sentence}"
            for number, channel in enumerate(self.channels)
            for key, sentence in channel.missing()
        ]


def sites_must_exist(settings: NotifySettings, sites: set[str]) -> None:
    """Raise SettingsError with a sentence for each site in a step that the city does not have."""
    problems = [
        f"cloud.toml: notify.steps[{number}].sites: there is no site {site!r}; {instead(site, sites)}"
        for number, step in enumerate(settings.steps)
        for site in step.sites
        if site not in sites
    ]
    if problems:
        raise SettingsError(problems)
