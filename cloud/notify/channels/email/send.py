"""E-mail by SMTP: TLS with the server verified, a Message-ID that is the same at every attempt.

From: siaga@…   To: ani@…   Subject: EXTREME · Siaga 1 · Daruba river bridge   Message-ID: <9c41….mail.…@morotai.go.id>
"""

import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from cloud.notify.channels.email.html_page import html_page
from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.secret_source import secret
from cloud.notify.contract import ChannelContext, Later, Never, Outcome, Sent
from cloud.notify.destinations import DestinationRefused
from cloud.notify.notifications import Notification
from cloud.notify.texts import text_of
from rules.rule import Severity
from wire import printable

_BUSY = range(400, 500)
"""SMTP replies that mean "not now" [RFC 5321, 4.2.1]."""


class Email:
    """Messages through one mail server."""

    def __init__(self, settings: EmailChannel, context: ChannelContext) -> None:
        self._settings = settings
        self._console = context.console
        self._connect = context.connect

    async def send(self, notification: Notification) -> Outcome:
        """Send `notification` to its address, on a connection of its own."""
        settings = self._settings
        try:
            password = None if settings.password_file is None else secret(settings.password_file)
            context = settings.tls().context() if settings.security != "none" else None
        except (OSError, ssl.SSLError) as error:
            return Later(f"password_file or ca cannot be used: {error}")
        shown = f"{settings.host}:{settings.port}"
        try:
            opened = None if self._connect is None else await self._connect(settings.host, settings.port)
        except (OSError, DestinationRefused) as error:
            return Later(f"{shown} cannot be reached: {error}")
        client = aiosmtplib.SMTP(
            hostname=settings.host, port=settings.port if opened is None else None, sock=opened,
            timeout=settings.timeout_s, tls_context=context, use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
        )  # fmt: skip
        return await self._send_through(client, notification, password)

    async def _send_through(self, client: aiosmtplib.SMTP, notification: Notification, password: str | None) -> Outcome:
        shown = f"{self._settings.host}:{self._settings.port}"
        handed_over = False
        try:
            async with client:
                if self._settings.username is not None:
                    await client.login(self._settings.username, password or "")
                handed_over = True
                _, said = await client.send_message(message_of(notification, self._settings.sender, self._console))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(shown, error.recipients[0])
        except aiosmtplib.SMTPResponseException as error:
            return _refused(shown, error)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Later(f"{shown}: {error or type(error).__name__}", unsure=handed_over)
        return Sent(printable(said.splitlines()[0][:200]) if said else "")


def message_of(notification: Notification, sender: str, console: str) -> EmailMessage:
    """Return the notification as a mail: plain text, and the same as simple HTML."""
    text = text_of(notification, console=console)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, notification.address, printable(text.first)
    message["Date"] = format_datetime(datetime.fromtimestamp(notification.made_ms / 1_000, UTC))
    message["Message-ID"] = f"<{notification.key.replace(':', '.')}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # [RFC 3834]: holiday answers stay away
    if any(line.severity in (Severity.SEVERE, Severity.EXTREME) for line in notification.lines):
        message["Importance"] = "high"
    message.set_content(text.plain)
    message.add_alternative(html_page(text), subtype="html")
    return message


def _refused(shown: str, error: aiosmtplib.SMTPResponseException) -> Outcome:
    problem = f"{shown} answered {error.code}: {printable(error.message[:200])}"
    return Later(problem) if error.code in _BUSY else Never(problem)
