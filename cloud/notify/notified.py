"""Who was told of an alarm, over what, when, and whether it arrived.

[Notified(person="ani", channel="telegram", made_ms=…, done_ms=…, sent=True, outcome="accepted"), …]
"""

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.notify.router import NOT_NEEDED
from cloud.notify.tables import DeliveryRow, NoticeRow
from runtime.secret_urls import scrubbed
from wire import printable

MOST_NOTIFIED = 200
"""Deliveries of one alarm, the oldest: a storm that repeats it for days says nothing new."""
_MOST_MESSAGES = 100
_LONGEST_OUTCOME = 200


class Notified(msgspec.Struct, frozen=True):
    """One delivery; `person` is empty where the channel is its own. Times are UTC, `done_ms` None while it is tried."""

    person: str
    channel: str
    made_ms: int
    done_ms: int | None
    sent: bool
    answered: bool
    attempts: int
    outcome: str


def notified_of(connection: Connection, alarm: int) -> list[Notified]:
    """Return the deliveries that an alarm was part of, the oldest first; those of more than a month ago are gone."""
    said = NoticeRow.message.is_not(None) & (NoticeRow.message != NOT_NEEDED)
    messages = select(NoticeRow.message).where(NoticeRow.alarm == alarm, said).order_by(NoticeRow.id)
    ids = list(dict.fromkeys(connection.execute(messages.limit(_MOST_MESSAGES)).scalars()))
    query = select(*DeliveryRow.__table__.columns).where(DeliveryRow.message.in_(ids)).order_by(DeliveryRow.id)
    return [_notified(row) for row in connection.execute(query.limit(MOST_NOTIFIED))] if ids else []


class _Made(msgspec.Struct):
    """When the body of a delivery was made, by the wall clock of then."""

    made_ms: int


def _notified(row: Row[tuple[object, ...]]) -> Notified:
    try:
        made_ms = msgspec.json.decode(row.body, type=_Made).made_ms
    except (msgspec.MsgspecError, ValueError):
        made_ms = row.made_ms  # a damaged body: steady time began as UTC
    return Notified(
        person=row.person,
        channel=row.channel,
        made_ms=made_ms,
        done_ms=None if row.done_ms is None else made_ms + row.done_ms - row.made_ms,
        sent=row.sent,
        answered=row.answered_ms is not None,
        attempts=row.attempts,
        outcome=printable(scrubbed(row.outcome))[:_LONGEST_OUTCOME],
    )
