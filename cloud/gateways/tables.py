"""The tables of who sent what: stream_accounts, and closed_streams."""

from sqlalchemy import Text
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
