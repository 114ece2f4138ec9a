"""Who is notified, after how long and over what: the people and the steps of an escalation, in settings.

[[notify.people]] name, email, telegram, language
[[notify.steps]]  after_s, channels (the next where one fails), to ("duty:1" or a name), least, sites
"""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cloud.notify.channels.fields import ChatId, EmailAddress, Name
from rules.rule import Severity
from runtime.settings import Settings

Language = Literal["en", "id", "both"]
DUTY = re.compile(r"duty:([1-9])")


class PersonSettings(Settings):
    """Somebody who can be notified: by e-mail, in a Telegram chat, or both; `language` is theirs, else the city's."""

    name: Name
    email: EmailAddress = ""
    telegram: ChatId = ""
    language: Language | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> "PersonSettings":
        if not (self.email or self.telegram):
            raise ValueError(f"{self.name!r} cannot be reached; add email or telegram (a chat id)")
        return self

    def address(self, field: str) -> str:
        """Return the address in `field`, as a channel's `person_field` names it; empty where there is none."""
        return str(getattr(self, field))


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
