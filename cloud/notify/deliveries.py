"""Rows of the outbox: a notification as it is put in for each recipient, and as it is read back.

enqueue(connection, notification, recipients, now) ─► deliveries.body ─► notification_of(row)
"""

import hashlib
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.database.steady_clock import Moment
from cloud.database.upsert import insert_ignore
from cloud.notify.notifications import Notification, printable_line
from cloud.notify.recipients import Recipient
from cloud.notify.tables import DeliveryRow

NOBODY = "there is nobody to tell: no one on duty, and the channel has no address of its own"
_log = logging.getLogger(__name__)


def enqueue(connection: Connection, notification: Notification, recipients: Sequence[Recipient], now: Moment) -> None:
    """Put a notification into the outbox for each recipient; for nobody, as a failure that the next channel takes over.

    Putting it in again changes nothing: its key is that of its message, channel and address.
    """
    outcome = "" if recipients else NOBODY
    each_to = recipients or (Recipient("", "", notification.language),)
    insert_ignore(connection, DeliveryRow, [_row(_addressed(notification, to), outcome, now) for to in each_to])


def notification_of(row: Any) -> Notification | None:
    """Return the notification of a delivery, as every channel can carry it; None where the row is damaged.

    A damaged row costs itself only: the error stands in the log, and the other deliveries go on.
    """
    try:
        notification = msgspec.json.decode(row.body, type=Notification)
    except (msgspec.MsgspecError, ValueError) as error:
        _log.error("delivery %d cannot be read: %s", row.id, error)
        return None
    return msgspec.structs.replace(notification, lines=tuple(printable_line(line) for line in notification.lines))


def digest(*parts: str) -> str:
    """Return a short hash, the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _addressed(notification: Notification, to: Recipient) -> Notification:
    # by the address alone: two people handed on to one webhook are one message for it
    key = f"{notification.message}:{notification.channel}:{digest(to.address)}"
    return msgspec.structs.replace(
        notification, key=key, person=to.person, address=to.address, language=to.language
    )  # fmt: skip


def _row(notification: Notification, outcome: str, now: Moment) -> dict[str, Any]:
    return {
        "key": notification.key,
        "message": notification.message,
        "channel": notification.channel,
        "person": notification.person,
        "step": notification.step,
        "test": notification.test,
        "body": msgspec.json.encode(notification).decode(),
        "made_ms": now.steady_ms,
        "due_ms": now.steady_ms,
        "attempts": 0,
        "sent": False,
        "outcome": outcome,
    }
