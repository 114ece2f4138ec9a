"""kind = "email":   host = "mail.morotai.go.id"   port = 587   security = "starttls"   sender = "siaga@…"   to = […]"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from cloud.notify.channels.fields import EmailAddress, PerMinute, SenderAddress
from cloud.notify.channels.secret_source import SecretSource
from cloud.notify.channels.settings import ChannelSettings, file_of, unusable
from runtime.address import Host
from runtime.broker_settings import TlsSettings
from runtime.loopback import is_loopback


class EmailChannel(ChannelSettings):
    """A mail server, over TLS; `to` is notified where a step names nobody with an address of their own."""

    person_field: ClassVar[str | None] = "email"
    own_field: ClassVar[str] = "to"

    kind: Literal["email"]
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca: Path | None = None
    username: str | None = None
    password_file: SecretSource | None = None
    sender: SenderAddress
    to: tuple[EmailAddress, ...] = ()
    per_minute: PerMinute = 30

    @model_validator(mode="after")
    def _is_safe(self) -> "EmailChannel":
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together; add the other one or take both out")
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(f'security "none" sends in the clear to {self.host!r}; write "starttls" or "tls"')
        return self

    def own_addresses(self) -> tuple[str, ...]:
        """Return the mailboxes of `to`."""
        return self.to

    def missing(self) -> list[tuple[str, str]]:
        """Return the file without a password, and authorities that cannot be read."""
        problems = []
        if self.password_file is not None:
            problems += unusable("password_file", self.password_file, "write the mailbox's password into it")
        if self.ca is not None:
            problems += unusable("ca", self.ca, "put the authorities' certificates into it")
        return problems

    def secret_files(self) -> dict[str, Path | None]:
        """Return the password's file."""
        return {"password_file": file_of(self.password_file)}

    def certificates(self) -> dict[str, Path | None]:
        """Return the authorities' certificates."""
        return {"ca": self.ca}

    def tls(self) -> TlsSettings:
        """Return how the server is verified."""
        return TlsSettings(ca=self.ca)
