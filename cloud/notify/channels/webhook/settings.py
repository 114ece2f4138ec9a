"""kind = "webhook":   url = "https://center.morotai.go.id/siaga"   secret_file = "center.secret" """

from pathlib import Path
from typing import Literal

from cloud.notify.channels.fields import PerMinute, SecretHttpUrl
from cloud.notify.channels.secret_source import SecretSource, secret
from cloud.notify.channels.settings import ChannelSettings, file_of, unusable

LEAST_SECRET = 16
"""Characters that a webhook's secret has at least."""


class WebhookChannel(ChannelSettings):
    """Another system that takes JSON; each message is signed with the secret."""

    kind: Literal["webhook"]
    url: SecretHttpUrl
    secret_file: SecretSource
    per_minute: PerMinute = 600

    def missing(self) -> list[tuple[str, str]]:
        """Return the file without a secret, or with one that can be guessed."""
        found = unusable("secret_file", self.secret_file, "write a long random secret into it")
        if not found and len(secret(self.secret_file)) < LEAST_SECRET:
            sentence = f"{str(self.secret_file)!r} holds fewer than {LEAST_SECRET} characters; write more"
            found = [("secret_file", sentence)]
        return found

    def secret_files(self) -> dict[str, Path | None]:
        """Return the secret's file."""
        return {"secret_file": file_of(self.secret_file)}
