"""A webhook: JSON, signed, with a key by which the receiver knows what it has already.

POST /siaga   Idempotency-Key: 9c41…:hook:…   Siaga-Timestamp: 1795489800
              Siaga-Signature: v1=hex(HMAC-SHA256(secret, timestamp + "." + body))
"""

import hashlib
import hmac
import time

import msgspec

from cloud.core.times import rfc_3339
from cloud.notify.channels.http import outcome_of, post
from cloud.notify.channels.secret_source import secret
from cloud.notify.channels.webhook.settings import WebhookChannel
from cloud.notify.contract import ChannelContext, Later, Outcome
from cloud.notify.notifications import AlarmLine, Notification
from cloud.notify.texts import text_of
from runtime.secret_urls import SecretUrl


class Webhook:
    """Messages to one URL."""

    def __init__(self, settings: WebhookChannel, context: ChannelContext) -> None:
        self._settings = settings
        self._url = SecretUrl(settings.url)
        self._context = context

    async def send(self, notification: Notification) -> Outcome:
        """POST `notification`."""
        try:
            key = secret(self._settings.secret_file)
        except OSError as error:
            return Later(f"{self._settings.secret_file} cannot be read: {error.strerror}")
        body = msgspec.json.encode(document(notification, self._context.console))
        at = str(int(time.time()))  # of the attempt: a receiver may refuse what is signed long ago
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notification.key,
            "Siaga-Timestamp": at,
            "Siaga-Signature": f"v1={signature(key, at, body)}",
        }
        client, timeout_s = self._context.client, self._settings.timeout_s
        return outcome_of(await post(client, self._url, body, headers, timeout_s=timeout_s), self._url)


def signature(key: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of what was sent when, in hex."""
    return hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def document(notification: Notification, console: str) -> dict[str, object]:
    """Return what a webhook gets: the text as people would read it, and each alarm with its parts."""
    text = text_of(notification, console=console)
    return {
        "v": 1,
        "key": notification.key,
        "made": rfc_3339(notification.made_ms),
        "test": notification.test,
        "subject": text.first,
        "text": text.plain,
        "alarms": [_alarm(line) for line in notification.lines],
    }


def _alarm(line: AlarmLine) -> dict[str, object]:
    return {
        "alarm": line.alarm,
        "event": line.event,
        "kind": line.kind,
        "repeated": line.repeated,
        "late": line.late,
        "severity": line.severity,
        "level": {"en": line.level_name, "id": line.level_name_id},
        "title": {"en": line.title, "id": line.title_id},
        "advice": {"en": line.advice, "id": line.advice_id},
        "site": line.site,
        "site_name": line.site_name,
        "place": line.place,
        "gateway": line.gateway,
        "sensor": line.sensor,
        "quantity": line.quantity,
        "watch": line.watch,
        "value": line.value,
        "limit": line.limit,
        "unit": "" if line.row is None else line.row.unit,
        "opened": rfc_3339(line.opened_ms),
        "time": rfc_3339(line.time_ms),
    }
