"""[notify] of cloud.toml: over which channels, to whom, after how long; docs/notifications.md has a full example.

[[notify.people]] name, email, telegram, language     [[notify.channels]] name, kind, …
[[notify.steps]]  after_s, channels (the next where one fails), to ("duty:1" or a name), least, sites
"""

import difflib
import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from cloud.core.printable import PrintableText
from rules.rule import Severity
from runtime.address import Host
from runtime.mqtt import TlsSettings
from runtime.secret_urls import SecretUrl
from runtime.settings import Settings, SettingsError, beside
from wire import is_name, is_printable

Language = Literal["en", "id", "both"]
Name = Annotated[PrintableText, Field(min_length=1, max_length=64)]
PerMinute = Annotated[int, Field(ge=1, le=6_000)]
EventName = Literal["raised", "worsened", "eased", "silent", "heard", "recovering", "resumed", "closed", "late"]
DUTY = re.compile(r"duty:([1-9])")
LEAST_SECRET = 16
"""Characters that a webhook's secret has at least."""


class PersonSettings(Settings):
    """Somebody who can be told: by e-mail, in a Telegram chat, or both; `language` is theirs, else the city's."""

    name: Name
    email: str = ""
    telegram: str = ""
    language: Language | None = None

    @field_validator("email")
    @classmethod
    def _email_is_an_address(cls, text: str) -> str:
        return _address(text)

    @field_validator("telegram")
    @classmethod
    def _telegram_is_a_chat(cls, text: str) -> str:
        return _chat(text)

    @model_validator(mode="after")
    def _can_be_reached(self) -> "PersonSettings":
        if not (self.email or self.telegram):
            raise ValueError(f"{self.name!r} cannot be reached; add email or telegram (a chat id)")
        return self


class ChannelBase(Settings):
    """What all channels have; `timeout_s` is how long one attempt may take, `per_minute` how many messages go out."""

    name: str
    timeout_s: Annotated[float, Field(ge=0.5, le=60)] = 10.0
    per_minute: PerMinute = 60

    @field_validator("name")
    @classmethod
    def _name_is_a_name(cls, text: str) -> str:
        if not is_name(text):
            raise ValueError('use a-z, 0-9, "-" and "_", starting with a letter or digit')
        return text

    def missing(self) -> list[tuple[str, str]]:
        """What this channel cannot work without, by key and sentence: a file that is not there or is empty."""
        return []

    def beside(self, file: Path) -> "ChannelBase":
        """The same with its paths as the settings file means them."""
        paths = {name: beside(file, value) for name, value in self if isinstance(value, Path)}
        return self.model_copy(update=paths)


class TelegramChannel(ChannelBase):
    """A bot of Telegram; `chat` is told where a step names nobody with a chat of their own."""

    kind: Literal["telegram"]
    token_file: Path
    chat: str = ""
    url: SecretUrl = SecretUrl("https://api.telegram.org")
    per_minute: PerMinute = 20  # what Telegram lets a bot say in one group

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, url: SecretUrl) -> SecretUrl:
        return SecretUrl(_http(url.whole))

    @field_validator("chat")
    @classmethod
    def _chat_is_a_chat(cls, text: str) -> str:
        return _chat(text)

    def missing(self) -> list[tuple[str, str]]:
        """A file without a token."""
        return _unusable("token_file", self.token_file, "write the bot's token into it")


class EmailChannel(ChannelBase):
    """A mail server, over TLS; `to` is told where a step names nobody with an address of their own."""

    kind: Literal["email"]
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    sender: str
    to: tuple[str, ...] = ()
    per_minute: PerMinute = 30

    @field_validator("sender")
    @classmethod
    def _sender_is_an_address(cls, text: str) -> str:
        return _address(text or " ")

    @field_validator("to")
    @classmethod
    def _to_are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_address(address) for address in addresses)

    @model_validator(mode="after")
    def _is_safe(self) -> "EmailChannel":
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together; add the other one or take both out")
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError(f'security "none" sends in the clear to {self.host!r}; write "starttls" or "tls"')
        return self

    def missing(self) -> list[tuple[str, str]]:
        """A file without a password, authorities that cannot be read."""
        problems = []
        if self.password_file is not None:
            problems += _unusable("password_file", self.password_file, "write the mailbox's password into it")
        if self.ca is not None:
            problems += _unusable("ca", self.ca, "put the authorities' certificates into it")
        return problems

    def tls(self) -> TlsSettings:
        """How the server is verified."""
        return TlsSettings(ca=self.ca)


