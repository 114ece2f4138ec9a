"""Telegram, by the Bot API.  POST https://api.telegram.org/bot<token>/sendMessage  {"chat_id": …, "text": …}

https://core.telegram.org/bots/api#sendmessage. It knows no idempotency key, so a message that may have arrived before
says so; and too many messages answer 429 with parameters.retry_after.
"""

import contextlib

import httpx
import msgspec

from cloud.notify.channels.http import post
from cloud.notify.contract import Later, Outcome
from cloud.notify.notifications import Notification
from cloud.notify.settings import TelegramChannel, secret
from cloud.notify.texts import text_of
from runtime.secret_urls import SecretUrl

MOST = 4_096
"""Characters of a message (sendMessage, `text`)."""


class Telegram:
    """Messages of one bot."""

    def __init__(self, settings: TelegramChannel, client: httpx.AsyncClient, *, console: str) -> None:
        self._settings = settings
        self._client = client
        self._console = console

    async def send(self, page: Notification) -> Outcome:
        """Send `page` to its chat."""
        try:
            token = secret(self._settings.token_file)
        except OSError as error:
            return Later(f"token_file {str(self._settings.token_file)!r} cannot be read: {error.strerror}")
        text = text_of(page, console=self._console, most=MOST)
        body = {"chat_id": page.address, "text": text.plain, "link_preview_options": {"is_disabled": True}}
        outcome = await post(
            self._client,
            SecretUrl(f"{SecretUrl(self._settings.url).whole}/bot{token}/sendMessage", secrets=(token,)),
            msgspec.json.encode(body),
            {"Content-Type": "application/json"},
            timeout_s=self._settings.timeout_s,
        )
        return _patience(outcome)


class _Parameters(msgspec.Struct):
    retry_after: float | None = None


class _Refusal(msgspec.Struct):
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


def _patience(outcome: Outcome) -> Outcome:
    """The wait that Telegram asks for stands in the answer's body, not always in Retry-After."""
    if isinstance(outcome, Later) and outcome.retry_after_s is None and " answered 429: " in outcome.problem:
        with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
            refusal = msgspec.json.decode(outcome.problem.partition(" answered 429: ")[2], type=_Refusal)
            return msgspec.structs.replace(outcome, retry_after_s=refusal.parameters.retry_after)
    return outcome
