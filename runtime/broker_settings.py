"""Where an MQTT broker is, and how to log in there, as settings have it.

[broker]  host = "broker.example.org"  port = 8883  username = "gw-daruba"  password_file = "…"  tls = { ca = "ca.crt" }
"""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from i18n.message import LocalizedMessage
from runtime.address import Address, Host, parse_address
from runtime.settings import Settings

TLS_PORT = 8883
"""secure-mqtt [IANA]."""


class TlsSettings(Settings):
    """TLS towards a broker: the server is always verified, against `ca` or else the system's authorities."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """A context that verifies the server's certificate and name; OSError or ssl.SSLError for unusable files."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.cert is not None:
            context.load_cert_chain(self.cert, self.key)
        return context


class BrokerSettings(Settings):
    """Where a broker is and how to log in: the password stands in a file of its own.

    `addresses` are the nodes of one clustered broker, instead of `host`.
    """

    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    addresses: Annotated[tuple[str, ...], Field(max_length=32)] = ()
    username: str | None = None
    password_file: Path | None = None
    tls: TlsSettings | None = None
    keepalive_s: Annotated[int, Field(ge=2, le=3_600)] = 30

    @model_validator(mode="after")
    def _password_needs_a_name(self) -> "BrokerSettings":
        if self.password_file is not None and self.username is None:
            raise ValueError(LocalizedMessage("password_file stands without username; add username"))
        return self

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> "BrokerSettings":
        if self.addresses and "host" in self.model_fields_set:
            raise ValueError(
                LocalizedMessage(
                    "host and addresses both say where the broker is; keep addresses for a cluster, else host"
                )
            )
        self.nodes()
        return self

    def nodes(self) -> list[Address]:
        """Where it listens: one address, or one for each node of a cluster, on `port` where a node names none."""
        return [parse_address(text, port=self.port) for text in self.addresses] or [Address(self.host, self.port)]

    def password(self) -> str | None:
        """The password from its file; OSError where it cannot be read."""
        return None if self.password_file is None else self.password_file.read_text(encoding="utf-8-sig").strip()

    def __str__(self) -> str:
        return ", ".join(map(str, self.nodes()))
