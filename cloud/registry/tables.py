"""The tables of the city.

cities  sites ◄─ gateways ◄─ sensors ◄─ sensor_quantities        facts: what held from when
domains  quantities: what the city added to Siaga's own
registry_changes ◄─ registry_edits: who changed which of them, with the record before and after
"""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base
from cloud.registry.ownership import OWNABLE


class CityRow(Base):
    """The one city; `file_owns` are the kinds of records that its city.toml owns."""

    __tablename__ = "cities"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    file_owns: Mapped[list[Any]] = mapped_column(JSON, default=lambda: list(OWNABLE))


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
    retired_ms: Mapped[int | None] = mapped_column(COUNT)
    contacts: Mapped[list[Any]] = mapped_column(JSON, default=list)


class GatewayRow(Base):
    """A gateway at a site."""

    __tablename__ = "gateways"
    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(NAME, ForeignKey("sites.id"))
    retired: Mapped[bool] = mapped_column(default=False)
    retired_ms: Mapped[int | None] = mapped_column(COUNT)


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
    next_downstream: Mapped[str | None] = mapped_column(NAME)
    retired_ms: Mapped[int | None] = mapped_column(COUNT)


class SensorQuantityRow(Base):
    """A quantity that a sensor measures, with its calibration; `place` keeps the order of the city file."""

    __tablename__ = "sensor_quantities"
    sensor: Mapped[str] = mapped_column(NAME, ForeignKey("sensors.id"), primary_key=True)
    quantity: Mapped[str] = mapped_column(NAME, primary_key=True)
    place: Mapped[int]
    scale: Mapped[float] = mapped_column(default=1.0)
    offset: Mapped[float] = mapped_column(default=0.0)


class DomainTableRow(Base):
    """A domain that the city added."""

    __tablename__ = "domains"
    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    english: Mapped[str] = mapped_column(Text)
    indonesian: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(16))
    retired: Mapped[bool] = mapped_column(default=False)


class QuantityTableRow(Base):
    """A quantity that the city added; `used`: some sensor was ever given it, so that readings may be stored of it."""

    __tablename__ = "quantities"
    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    domain: Mapped[str] = mapped_column(NAME)
    unit: Mapped[str] = mapped_column(Text)
    decimals: Mapped[int]
    low: Mapped[float]
    high: Mapped[float]
    english: Mapped[str] = mapped_column(Text)
    indonesian: Mapped[str] = mapped_column(Text)
    hour: Mapped[str] = mapped_column(String(8))
    worse: Mapped[str | None] = mapped_column(String(8))
    stamped: Mapped[str | None] = mapped_column(String(8))
    sign: Mapped[str] = mapped_column(Text)
    sign_id: Mapped[str] = mapped_column(Text)
    step: Mapped[float | None]
    stuck_s: Mapped[float | None]
    retired: Mapped[bool] = mapped_column(default=False)
    used: Mapped[bool] = mapped_column(default=False)


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


class RegistryChangeRow(Base):
    """A change of the registry: one act of somebody, of one or many records; `facts` are the ids that it recorded.

    `undoes` is the change that this one takes back, `undone_by` the one that took this back.
    """

    __tablename__ = "registry_changes"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(16))
    word: Mapped[str] = mapped_column(Text)
    edits: Mapped[int]
    facts: Mapped[list[Any]] = mapped_column(JSON, default=list)
    undoes: Mapped[int | None] = mapped_column(COUNT)
    undone_by: Mapped[int | None] = mapped_column(COUNT)


class RegistryEditRow(Base):
    """What a change made of one record; `before` and `after` are JSON, `site_before` and `site` where it stood."""

    __tablename__ = "registry_edits"
    __table_args__ = (Index("registry_edits_record", "kind", "record"),)
    change: Mapped[int] = mapped_column(COUNT, ForeignKey("registry_changes.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    record: Mapped[str] = mapped_column(NAME)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    site_before: Mapped[str] = mapped_column(NAME)
    site: Mapped[str] = mapped_column(NAME)
