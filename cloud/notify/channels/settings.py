"""What the settings of every kind of channel have, and what the rest of Siaga may ask of them.

[[notify.channels]]   name = "mail"   kind = "email"   timeout_s = 10   per_minute = 30   …
Whoever works with channels asks these questions and never which kind one is: a new kind is a folder and a line in
`catalog`, and nothing else changes.
"""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from cloud.notify.channels.fields import PerMinute
from cloud.notify.channels.secret_source import HeldSecret, SecretSource, secret
from runtime.settings import Settings, beside
from wire import is_name


class ChannelSettings(Settings):
    """What all channels have; `timeout_s` is how long one attempt may take, `per_minute` how many messages go out.

    `person_field` is the field of a person's settings that is their address on this channel, None where it reaches
    no single person; `own_field` is the field of the channel's own addresses, "" where it is its own address.
    `deduplicates`: its receivers know a message that comes again by its key. `is_answered`: devices confirm what they
    get, so that "the broker took it" does not count as arrived.
    """

    person_field: ClassVar[str | None] = None
    own_field: ClassVar[str] = ""
    deduplicates: ClassVar[bool] = True
    is_answered: ClassVar[bool] = False

    kind: str
    name: str
    timeout_s: Annotated[float, Field(ge=0.5, le=60)] = 10.0
    per_minute: PerMinute = 60

    @field_validator("name")
    @classmethod
    def _name_is_a_name(cls, text: str) -> str:
        if not is_name(text):
            raise ValueError('use a-z, 0-9, "-" and "_", starting with a letter or digit')
        return text

    def own_addresses(self) -> tuple[str, ...]:
        """Return where messages go when nobody is named: one empty address where the channel is its own address."""
        return ("",)

    def missing(self) -> list[tuple[str, str]]:
        """Return what this channel cannot work without, by key and sentence: files that are not there or are empty."""
        return []

    def secret_files(self) -> dict[str, Path | None]:
        """Return the files of its secrets, by key."""
        return {}

    def certificates(self) -> dict[str, Path | None]:
        """Return the certificate files that it names, by key."""
        return {}

    def folders(self) -> dict[str, Path]:
        """Return the folders that it writes into, by key."""
        return {}

    def lost_secret(self) -> str:
        """Return why a secret of the registry cannot be used, in a sentence; empty where all can."""
        return next((value.problem for _, value in self if isinstance(value, HeldSecret) and value.problem), "")

    def reply_topics(self) -> list[str]:
        """Return the topics of its own on which devices answer."""
        return []

    def beside(self, file: Path) -> "ChannelSettings":
        """Return the same settings with relative paths taken from the folder of `file`."""
        paths = {name: beside(file, value) for name, value in self if isinstance(value, Path)}
        return self.model_copy(update=paths)


def file_of(source: SecretSource | None) -> Path | None:
    """Return the file that a secret stands in; None for one of the registry, or none at all."""
    return source if isinstance(source, Path) else None


def unusable(key: str, source: SecretSource, advice: str) -> list[tuple[str, str]]:
    """Return why the secret in `source` cannot be used, as (`key`, sentence); nothing where it can."""
    try:
        return [] if secret(source) else [(key, f"{str(source)!r} is empty; {advice}")]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        return [(key, f"{str(source)!r} cannot be read ({reason}); {advice}")]
