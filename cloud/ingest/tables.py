"""The tables of ingest: dead letters and what was discarded, clock offsets, notes, imports, manual readings."""

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class DeadLetterRow(Base):
    """What was rejected, in its raw form; `fingerprint` is the same when it comes again."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("dead_letters_replayed", "replayed_ms"),
        Index("dead_letters_held", "gateway", "size"),
    )
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    time_ms: Mapped[int] = mapped_column(COUNT)
    gateway: Mapped[str] = mapped_column(NAME)
    reason: Mapped[str] = mapped_column(String(32))
    sentence: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    count: Mapped[int] = mapped_column(COUNT)
    replayed_ms: Mapped[int | None] = mapped_column(COUNT)
    raw: Mapped[bytes] = mapped_column(LargeBinary)  # last, so that sums over `size` need not read past it


class DiscardedRow(Base):
    """Rejected readings that were not kept, for want of room; the gateway is empty for all that nobody enrolled."""

    __tablename__ = "discarded_readings"
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    readings: Mapped[int] = mapped_column(COUNT)
    letters: Mapped[int] = mapped_column(COUNT)
    first_ms: Mapped[int] = mapped_column(COUNT)
    last_ms: Mapped[int] = mapped_column(COUNT)


class ClockOffsetRow(Base):
    """By how much the clock of a gateway or a device was found wrong: see `cloud/ingest/offsets.py`."""

    __tablename__ = "clock_offsets"
    __table_args__ = (UniqueConstraint("gateway", "stream", "sensor", "first", "low_ms"),)
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    gateway: Mapped[str] = mapped_column(NAME)
    stream: Mapped[str] = mapped_column(NAME)
    sensor: Mapped[str] = mapped_column(NAME)
    first: Mapped[int] = mapped_column(COUNT)
    last: Mapped[int] = mapped_column(COUNT)
    low_ms: Mapped[int] = mapped_column(COUNT)
    high_ms: Mapped[int] = mapped_column(COUNT)
    offset_ms: Mapped[int] = mapped_column(COUNT)
    agreed: Mapped[bool]


class ReviewNoteRow(Base):
    """An hour of a series (since 1970, UTC) to be judged again; without a quantity: the end of a gateway's backlog."""

    __tablename__ = "review_notes"
    sensor: Mapped[str] = mapped_column(NAME, primary_key=True)
    quantity: Mapped[str] = mapped_column(NAME, primary_key=True)
    hour: Mapped[int] = mapped_column(COUNT, primary_key=True)


class ImportedRangeRow(Base):
    """Historical readings from `first_ms` to `last_ms` whose consequences are to be computed from `ready_ms` on."""

    __tablename__ = "imported_ranges"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    sensor: Mapped[str] = mapped_column(NAME)
    quantity: Mapped[str] = mapped_column(NAME)
    first_ms: Mapped[int] = mapped_column(COUNT)
    last_ms: Mapped[int] = mapped_column(COUNT)
    ready_ms: Mapped[int] = mapped_column(COUNT)


class ManualReadingRow(Base):
    """A reading by a person, once for each `key` of theirs; `withdrawn_by` says who has taken it back, and when."""

    __tablename__ = "manual_readings"
    __table_args__ = (
        UniqueConstraint("person", "key"),
        Index("manual_readings_series", "sensor", "time_ms"),
        Index("manual_readings_entered", "person", "entered_ms"),
        Index("manual_readings_time", "time_ms"),
        Index("manual_readings_withdrawn", "withdrawn_ms"),
    )
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    person: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(NAME)
    sensor: Mapped[str] = mapped_column(NAME)
    quantity: Mapped[str] = mapped_column(NAME)
    time_ms: Mapped[int] = mapped_column(COUNT)
    clock_offset_ms: Mapped[int] = mapped_column(COUNT)
    value: Mapped[float]
    entered_ms: Mapped[int] = mapped_column(COUNT)
    withdrawn_ms: Mapped[int | None] = mapped_column(COUNT)
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