class WebhookChannel(ChannelBase):
    """Another system that takes JSON; each message is signed with the secret."""

    kind: Literal["webhook"]
    url: SecretUrl
    secret_file: Path
    per_minute: PerMinute = 600

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, url: SecretUrl) -> SecretUrl:
        return SecretUrl(_http(url.whole))

    def missing(self) -> list[tuple[str, str]]:
        """A file without a secret, or with one that can be guessed."""
        found = _unusable("secret_file", self.secret_file, "write a long random secret into it")
        if not found and len(secret(self.secret_file)) < LEAST_SECRET:
            sentence = f"{str(self.secret_file)!r} holds fewer than {LEAST_SECRET} characters; write more"
            found = [("secret_file", sentence)]
        return found


class MqttChannel(ChannelBase):
    """A siren or a sign; `topic` is where it listens, empty for the …/cmd of the alarm's gateway."""

    kind: Literal["mqtt"]
    topic: PrintableText = ""
    command: Name = "alarm"
    per_minute: PerMinute = 600

    @field_validator("topic")
    @classmethod
    def _topic_can_be_published(cls, text: str) -> str:
        if set(text) & {"+", "#", "\0"}:
            raise ValueError("a topic to publish to has no + and no #; write the whole of it")
        return text


class CapFileChannel(ChannelBase):
    """A folder in which each warning becomes a CAP 1.2 file, for whoever collects them."""

    kind: Literal["cap_file"]
    folder: Path
    per_minute: PerMinute = 600


Channel = Annotated[
    TelegramChannel | EmailChannel | WebhookChannel | MqttChannel | CapFileChannel, Field(discriminator="kind")
]


class StepSettings(Settings):
    """Who hears of an alarm that nobody has acknowledged for `after_s`, and over what.

    `channels`: the first, and each next one where the one before fails. `to`: "duty:1" for whoever is on duty first,
    or names of people; empty for the channel's own address. `least`: the mildest severity; `sites`: empty for all.
    """

    after_s: Annotated[float, Field(ge=0, le=7 * 86_400)] = 0.0
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    to: tuple[str, ...] = ()
    least: Severity = Severity.MINOR
    sites: tuple[str, ...] = ()


class CapSettings(Settings):
    """What CAP messages say of who sends them; `valid_s` is until when a warning stands without another word."""

    sender: Annotated[str, Field(pattern=r"^[^\s,<&]+$")] = "siaga@localhost"
    sender_name: PrintableText = ""
    contact: PrintableText = ""
    status: Literal["Actual", "Exercise", "Test"] = "Actual"
    valid_s: Annotated[float, Field(ge=600, le=7 * 86_400)] = 21_600.0
    radius_km: Annotated[float, Field(gt=0, le=500)] = 1.0


class NotifySettings(Settings):
    """`[notify]`: `send` names the events that are told; `window_s` gathers a storm; after `give_up_s` an attempt ends.

    `morning_test` is the hour of the city at which the chain proves itself ("07:00"), empty for never; `console` is
    where people reach the console, for the links in messages.
    """

    language: Language = "both"
    console: str = ""
    send: tuple[EventName, ...] = ("raised", "worsened", "silent", "heard", "closed")
    window_s: Annotated[float, Field(ge=0, le=3_600)] = 60.0
    give_up_s: Annotated[float, Field(ge=1, le=7 * 86_400)] = 3_600.0
    morning_test: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    people: tuple[PersonSettings, ...] = ()
    channels: tuple[Channel, ...] = ()
    steps: tuple[StepSettings, ...] = ()
    cap: CapSettings = CapSettings()

    @field_validator("console")
    @classmethod
    def _console_is_http(cls, text: str) -> str:
        return _http(text) if text else ""

    @model_validator(mode="after")
    def _names_fit_together(self) -> "NotifySettings":
        mistakes = [*_twice(self), *_unknown(self), *_unreachable(self)]
        if self.morning_test and not self.steps:
            mistakes.append(f"morning_test {self.morning_test!r} has no step to prove; add [[notify.steps]]")
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    def person(self, name: str) -> PersonSettings | None:
        """Somebody by name."""
        return next((person for person in self.people if person.name == name), None)

    def channel(self, name: str) -> Channel | None:
        """A channel by name."""
        return next((channel for channel in self.channels if channel.name == name), None)

    def beside(self, file: Path) -> "NotifySettings":
        """The same with its paths as `file` means them."""
        return self.model_copy(update={"channels": tuple(channel.beside(file) for channel in self.channels)})

    def missing(self, file_name: str) -> list[str]:
        """What channels cannot work without, a sentence for each, opened by `file_name`."""
        return [
            f"{file_name}: notify.channels[{number}].{key}: {sentence}"
            for number, channel in enumerate(self.channels)
            for key, sentence in channel.missing()
        ]


