"""The tables of rules, alarms and people, in the registry database.

rule_versions ─► alarms ◄─ alarm_events ─► notices ─► deliveries        alarm_states: the engine's memory
users ◄─ sessions, tokens        maintenance  duty        journal: who did what, to what, from where, before, after
"""

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.registry.tables import COUNT, NAME, ROW_ID, Base

SCOPE = String(80)


class RuleVersionRow(Base):
    """One version of what a scope says of a rule family; `body` is JSON of the fields it sets, never changed.

    `scope` is all, group:NAME, site:ID or sensor:ID. `removed`: from this version on the scope says nothing.
    """

    __tablename__ = "rule_versions"
    family: Mapped[str] = mapped_column(NAME, primary_key=True)
    scope: Mapped[str] = mapped_column(SCOPE, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    removed: Mapped[bool] = mapped_column(default=False)
    valid_from_ms: Mapped[int] = mapped_column(COUNT)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class AlarmStateRow(Base):
    """What the engine remembers of a family on a sensor, encoded; `time_ms` is the event time it stands at."""

    __tablename__ = "alarm_states"
    family: Mapped[str] = mapped_column(NAME, primary_key=True)
    sensor: Mapped[str] = mapped_column(NAME, primary_key=True)
    time_ms: Mapped[int] = mapped_column(COUNT)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class AlarmRow(Base):
    """One alarm, from its opening to its end; `rule` is the resolved rule that fired, `versions` where it came from.

    `state` is alarming, silent, recovering or closed; `level` and `worst` count the rule's levels from 0. `quantity` is
    empty where the alarm is about no reading: a sensor's silence, or the platform itself (cloud/monitoring/).
    """

    __tablename__ = "alarms"
    __table_args__ = (UniqueConstraint("family", "sensor", "opened_ms"), Index("alarms_open", "closed_ms", "id"))
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    family: Mapped[str] = mapped_column(NAME)
    sensor: Mapped[str] = mapped_column(NAME)
    quantity: Mapped[str] = mapped_column(NAME)
    site: Mapped[str] = mapped_column(NAME)
    gateway: Mapped[str] = mapped_column(NAME)
    opened_ms: Mapped[int] = mapped_column(COUNT)
    at_ms: Mapped[int] = mapped_column(COUNT)
    state: Mapped[str] = mapped_column(String(16))
    level: Mapped[int]
    worst: Mapped[int]
    value: Mapped[float]
    value_ms: Mapped[int] = mapped_column(COUNT)
    changed_ms: Mapped[int] = mapped_column(COUNT)
    closed_ms: Mapped[int | None] = mapped_column(COUNT)
    late: Mapped[bool]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    test: Mapped[bool] = mapped_column(default=False)
    acknowledged_ms: Mapped[int | None] = mapped_column(COUNT)
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    acknowledged_word: Mapped[str | None] = mapped_column(Text)
    assigned_to: Mapped[str | None] = mapped_column(Text)
    shelved_until_ms: Mapped[int | None] = mapped_column(COUNT)
    versions: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)


class AlarmEventRow(Base):
    """A change of an alarm on event time; `routed_ms` is when it was turned into deliveries (or needed none), in
    steady time (`cloud/database/steady_clock.py`).

    `reported_ms` is when dashboards had it, null while they have not (or nobody writes for any). `kind` is raised,
    worsened, eased, silent, heard, recovering, closed or withdrawn.
    """

    __tablename__ = "alarm_events"
    __table_args__ = (
        UniqueConstraint("alarm", "kind", "time_ms", "level"),
        Index("alarm_events_unrouted", "routed_ms", "id"),
        Index("alarm_events_unreported", "reported_ms", "id"),
    )
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    alarm: Mapped[int] = mapped_column(COUNT)
    kind: Mapped[str] = mapped_column(String(16))
    time_ms: Mapped[int] = mapped_column(COUNT)
    level: Mapped[int]
    value: Mapped[float]
    late: Mapped[bool]
    at_ms: Mapped[int] = mapped_column(COUNT)
    routed_ms: Mapped[int | None] = mapped_column(COUNT)
    reported_ms: Mapped[int | None] = mapped_column(COUNT)


class JournalRow(Base):
    """Who did what, to what, when, from where, with which word, and what it was before and after (JSON or empty).

    `subject` is alarm:17, rule:river-level@all, user:ani, maintenance:3, channel:telegram …; `actor` is a user, a
    token's name, or siaga itself.
    """

    __tablename__ = "journal"
    __table_args__ = (Index("journal_subject", "subject", "id"),)
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(COUNT)
    actor: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(200))
    word: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)


class MaintenanceRow(Base):
    """A window in which a site's or a sensor's alarms page nobody; they are recorded all the same."""

    __tablename__ = "maintenance"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    site: Mapped[str | None] = mapped_column(NAME)
    sensor: Mapped[str | None] = mapped_column(NAME)
    from_ms: Mapped[int] = mapped_column(COUNT)
    until_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class DutyRow(Base):
    """Who is on duty from when until when; `rank` 1 is called first."""

    __tablename__ = "duty"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    person: Mapped[str] = mapped_column(Text)
    rank: Mapped[int]
    from_ms: Mapped[int] = mapped_column(COUNT)
    until_ms: Mapped[int] = mapped_column(COUNT)


class NoticeRow(Base):
    """That a step must hear of an event, once: what the router writes and the packer gathers into messages.

    `message` is null while it waits, "-" where nobody needs it any more, else the message that it went into.
    `urgency` orders messages in a storm; `at_once`: it went out by itself and no gathered message has told it again.
    `made_ms` and `packed_ms` are steady time (`cloud/database/steady_clock.py`).
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
    newest attempt ended, `sent` whether the channel accepted it, `answered_ms` when a device said that it has heard the
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


class UserRow(Base):
    """A person with a password; `sites` is a JSON list of the sites they may see, null for all."""

    __tablename__ = "users"
    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    full_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    sites: Mapped[str | None] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)
    disabled: Mapped[bool] = mapped_column(default=False)


class SessionRow(Base):
    """A login in a browser; only the hash of its cookie is kept, and the token that its forms must carry."""

    __tablename__ = "sessions"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(NAME)
    csrf: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)
    seen_ms: Mapped[int] = mapped_column(COUNT)
    expires_ms: Mapped[int] = mapped_column(COUNT)


class TokenRow(Base):
    """An API token for a program: hashed, with a role and sites of its own, expiring."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    sites: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)
    expires_ms: Mapped[int] = mapped_column(COUNT)
    seen_ms: Mapped[int | None] = mapped_column(COUNT)
    revoked_ms: Mapped[int | None] = mapped_column(COUNT)
