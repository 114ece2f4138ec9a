"""Telegram, by the Bot API.  POST https://api.telegram.org/bot<token>/sendMessage  {"chat_id": …, "text": …}

https://core.telegram.org/bots/api#sendmessage. It knows no idempotency key, so a message that may have arrived before
says so; and too many messages answer 429  {"ok": false, "parameters": {"retry_after": 8}}.
"""

import msgspec

from cloud.notify.channels.http import HttpAnswer, outcome_of, post
from cloud.notify.channels.secret_source import secret
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.contract import ChannelContext, Later, Outcome
from cloud.notify.notifications import Notification
from cloud.notify.texts import text_of
from runtime.secret_urls import SecretUrl

MOST = 4_096
"""Characters of a message (sendMessage, `text`)."""
TOO_MANY_REQUESTS = 429


class Telegram:
    """Messages of one bot."""

    def __init__(self, settings: TelegramChannel, context: ChannelContext) -> None:
        self._settings = settings
        self._context = context

    async def send(self, notification: Notification) -> Outcome:
        """Send `notification` to its chat."""
        try:
            token = secret(self._settings.token_file)
        except OSError as error:
            return Later(f"{self._settings.token_file} cannot be read: {error.strerror}")
        text = text_of(notification, console=self._context.console, most=MOST)
        body = {"chat_id": notification.address, "text": text.plain, "link_preview_options": {"is_disabled": True}}
        url = SecretUrl(f"{SecretUrl(self._settings.url).whole}/bot{token}/sendMessage", secrets=(token,))
        answer = await post(
            self._context.client,
            url,
            msgspec.json.encode(body),
            {"Content-Type": "application/json"},
            timeout_s=self._settings.timeout_s,
        )
        return outcome_of(_with_wait(answer), url)


class _Parameters(msgspec.Struct):
    retry_after: float | None = None


class _Refusal(msgspec.Struct):
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


def _with_wait(answer: HttpAnswer | Later) -> HttpAnswer | Later:
    """Add the wait that Telegram asks for: it stands in the answer's body, not always in Retry-After."""
    if isinstance(answer, Later) or answer.status != TOO_MANY_REQUESTS or answer.retry_after_s is not None:
        return answer
    try:
        refusal = msgspec.json.decode(answer.text, type=_Refusal)
    except msgspec.MsgspecError:
        return answer
    return msgspec.structs.replace(answer, retry_after_s=refusal.parameters.retry_after)
