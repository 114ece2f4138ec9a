"""The tables of notifications: an alarm's event ◄─ notices ─► deliveries     duty   channels of people"""

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class NoticeRow(Base):
    """That a step must hear of an event, once: what the router writes and the batcher gathers into messages.

    `message` is null while it waits, "-" where nobody needs it any more, else the message that it went into.
    `urgency` orders messages in a storm; `at_once`: it went out by itself and no gathered message has repeated it.
    `made_ms`, and `packed_ms` (when it became part of a message), are steady time (`cloud/database/steady_clock.py`).
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("event", "step"),
        Index("notices_waiting", "message", "id"),
        Index("notices_alarm", "alarm", "step"),
        Index("notices_packed", "step", "packed_ms"),
    )
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    event: Mapped[int] = mapped_column(COUNT)
    alarm: Mapped[int] = mapped_column(COUNT)
    step: Mapped[int]
    urgency: Mapped[int]
    made_ms: Mapped[int] = mapped_column(COUNT)
    message: Mapped[str | None] = mapped_column(NAME)
    packed_ms: Mapped[int | None] = mapped_column(COUNT)
    at_once: Mapped[bool] = mapped_column(default=False)


class DeliveryRow(Base):
    """One message to one address of one channel: the outbox. `key` is the idempotency key, the same at every attempt.

    `body` is JSON of what to say; `claimed_by` and `claimed_until_ms` keep a second instance off it. `message` is the
    same for all channels over which `person` may get it: once one has it, the others need not. `tried_ms` is when the
    newest attempt ended, `sent` whether the channel accepted it, `answered_ms` when a device said that it has got the
    command. All its times are steady time (`cloud/database/steady_clock.py`).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("deliveries_due", "done_ms", "due_ms"),
        Index("deliveries_message", "message"),
        Index("deliveries_made", "channel", "made_ms"),
    )
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    message: Mapped[str] = mapped_column(NAME)
    channel: Mapped[str] = mapped_column(NAME)
    person: Mapped[str] = mapped_column(Text)
    step: Mapped[int]
    test: Mapped[bool] = mapped_column(default=False)
    made_ms: Mapped[int] = mapped_column(COUNT)
    due_ms: Mapped[int] = mapped_column(COUNT)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    claimed_until_ms: Mapped[int | None] = mapped_column(COUNT)
    tried_ms: Mapped[int | None] = mapped_column(COUNT)
    done_ms: Mapped[int | None] = mapped_column(COUNT)
    sent: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(Text, default="")
    answered_ms: Mapped[int | None] = mapped_column(COUNT)
    body: Mapped[str] = mapped_column(Text)  # last, so that counting need not read past it


class DutyRow(Base):
    """Who is on duty from when until when; `rank` 1 is called first."""

    __tablename__ = "duty"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    person: Mapped[str] = mapped_column(Text)
    rank: Mapped[int]
    from_ms: Mapped[int] = mapped_column(COUNT)
    until_ms: Mapped[int] = mapped_column(COUNT)


class ChannelRow(Base):
    """A channel that people added; `keys` and `sealed` (its secrets, under the key in notify.key_file) are JSON."""

    __tablename__ = "channels"
    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    use: Mapped[str] = mapped_column(String(16))
    keys: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)


class ChannelChangeRow(Base):
    """A change of one of them; `before` and `after` are the channel as JSON, its secrets sealed.

    `undoes` is the change that this one takes back, `undone_by` the one that took this back.
    """

    __tablename__ = "channel_changes"
    __table_args__ = (Index("channel_changes_channel", "channel"),)
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(16))
    word: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(NAME)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    undoes: Mapped[int | None] = mapped_column(COUNT)
    undone_by: Mapped[int | None] = mapped_column(COUNT)
