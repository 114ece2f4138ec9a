"""The tables of the registry database: the city, what never got into the readings store, and who sent what.

cities  sites ◄─ gateways ◄─ sensors ◄─ sensor_quantities    dead_letters    stream_accounts  closed_streams
ingest_leases  clock_offsets  facts  steady_clock  review_notes
Only what SQLite and PostgreSQL both know; a change here needs a migration beside it (`migrations/versions/`).
"""

from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from wire.names import MAX_NAME_LENGTH

NAME = String(MAX_NAME_LENGTH)
COUNT = BigInteger()
# SQLite numbers rows by itself only where the key is its own INTEGER
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables of the registry database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {float: Double()}


class CityRow(Base):
    """The one city."""

    __tablename__ = "cities"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)


class SiteRow(Base):
    """A place with sensors."""

    __tablename__ = "sites"
    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    latitude: Mapped[float]
    longitude: Mapped[float]
    zone: Mapped[str] = mapped_column(Text)
    retired: Mapped[bool] = mapped_column(default=False)
    capacity: Mapped[int | None]
    area_m2: Mapped[float | None]
    closes: Mapped[str | None] = mapped_column(String(5))
    polygon: Mapped[list[Any]] = mapped_column(JSON, default=list)


class GatewayRow(Base):
    """A gateway at a site."""

    __tablename__ = "gateways"
    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(NAME, ForeignKey("sites.id"))
    retired: Mapped[bool] = mapped_column(default=False)


class SensorRow(Base):
    """A sensor behind a gateway."""

    __tablename__ = "sensors"
    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(NAME, ForeignKey("sites.id"))
    gateway: Mapped[str] = mapped_column(NAME, ForeignKey("gateways.id"))
    interval_s: Mapped[float | None]
    mounting_height_cm: Mapped[float | None]
    retired: Mapped[bool] = mapped_column(default=False)
    groups: Mapped[list[Any]] = mapped_column(JSON, default=list)
    twin: Mapped[str | None] = mapped_column(NAME)
    valid_from_ms: Mapped[int | None] = mapped_column(COUNT)
    stamped: Mapped[str | None] = mapped_column(String(8))


class SensorQuantityRow(Base):
    """A quantity that a sensor measures, with its calibration; `place` keeps the order of the city file."""

    __tablename__ = "sensor_quantities"
    sensor: Mapped[str] = mapped_column(NAME, ForeignKey("sensors.id"), primary_key=True)
    quantity: Mapped[str] = mapped_column(NAME, primary_key=True)
    place: Mapped[int]
    scale: Mapped[float] = mapped_column(default=1.0)
    offset: Mapped[float] = mapped_column(default=0.0)


class FactRow(Base):
    """A dated fact: rows are added and marked as undone, never changed; `value` is JSON (see facts.py)."""

    __tablename__ = "facts"
    __table_args__ = (Index("facts_key", "subject", "what"), Index("facts_undone", "undone_ms"))
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(80))
    value: Mapped[str] = mapped_column(Text)
    valid_from_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    word: Mapped[str] = mapped_column(Text)
    recorded_ms: Mapped[int] = mapped_column(COUNT)
    undone_ms: Mapped[int | None] = mapped_column(COUNT)
    undone_by: Mapped[str | None] = mapped_column(Text)
    due_ms: Mapped[int | None] = mapped_column(COUNT)
    step: Mapped[str | None] = mapped_column(Text)


class DeadLetterRow(Base):
    """What was refused, in its raw form; `fingerprint` tells the same letter when it comes again."""

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
    """Refused readings that were not kept, for want of room; the gateway is empty for all that nobody enrolled."""

    __tablename__ = "discarded_readings"
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    readings: Mapped[int] = mapped_column(COUNT)
    letters: Mapped[int] = mapped_column(COUNT)
    first_ms: Mapped[int] = mapped_column(COUNT)
    last_ms: Mapped[int] = mapped_column(COUNT)


class StreamAccounts(Base):
    """The ledger of one stream: ranges as JSON, `[[1,90],[121,360]]`."""

    __tablename__ = "stream_accounts"
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    stream: Mapped[str] = mapped_column(NAME, primary_key=True)
    received: Mapped[str] = mapped_column(Text)
    declared: Mapped[str] = mapped_column(Text)
    duplicates: Mapped[int] = mapped_column(COUNT)
    written_off: Mapped[int] = mapped_column(COUNT)
    touched_ms: Mapped[int] = mapped_column(COUNT)


class ClosedStreams(Base):
    """The sums of a gateway's streams that are too old to keep one by one."""

    __tablename__ = "closed_streams"
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    received: Mapped[int] = mapped_column(COUNT)
    duplicates: Mapped[int] = mapped_column(COUNT)
    missing: Mapped[int] = mapped_column(COUNT)
    declared_lost: Mapped[int] = mapped_column(COUNT)


class IngestLeaseRow(Base):
    """Who takes in a shard: `token` is one start of one process, `beat` moves while it lives."""

    __tablename__ = "ingest_leases"
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(32))
    holder: Mapped[str] = mapped_column(Text)
    process: Mapped[str] = mapped_column(Text)
    beat: Mapped[int] = mapped_column(COUNT)


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


class SteadyClockRow(Base):
    """A boot of a machine: steady time less its time since boot, and where steady time and UTC stood last."""

    __tablename__ = "steady_clock"
    boot: Mapped[str] = mapped_column(NAME, primary_key=True)
    lead_ms: Mapped[int] = mapped_column(COUNT)
    steady_ms: Mapped[int] = mapped_column(COUNT)
    wall_ms: Mapped[int] = mapped_column(COUNT)
