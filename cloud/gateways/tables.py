"""The tables of gateways: stream_accounts and closed_streams, gateway_logins, gateway_configs and their reports."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, Base


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


class GatewayLoginRow(Base):
    """A login that a gateway was given, with nothing in it that a thief of the database could use.

    `key` opens what is sealed for this login, and is itself sealed for the operator; `handed_over` is the login sealed
    for the one before it, empty once it is in use or was brought by hand. Both as `wire/sealed_login.py` has them.
    """

    __tablename__ = "gateway_logins"
    __table_args__ = (Index("gateway_logins_gateway", "gateway"),)
    username: Mapped[str] = mapped_column(String(80), primary_key=True)
    gateway: Mapped[str] = mapped_column(NAME)
    key: Mapped[str] = mapped_column(Text)
    handed_over: Mapped[str] = mapped_column(Text)


class GatewayConfigRow(Base):
    """What the city wants of a gateway: its newest revision, the settings in it as JSON, the digest of all else.

    It `waits` until it is known to have reached the broker.
    """

    __tablename__ = "gateway_configs"
    __table_args__ = (Index("gateway_configs_waits", "waits"),)
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    revision: Mapped[int] = mapped_column(COUNT)
    settings: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    waits: Mapped[bool]


class GatewayConfigReportRow(Base):
    """What a gateway made of it, as JSON of the wire."""

    __tablename__ = "gateway_config_reports"
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    report: Mapped[str] = mapped_column(Text)