def secret(file: Path) -> str:
    """What a secret's file holds; OSError where it cannot be read."""
    return file.read_text(encoding="utf-8").strip()


def sites_must_exist(settings: NotifySettings, sites: set[str]) -> None:
    """SettingsError with a sentence for each site in a step that the city does not have."""
    problems = [
        f"cloud.toml: notify.steps[{number}].sites: there is no site {site!r}; {_instead(site, sites)}"
        for number, step in enumerate(settings.steps)
        for site in step.sites
        if site not in sites
    ]
    if problems:
        raise SettingsError(problems)


def _twice(settings: NotifySettings) -> list[str]:
    mistakes = []
    for kind, names in (
        ("people", [person.name for person in settings.people]),
        ("channels", [channel.name for channel in settings.channels]),
    ):
        doubled = sorted({name for name in names if names.count(name) > 1})
        mistakes += [f"{kind}: {name!r} stands there twice; give each its own name" for name in doubled]
    return mistakes


def _unknown(settings: NotifySettings) -> list[str]:
    channels = {channel.name for channel in settings.channels}
    people = {person.name for person in settings.people}
    mistakes = []
    for number, step in enumerate(settings.steps):
        mistakes += [
            f"steps[{number}].channels: there is no channel {name!r}; {_instead(name, channels)}"
            for name in step.channels
            if name not in channels
        ]
        mistakes += [
            f'steps[{number}].to: {name!r} is nobody; {_instead(name, people)}, or "duty:1"'
            for name in step.to
            if name not in people and not DUTY.fullmatch(name)
        ]
    return mistakes


def _unreachable(settings: NotifySettings) -> list[str]:
    """Steps that name nobody, over a channel that has no address of its own, or people whom it cannot reach."""
    mistakes = []
    for number, step in enumerate(settings.steps):
        for name in step.channels:
            channel = settings.channel(name)
            if isinstance(channel, TelegramChannel | EmailChannel) and not own_addresses(channel):
                mistakes += _nobody(settings, number, step, channel)
    return mistakes


def _nobody(
    settings: NotifySettings, number: int, step: StepSettings, channel: TelegramChannel | EmailChannel
) -> list[str]:
    key = "chat" if channel.kind == "telegram" else "to"
    if not step.to:
        return [f"steps[{number}].to: names nobody and channel {channel.name!r} has no {key}; add one of them"]
    named = [person for name in step.to if (person := settings.person(name)) is not None]
    return [
        f"steps[{number}].to: {person.name!r} has no {channel.kind} for channel {channel.name!r}; add it in people"
        for person in named
        if not getattr(person, channel.kind)
    ]


def own_addresses(channel: Channel) -> tuple[str, ...]:
    """Where a channel goes when nobody is named; one empty address for channels that are their own address."""
    if isinstance(channel, TelegramChannel):
        return (channel.chat,) if channel.chat else ()
    if isinstance(channel, EmailChannel):
        return channel.to
    return ("",)


def _unusable(key: str, file: Path, advice: str) -> list[tuple[str, str]]:
    try:
        return [] if secret(file) else [(key, f"{str(file)!r} is empty; {advice}")]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        return [(key, f"{str(file)!r} cannot be read ({reason}); {advice}")]


def _instead(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"write one of {', '.join(sorted(known))}" if known else "none is set up"


def _address(text: str) -> str:
    if text and not (re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text) and is_printable(text)):
        raise ValueError('write an address such as "duty@morotai.go.id"')
    return text


def _chat(text: str) -> str:
    if text and not re.fullmatch(r"-?\d{1,20}|@\w{5,32}", text):
        raise ValueError('write a chat id such as "-1001234567890" or a channel such as "@siaga_morotai"')
    return text


def _http(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_printable(text):
        raise ValueError('write an address such as "https://siaga.morotai.go.id"')
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
